"""What the planner must be true to, written without it: minute by minute, play by play; and builders for its input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from playlists.model import (
    ALL_DAY,
    Campaign,
    DayException,
    DayPlan,
    Entry,
    Frequency,
    MediaType,
    Per,
    PlannedItem,
    Priority,
    Reference,
    Rendition,
    Screen,
    Window,
)

MINUTE = 60_000
HOUR = 60 * MINUTE
ALWAYS = (0, 2**50)

Hour = tuple[date, int, timedelta | None]  # of the wall clock: its date, its number, and the offset from UTC


def an_item(number: int, campaign: int, seconds: float, valid: tuple[int, int] = ALWAYS) -> PlannedItem:
    digits = f"{number:064x}"
    rendition = Rendition(digits, 1000, MediaType.MP4, 1920, 1080, round(seconds * 1000))
    return PlannedItem(Entry(number, campaign, f"Số {number}", rendition, Reference(digits, 500)), *valid)


def a_campaign(
    number: int,
    plays_per_hour: int,
    *seconds: float,
    windows: tuple[Window, ...] = ALL_DAY,
    days: tuple[date, date] = (date(2026, 1, 1), date(2026, 12, 31)),
    priority: Priority = Priority.NORMAL,
    valid: tuple[int, int] = ALWAYS,
) -> Campaign:
    items = tuple(an_item(number * 100 + i, number, s, valid) for i, s in enumerate(seconds))
    return Campaign(number, f"Đợt {number}", *days, windows, Frequency(Per.HOUR, plays_per_hour), items, priority)


def instant(zone: str, text: str) -> int:
    """The UTC ms of a local wall-clock time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


@lru_cache(maxsize=100_000)
def wall(zone: str, instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(zone))


def beginning(windows: Iterable[Window], day: date, exceptions: Iterable[DayException] = ()) -> list[Window]:
    """The windows that begin on a date."""
    for exception in exceptions:
        if exception.day == day:
            return list(exception.windows)
    return [w for w in windows if (day in w.dates if w.dates else day.weekday() in w.weekdays)]


def begun_on(
    windows: Iterable[Window],
    at: datetime,
    first: date = date.min,
    last: date = date.max,
    exceptions: Iterable[DayException] = (),
) -> set[date]:
    """The dates to which the windows belong that a wall clock stands in: today, yesterday, both or none."""
    minute, exceptions = at.hour * 60 + at.minute, tuple(exceptions)
    today, yesterday = at.date(), at.date() - timedelta(days=1)
    dates = set()
    for window in beginning(windows, today, exceptions) if first <= today <= last else ():
        overnight = window.to_minute <= window.from_minute
        if minute >= window.from_minute and (overnight or minute < window.to_minute):
            dates.add(today)
    for window in beginning(windows, yesterday, exceptions) if first <= yesterday <= last else ():
        if window.to_minute <= window.from_minute and minute < window.to_minute:
            dates.add(yesterday)
    return dates


def is_open(
    windows: Iterable[Window],
    at: datetime,
    first: date = date.min,
    last: date = date.max,
    exceptions: Iterable[DayException] = (),
) -> bool:
    """Whether a wall clock stands inside one of the windows."""
    return bool(begun_on(tuple(windows), at, first, last, exceptions))


def open_minutes(
    windows: Iterable[Window],
    zone: str,
    start: int,
    end: int,
    *,
    first: date = date.min,
    last: date = date.max,
    exceptions: Iterable[DayException] = (),
) -> set[int]:
    """The minutes (UTC ms of each) between two instants at which the windows are open."""
    windows, exceptions = tuple(windows), tuple(exceptions)
    return {at for at in range(start, end, MINUTE) if is_open(windows, wall(zone, at), first, last, exceptions)}


def minutes_of(spans: Iterable[tuple[int, int]], start: int) -> set[int]:
    """Spans since ``start`` as a set of minutes; the spans must be whole minutes."""
    minutes: set[int] = set()
    for a, b in spans:
        assert a % MINUTE == 0 and b % MINUTE == 0
        minutes.update(range(start + a, start + b, MINUTE))
    return minutes


@lru_cache(maxsize=100_000)
def clock_hour(zone: str, at: int) -> Hour:
    """Which hour of the wall clock an instant lies in; a daylight-saving change begins another one."""
    local = wall(zone, at)
    return local.date(), local.hour, local.utcoffset()


@dataclass(frozen=True)
class Shown:
    """One slot as it comes to pass."""

    entry: Entry
    start: int
    end: int


def shown_in(plan: DayPlan) -> Iterator[Shown]:
    """Every slot that a player following the plan starts, block after block, turn after turn."""
    for a, b, loop in plan.blocks:
        for turn in range(a, b, loop.period_ms):
            for slot in loop.slots:
                if turn + slot.end_ms <= b:
                    start = plan.start + turn + slot.at_ms
                    yield Shown(plan.entries[slot.entry], start, start + slot.duration_ms)


def screen_is_open(screen: Screen, at: datetime) -> bool:
    return is_open(screen.opening, at, exceptions=screen.exceptions)


def screen_is_lent(screen: Screen, campaign: Campaign, at: datetime) -> bool:
    """Whether the screen's owner lets this campaign run: the owner's own and emergencies always."""
    free = screen.lent is None or campaign.own or campaign.priority is Priority.EMERGENCY
    return free or is_open(screen.lent or (), at)


def is_kept_for_others(campaign: Campaign, at: datetime) -> bool:
    return any(is_open(c.windows, at, c.first_day, c.last_day) for c in campaign.closures)


def is_still(screen: Screen, at: datetime) -> bool:
    return any(quiet.still and is_open(quiet.windows, at) for quiet in screen.quiet)


def fits_the_screen(item: PlannedItem, screen: Screen) -> bool:
    """Whether anybody could see an item to its end: neither a flash nor longer than passers-by stay."""
    return 1000 <= item.duration_ms <= (screen.longest_item_ms or HOUR)


@dataclass(frozen=True)
class Airtime:
    """Step by step (UTC ms of each): when a campaign may run, by the date its windows belong to, and each item."""

    by_date: dict[date, set[int]]
    by_item: tuple[set[int], ...]

    @property
    def minutes(self) -> set[int]:
        """When any of its items may be shown."""
        return set().union(*self.by_item)

    def of(self, *days: date) -> set[int]:
        """The minutes in the windows that begin on these dates."""
        return set().union(*(self.by_date.get(day, set()) for day in days)) & self.minutes


def airtime_of(campaign: Campaign, screen: Screen, start: int, end: int, step: int = MINUTE) -> Airtime:
    """Every rule about time, asked every ``step`` between two instants: a minute, or what divides every edge."""
    by_date: dict[date, set[int]] = {}
    by_item: tuple[set[int], ...] = tuple(set() for _ in campaign.items)
    for minute in range(start, end, step):
        at = wall(screen.zone, minute)
        dates = begun_on(campaign.windows, at, campaign.first_day, campaign.last_day, campaign.exceptions)
        allowed = screen_is_open(screen, at) and screen_is_lent(screen, campaign, at)
        if not (dates and allowed) or is_kept_for_others(campaign, at):
            continue
        for day in dates:
            by_date.setdefault(day, set()).add(minute)
        still = is_still(screen, at)
        for item, minutes in zip(campaign.items, by_item, strict=True):
            moves = item.entry.rendition.media_type is MediaType.MP4
            if item.not_before <= minute and minute + step <= item.not_after and not (still and moves):
                minutes.add(minute)
    return Airtime(by_date, by_item)


def active_minutes(campaign: Campaign, screen: Screen, start: int, end: int) -> set[int]:
    """The minutes in which the campaign may run and one of its items is valid."""
    return airtime_of(campaign, screen, start, end).minutes


def by_hour(zone: str, minutes: Iterable[int], step: int = MINUTE) -> dict[Hour, int]:
    """How many milliseconds of the minutes (or longer steps) lie in each clock hour."""
    lengths: dict[Hour, int] = {}
    for at in minutes:
        hour = clock_hour(zone, at)
        lengths[hour] = lengths.get(hour, 0) + step
    return lengths


def promised_per_hour(campaign: Campaign, screen: Screen, minutes: set[int]) -> dict[Hour, int]:
    """The plays owed in each clock hour: pro rata of its active minutes, rounded up."""
    lengths = by_hour(screen.zone, minutes)
    return {hour: -(-campaign.frequency.least * length // HOUR) for hour, length in lengths.items()}
