"""What staff write about a screen: where it stands, when it is open, whose its time is, when it must be quiet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from playlists.model import ALL_DAY, THOUSAND, DayException, OffHours, Output, Quiet, Window
from playlists.model import Screen as Planned
from server import sites, units, users, windows
from server.audit import record
from server.errors import Invalid
from server.screens.tables import Screen
from server.sites import VENUES
from server.text import clean

MOST_TAGS = 20
LONGEST_TAG = 40


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a screen is open and whose its time is; shares are thousandths of every hour (:class:`Planned`)."""

    opening: tuple[Window, ...] = ALL_DAY
    exceptions: tuple[DayException, ...] = ()
    reserve: int = 0
    owners_share: int = 0
    lent: tuple[Window, ...] | None = None
    longest_item_ms: int | None = None
    prime: tuple[Window, ...] = ()
    quiet: tuple[Quiet, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """What a screen is called and where it is. With a site its venue type is the site's."""

    name: str
    place: str = ""
    venue: str = "other"
    site_id: int | None = None
    tags: tuple[str, ...] = ()
    off_hours: OffHours = OffHours.BLANK
    output: Output | None = None


def change(session: Session, actor: users.User, screen: Screen, description: Description, schedule: Schedule) -> None:
    """Write down what has changed about the screen; the caller replans it. Raises Invalid or Forbidden."""
    users.require(session, actor, users.Role.OPERATOR, screen.unit_id)
    _check(description.name, schedule)
    _describe(session, screen, description)
    _write(screen, schedule)
    session.flush()
    session.refresh(screen, ["site"])
    record(session, actor, "screen.changed", f"screen:{screen.id}", name=screen.name)


def of(screen: Screen) -> Schedule:
    """The schedule of a screen as it is stored."""
    return Schedule(
        opening=windows.loaded(screen.opening),
        exceptions=windows.loaded_exceptions(screen.exceptions),
        reserve=screen.reserve,
        owners_share=screen.owners_share,
        lent=None if screen.lent is None else windows.loaded(screen.lent),
        longest_item_ms=screen.longest_item_ms,
        prime=windows.loaded(screen.prime),
        quiet=tuple(Quiet(**{**row, "windows": windows.loaded(row["windows"])}) for row in screen.quiet),
    )


def planned(screen: Screen) -> Planned:
    """The screen as the planner sees it."""
    schedule = of(screen)
    return Planned(screen.public_id, screen.zone, **{name: getattr(schedule, name) for name in Schedule.__slots__})


def belongs_to_a_partner(screen: Screen) -> bool:
    """Whether its owner keeps part of the time, so that it matters whose a campaign is."""
    return bool(screen.owners_share) or screen.lent is not None


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags in one spelling, each once, in order. Raises Invalid when there are too many or one is too long."""
    found = tuple(sorted({clean(tag).lower() for tag in tags} - {""}))
    if len(found) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in found):
        raise Invalid(
            "tags",
            "Nhiều nhất %(most)s nhãn, mỗi nhãn dài nhất %(longest)s ký tự.",
            field="tags",
            most=MOST_TAGS,
            longest=LONGEST_TAG,
        )
    return found


def _check(name: str, schedule: Schedule) -> None:
    if not schedule.opening:
        raise Invalid("opening", "Màn hình cần ít nhất một khung giờ mở.", field="opening")
    if schedule.reserve < 0 or schedule.owners_share < 0 or schedule.reserve + schedule.owners_share > THOUSAND:
        raise Invalid(
            "shares",
            "Màn hình “%(screen)s”: phần dự phòng và phần của chủ màn hình cộng lại nhiều nhất là 100%% mỗi giờ.",
            field="reserve",
            screen=name,
        )
    if schedule.longest_item_ms is not None and schedule.longest_item_ms < THOUSAND:
        raise Invalid("longest-item", "Sản phẩm dài nhất phải từ 1 giây trở lên.", field="longest_item")


def _describe(session: Session, screen: Screen, wanted: Description) -> None:
    if wanted.venue not in VENUES:
        raise Invalid("venue", "Loại địa điểm này không có trong danh sách.", field="venue")
    if wanted.site_id is not None and session.get(sites.Site, wanted.site_id) is None:
        raise Invalid("site-missing", "Không tìm thấy điểm đặt này.", field="site")
    screen.name, screen.place, screen.venue = units.clean_name(wanted.name), clean(wanted.place)[:300], wanted.venue
    screen.site_id, screen.tags = wanted.site_id, list(clean_tags(wanted.tags))
    screen.off_hours = wanted.off_hours.value
    if wanted.output is not None:
        screen.output = {key: getattr(wanted.output, key) for key in wanted.output.__dataclass_fields__}


def _write(screen: Screen, schedule: Schedule) -> None:
    screen.opening, screen.prime = windows.stored(schedule.opening), windows.stored(schedule.prime)
    screen.exceptions = windows.stored_exceptions(schedule.exceptions)
    screen.reserve, screen.owners_share = schedule.reserve, schedule.owners_share
    screen.lent = None if schedule.lent is None else windows.stored(schedule.lent)
    screen.longest_item_ms = schedule.longest_item_ms
    screen.quiet = [{**asdict(rule), "windows": windows.stored(rule.windows)} for rule in schedule.quiet]
