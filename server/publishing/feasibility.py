"""Can this campaign be kept? What stands against publishing it, in sentences, before anybody promises anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from playlists import model
from playlists.errors import Code
from playlists.model import Shortfall
from playlists.plan import feasible
from playlists.windows import midnight
from server import campaigns
from server.campaigns import Terms
from server.errors import Invalid
from server.material import Approved, Shelf
from server.publishing.plans import HORIZON_DAYS, planner_campaigns, planner_screen, today_of
from server.screens import Screen

MOST_OBJECTIONS = 20


@dataclass(frozen=True, slots=True)
class Short:
    """A promise that a screen cannot keep: in how many hours, and the worst of them.

    ``own``: the promise of the campaign that is judged, not of another one that it would push aside.
    """

    screen: Screen
    campaign: str
    own: bool
    hours: int
    hour: datetime
    promised: int
    planned: int
    missing_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """``objections`` must be put right; ``shorts`` are promises that cannot be kept. Neither: it can be published.

    ``screens`` is how many screens it will reach.
    """

    objections: tuple[Invalid, ...]
    shorts: tuple[Short, ...]
    screens: int

    @property
    def good(self) -> bool:
        return not self.objections and not self.shorts


def judge(session: Session, terms: Terms, campaign_id: int, now_ms: int) -> Verdict:
    """What publishing these terms would run into. ``campaign_id`` is the campaign they replace, 0 for a new one."""
    shelf = Shelf(session, now_ms)
    found = campaigns.targets_of(session, terms)
    objections = [*_about_days(found, terms, now_ms), *_about_items(session, shelf, found, terms)]
    shorts = (
        () if objections else tuple(_shorts(session, shelf, found, terms=terms, campaign_id=campaign_id, now_ms=now_ms))
    )
    return Verdict(tuple(objections[:MOST_OBJECTIONS]), shorts, len(found))


def refusal_of(verdict: Verdict) -> Invalid | None:
    """The first thing that stands against publishing, as an error; None when nothing does."""
    if verdict.objections:
        return verdict.objections[0]
    for short in verdict.shorts:
        return Invalid(
            "infeasible",
            "Màn hình “%(screen)s”, giờ %(hour)s ngày %(day)s chỉ đủ chỗ cho %(planned)s trong %(promised)s lượt: "
            "hãy giảm số lượt mỗi giờ, bớt sản phẩm hoặc mở rộng khung giờ.",
            field="plays_per_hour",
            screen=short.screen.name,
            hour=short.hour.strftime("%H:%M"),
            day=short.hour.strftime("%d/%m"),
            planned=short.planned,
            promised=short.promised,
        )
    return None


def _about_days(found: Sequence[Screen], terms: Terms, now_ms: int) -> list[Invalid]:
    if not found:
        return [Invalid("no-screen", "Đơn vị này chưa có màn hình nào đang hoạt động: hãy gắn màn hình trước.")]
    if terms.last_day < min(today_of(screen, now_ms) for screen in found):
        day = terms.last_day.strftime("%d/%m/%Y")
        return [Invalid("dates-past", "Đợt này đã hết hạn ngày %(day)s: hãy lùi ngày cuối.", field="last_day", day=day)]
    return []


def _about_items(session: Session, shelf: Shelf, found: Sequence[Screen], terms: Terms) -> list[Invalid]:
    objections: dict[tuple[object, ...], Invalid] = {}
    for item_id in terms.item_ids:
        approved = shelf.approved(item_id)
        if approved is None:
            title = campaigns.title_of(session, item_id)
            objections[item_id, "unapproved"] = Invalid(
                "item-unapproved",
                "“%(title)s” chưa được phê duyệt hoặc phê duyệt đã hết hiệu lực.",
                field="items",
                title=title,
            )
            continue
        for screen in found:
            wrong = _about_item(shelf, approved, screen, terms)
            if wrong is not None:
                objections.setdefault((item_id, wrong.code, screen.unit_id, screen.class_id), wrong)
    return list(objections.values())


def _about_item(shelf: Shelf, approved: Approved, screen: Screen, terms: Terms) -> Invalid | None:
    title, code = approved.document.title, shelf.verdict(approved, screen.unit.code)
    if code is Code.THRESH:
        return Invalid(
            "item-signatures",
            "“%(title)s” chưa đủ người phê duyệt để chiếu trên màn hình của “%(unit)s”: cần thêm chữ ký.",
            field="items",
            title=title,
            unit=screen.unit.name,
        )
    if code is not None:
        return Invalid(
            "item-reach",
            "Phê duyệt của “%(title)s” không áp dụng cho màn hình “%(screen)s” (%(unit)s).",
            field="items",
            title=title,
            screen=screen.name,
            unit=screen.unit.name,
        )
    if shelf.rendition(approved, screen.class_id) is None:
        return Invalid(
            "item-rendition",
            "“%(title)s” chưa có bản chiếu được phê duyệt cho loại màn hình “%(screen_class)s”.",
            field="items",
            title=title,
            screen_class=screen.screen_class.name,
        )
    return _about_period(approved, screen, terms)


def _about_period(approved: Approved, screen: Screen, terms: Terms) -> Invalid | None:
    begin, end = midnight(terms.first_day, screen.zone), midnight(terms.last_day + timedelta(days=1), screen.zone)
    first, last = (_day_of(approved.document.not_before, screen), _day_of(approved.document.not_after - 1, screen))
    if approved.document.not_after >= end and (approved.document.not_before <= begin or first <= terms.first_day):
        return None
    return Invalid(
        "item-period",
        "“%(title)s” chỉ được phê duyệt từ %(first)s đến %(last)s: hãy chọn ngày trong khoảng đó.",
        field="last_day" if last < terms.last_day else "first_day",
        title=approved.document.title,
        first=first.strftime("%d/%m/%Y"),
        last=last.strftime("%d/%m/%Y"),
    )


def _shorts(  # noqa: PLR0913  (what one judgement shares between screens)
    session: Session, shelf: Shelf, found: Sequence[Screen], *, terms: Terms, campaign_id: int, now_ms: int
) -> list[Short]:
    """Promises that would be broken, on one screen of each kind: equal screens have equal plans."""
    answers: set[tuple[object, ...]] = set()
    shorts: list[Short] = []
    wanted = campaigns.transient(terms, campaign_id)
    for screen in found:
        days = _days(screen, terms, now_ms)
        others = [c for c in campaigns.published_for(session, screen, days[0]) if c.id != campaign_id]
        ready = planner_campaigns(shelf, screen, [*others, wanted])
        planned = planner_screen(screen)
        key = (ready, planned.zone, planned.opening, days[0])
        if key not in answers:
            answers.add(key)
            shorts += _grouped(screen, ready, _broken(ready, planned, days, campaign_id), campaign_id)
    return shorts


def _grouped(
    screen: Screen, ready: Sequence[model.Campaign], broken: Sequence[Shortfall], campaign_id: int
) -> list[Short]:
    """One answer per campaign, the judged one first."""
    names = {campaign.id: campaign.name for campaign in ready}
    by_campaign: dict[int, list[Shortfall]] = {}
    for shortfall in broken:
        by_campaign.setdefault(shortfall.campaign, []).append(shortfall)
    order = sorted(by_campaign, key=lambda number: (number != campaign_id, number))
    return [_short(screen, names[number], by_campaign[number], own=number == campaign_id) for number in order]


def _broken(
    ready: tuple[model.Campaign, ...], screen: model.Screen, days: Sequence[date], campaign_id: int
) -> tuple[Shortfall, ...]:
    """Promises that cannot be kept, save those that could not be kept before either."""
    after = feasible(ready, screen, days)
    if all(shortfall.campaign == campaign_id for shortfall in after):
        return after
    before = {(s.campaign, s.hour_start) for s in feasible([c for c in ready if c.id != campaign_id], screen, days)}
    return tuple(s for s in after if (s.campaign, s.hour_start) not in before)


def _short(screen: Screen, campaign: str, broken: Sequence[Shortfall], *, own: bool) -> Short:
    worst = max(broken, key=lambda s: (s.promised - s.planned, -s.hour_start))
    hour = datetime.fromtimestamp(worst.hour_start / 1000, UTC).astimezone(ZoneInfo(screen.zone))
    return Short(screen, campaign, own, len(broken), hour, worst.promised, worst.planned, worst.missing_ms)


def _days(screen: Screen, terms: Terms, now_ms: int) -> list[date]:
    """The first days of the campaign that are still to come; two weeks show every weekday twice."""
    first = max(today_of(screen, now_ms), terms.first_day)
    last = max(first, min(terms.last_day, first + timedelta(days=HORIZON_DAYS - 1)))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _day_of(instant_ms: int, screen: Screen) -> date:
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(screen.zone)).date()
