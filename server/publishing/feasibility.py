"""Can this campaign be kept? What stands against publishing it, in sentences, before anybody promises anything.

The judgement is :mod:`playlists.feasibility`; here is what it needs from the database, and what it means for people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from playlists import feasibility, model
from playlists.changes import Change, smallest_changes
from playlists.feasibility import Case
from playlists.objections import MOST_CAMPAIGNS, Objection, Wrong
from server import campaigns, peaks
from server.campaigns import Terms
from server.errors import Invalid, msgid
from server.material import Shelf
from server.publishing.objections import about_items, about_reach, told
from server.publishing.plans import HORIZON_DAYS, planner_campaigns, planner_screen, today_of
from server.screens import Screen

MOST_OBJECTIONS = 20
WEEK = 7


@dataclass(frozen=True, slots=True)
class Short:
    """A promise that screens cannot keep: whose, in how many hours (or days), how much is missing, because of whom.

    ``own``: the promise of the campaign that is judged, not of another one that it would push aside. ``hour`` is the
    worst of the hours at the screen; ``promised`` and ``planned`` are those of a :class:`playlists.model.Shortfall`.
    """

    screens: tuple[Screen, ...]
    campaign_id: int
    campaign: str
    own: bool
    lack: model.Lack
    hours: int
    hour: datetime
    promised: int
    planned: int
    missing_ms: int
    because: tuple[str, ...]

    @property
    def screen(self) -> Screen:
        """The screen that stands for the others."""
        return self.screens[0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``objections`` must be put right; ``shorts`` are promises that cannot be kept. Neither: it can be published.

    ``screens`` is how many screens it will reach; ``cases`` is what was planned, for :func:`changes`.
    """

    objections: tuple[Invalid, ...]
    shorts: tuple[Short, ...]
    screens: int
    cases: tuple[Case, ...] = field(default=(), repr=False)

    @property
    def good(self) -> bool:
        return not self.objections and not self.shorts

    @property
    def missing_s(self) -> int:
        """How much promised airtime would be lost in two weeks, on one screen of each kind."""
        return -(-sum(short.missing_ms for short in self.shorts) // 1000)


def judge(session: Session, terms: Terms, campaign_id: int, now_ms: int) -> Verdict:
    """What publishing these terms would run into. ``campaign_id`` is the campaign they replace, 0 for a new one."""
    shelf = Shelf(session, now_ms)
    found = campaigns.targets_of(session, terms)
    objections = about_reach(session, found, terms, now_ms) or about_items(session, shelf, found, terms)
    objections = objections or _about_crowds(session, found, terms, campaign_id, now_ms)
    if objections:
        return Verdict(tuple(objections[:MOST_OBJECTIONS]), (), len(found))
    cases = _cases(session, shelf, found, terms=terms, campaign_id=campaign_id, now_ms=now_ms)
    verdict = feasibility.judge(cases)
    by_id = {screen.public_id: screen for screen in found}
    if verdict.objections:
        sentences = [told(session, one, terms, by_id.get(one.screen, found[0])) for one in verdict.objections]
        return Verdict(tuple(sentences[:MOST_OBJECTIONS]), (), len(found))
    names = {campaign.id: campaign.name for case in cases for campaign in (*case.others, case.wanted)}
    shorts = tuple(_short(short, by_id, names, campaign_id) for short in verdict.shorts)
    return Verdict((), shorts, len(found), cases)


def changes(verdict: Verdict) -> tuple[Change, ...]:
    """The smallest changes with which it could be published, each tried out on every day; it takes some seconds.

    They are looked for in a week, which has every weekday, because the search plans hundreds of times.
    """
    week = [replace(case, days=case.days[:WEEK]) for case in verdict.cases]
    found = [change for change in smallest_changes(week) if not any(_lacks(case, change) for case in verdict.cases)]
    return tuple(found) or smallest_changes(verdict.cases)


def _lacks(case: Case, change: Change) -> bool:
    return bool(case.lacking(change.on(case.wanted)))


REFUSALS = {
    model.Lack.HOUR: msgid(
        "Màn hình “%(screen)s”, giờ %(hour)s ngày %(day)s chỉ đủ chỗ cho %(planned)s trong %(promised)s lượt: "
        "hãy giảm số lượt mỗi giờ, bớt sản phẩm hoặc mở rộng khung giờ."
    ),
    model.Lack.DAY: msgid(
        "Màn hình “%(screen)s”, ngày %(day)s chỉ đủ chỗ cho %(planned)s trong %(promised)s lượt: "
        "hãy giảm số lượt mỗi ngày, bớt sản phẩm hoặc mở rộng khung giờ."
    ),
    model.Lack.AIRTIME: msgid(
        "Màn hình “%(screen)s”, giờ %(hour)s ngày %(day)s thiếu %(missing_s)s giây so với thời lượng đã hứa: "
        "hãy giảm phần trăm, bớt đợt khác hoặc mở rộng khung giờ."
    ),
    model.Lack.GAP: msgid(
        "Màn hình “%(screen)s”, giờ %(hour)s ngày %(day)s không giữ được khoảng cách giữa hai lượt: "
        "hãy nới khoảng cách hoặc tăng số lượt."
    ),
}


def refusal_of(verdict: Verdict, accepted_s: int = 0) -> Invalid | None:
    """The first thing that stands against publishing, as an error; None when nothing does.

    ``accepted_s``: so many seconds of promised airtime may be lost, because somebody said so.
    """
    if verdict.objections:
        return verdict.objections[0]
    if not verdict.shorts or verdict.missing_s <= accepted_s:
        return None
    short = verdict.shorts[0]
    return Invalid(
        "infeasible",
        REFUSALS[short.lack],
        field="least",
        screen=short.screen.name,
        hour=short.hour.strftime("%H:%M"),
        day=short.hour.strftime("%d/%m"),
        planned=short.planned,
        promised=short.promised,
        missing_s=-(-short.missing_ms // 1000),
    )


def _about_crowds(
    session: Session, found: Sequence[Screen], terms: Terms, campaign_id: int, now_ms: int
) -> list[Invalid]:
    """Screens with more campaigns than anybody could plan, found out before anything is loaded for them."""
    for screen in found:
        there = campaigns.crowd(session, screen, today_of(screen, now_ms), MOST_CAMPAIGNS - 1, but=campaign_id)
        if there + 1 > MOST_CAMPAIGNS:
            crowd = Objection(Wrong.TOO_MANY_CAMPAIGNS, screen.public_id, asked=there + 1, possible=MOST_CAMPAIGNS)
            return [told(session, crowd, terms, screen)]
    return []


def _cases(  # noqa: PLR0913  (what one judgement shares between screens)
    session: Session, shelf: Shelf, found: Sequence[Screen], *, terms: Terms, campaign_id: int, now_ms: int
) -> tuple[Case, ...]:
    """The campaign on each kind of screen: screens that are alike are planned once."""
    wanted = campaigns.transient(terms, campaign_id)
    cases = []
    for screen in found:
        days = days_ahead(screen, terms.first_day, terms.last_day, now_ms)
        others = [c for c in campaigns.published_for(session, screen, days[0]) if c.id != campaign_id]
        ready = planner_campaigns(shelf, screen, [*others, wanted], peaks.published(session, days[0]))
        own = next(campaign for campaign in ready if campaign.id == campaign_id)
        there = tuple(campaign for campaign in ready if campaign.id != campaign_id)
        cases.append(Case(planner_screen(screen), there, own, tuple(days)))
    return feasibility.distinct(cases)


def _short(short: feasibility.Short, by_id: Mapping[str, Screen], names: Mapping[int, str], campaign_id: int) -> Short:
    screens = tuple(by_id[public_id] for public_id in short.screens)
    own = short.campaign == campaign_id
    return replace(
        short_of(screens, [short.worst], names, own=own), hours=len(short.hours), missing_ms=short.missing_ms
    )


def short_of(
    screens: tuple[Screen, ...], broken: Sequence[model.Shortfall], names: Mapping[int, str], *, own: bool
) -> Short:
    """Broken promises of one campaign and kind, on screens that are alike."""
    worst = max(broken, key=lambda one: (one.missing_ms, -one.hour_start))
    return Short(
        screens=screens,
        campaign_id=worst.campaign,
        campaign=names[worst.campaign],
        own=own,
        lack=worst.lack,
        hours=len(broken),
        hour=datetime.fromtimestamp(worst.hour_start / 1000, UTC).astimezone(ZoneInfo(screens[0].zone)),
        promised=worst.promised,
        planned=worst.planned,
        missing_ms=sum(one.missing_ms for one in broken),
        because=tuple(names[number] for number in worst.because),
    )


def days_ahead(screen: Screen, first_day: date, last_day: date, now_ms: int) -> list[date]:
    """The first days of a span that are still to come; two weeks show every weekday twice."""
    first = max(today_of(screen, now_ms), first_day)
    last = max(first, min(last_day, first + timedelta(days=HORIZON_DAYS - 1)))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
