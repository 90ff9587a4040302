"""Peaks and the screens: what one would cost other promises, and bringing it to the screens or taking it off them.

A peak's dates are inside every plan, so it begins and reverts by itself; a screen is planned anew when its peak is
published, changed or closed, and otherwise day by day as every screen is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from playlists import model
from playlists.plan import feasible
from server import campaigns, peaks
from server.audit import record
from server.campaigns import Campaign
from server.errors import Invalid
from server.material import Shelf
from server.peaks import Peak, Status
from server.publishing.feasibility import Short, Verdict, days_ahead, refusal_of, short_of
from server.publishing.plans import alike, planner_campaigns, planner_screen, today_of
from server.publishing.release import lost, plan_soon
from server.publishing.versions import screens_using
from server.screens import Screen
from server.signing import Keys
from server.users import User


def judge(session: Session, peak: Peak, now_ms: int) -> Verdict:
    """What promises the peak would break that are kept without it. It objects to a peak that is over."""
    found = _reached(session, peak.campaigns)
    if found and peak.last_day < min(today_of(screen, now_ms) for screen in found):
        day = peak.last_day.strftime("%d/%m/%Y")
        over = Invalid(
            "peak-over", "Đợt cao điểm này đã hết hạn ngày %(day)s: hãy lùi ngày cuối.", field="last_day", day=day
        )
        return Verdict((over,), (), len(found))
    shelf = Shelf(session, now_ms)
    answers: dict[tuple[object, ...], tuple[Short, ...]] = {}
    for screen in found:
        days = days_ahead(screen, peak.first_day - timedelta(days=1), peak.last_day + timedelta(days=1), now_ms)
        there = campaigns.published_for(session, screen, days[0])
        others = [one for one in peaks.published(session, days[0]) if one.id != peak.id]
        before = planner_campaigns(shelf, screen, there, others)
        after = planner_campaigns(shelf, screen, there, [*others, peak.planned()])
        key = (before, after, alike(screen), days[0])
        if key not in answers:
            answers[key] = tuple(_shorts(screen, before, after, days, peak))
    return Verdict((), tuple(short for shorts in answers.values() for short in shorts), len(found))


def publish(  # noqa: PLR0913, PLR0917  (what, by whom, when, and at what loss)
    session: Session, actor: User, peak: Peak, keys: Keys, now_ms: int, accepted_s: int = 0
) -> list[int]:
    """Bring the peak, as it is now, to its screens. Returns the screens that got, or may get, another playlist.

    Raises:
        Invalid: it breaks promises, and nobody accepted that; the first in a sentence.
        Forbidden: no scheduler of its unit. Conflict: it is closed.
    """
    verdict = judge(session, peak, now_ms)
    refusal = refusal_of(verdict, accepted_s)
    if refusal is not None:
        raise refusal
    peaks.set_status(session, actor, peak, Status.PUBLISHED)
    if verdict.shorts:
        record(session, actor, "peak.reduced", f"peak:{peak.id}", lost=[lost(short) for short in verdict.shorts])
    return plan_soon(session, keys, _touched(session, peak.campaigns), now_ms)


def change(  # noqa: PLR0913, PLR0917  (the same)
    session: Session, actor: User, peak: Peak, terms: peaks.Terms, keys: Keys, now_ms: int, accepted_s: int = 0
) -> list[int]:
    """Other terms; of a published peak, on the screens at once. Raises as :func:`publish` and :func:`peaks.change`."""
    before = _touched(session, peak.campaigns)
    peaks.change(session, actor, peak, terms)
    if peak.status != Status.PUBLISHED:
        return []
    publish(session, actor, peak, keys, now_ms, accepted_s)
    return plan_soon(session, keys, before | _touched(session, peak.campaigns), now_ms)


def close(session: Session, actor: User, peak: Peak, keys: Keys, now_ms: int) -> list[int]:
    """End it before its last day, or throw a draft away. Raises Forbidden or Conflict."""
    was_on = peak.status == Status.PUBLISHED
    peaks.set_status(session, actor, peak, Status.CLOSED)
    return plan_soon(session, keys, _touched(session, peak.campaigns), now_ms) if was_on else []


def _reached(session: Session, favoured: Iterable[Campaign]) -> list[Screen]:
    """The screens of the favoured campaigns that are published, each once."""
    found = [s for c in favoured if c.status == campaigns.Status.PUBLISHED for s in campaigns.targets(session, c)]
    return list({screen.id: screen for screen in found}.values())


def _touched(session: Session, favoured: Iterable[Campaign]) -> set[int]:
    favoured = list(favoured)
    using = {screen_id for c in favoured for screen_id in screens_using(session, campaign_id=c.id)}
    return using | {screen.id for screen in _reached(session, favoured)}


def _shorts(
    screen: Screen,
    before: Sequence[model.Campaign],
    after: Sequence[model.Campaign],
    days: Sequence[date],
    peak: Peak,
) -> Iterable[Short]:
    """One answer for every campaign that loses more than it did, the favoured ones first."""
    planned, names = planner_screen(screen), {campaign.id: campaign.name for campaign in after}
    known = {(s.campaign, s.lack, s.hour_start): s.missing_ms for s in feasible(before, planned, days)}
    broken: dict[tuple[bool, int, model.Lack], list[model.Shortfall]] = {}
    favoured = {campaign.id for campaign in peak.campaigns}
    for one in feasible(after, planned, days):
        if one.missing_ms > known.get((one.campaign, one.lack, one.hour_start), 0):
            broken.setdefault((one.campaign not in favoured, one.campaign, one.lack), []).append(one)
    for key in sorted(broken):
        yield short_of((screen,), broken[key], names, own=not key[0])
