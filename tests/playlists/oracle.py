"""What the planner must be true to, written without it: minute by minute, play by play; and builders for its input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from playlists.model import (
    ALL_DAY,
    Campaign,
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


def wall(zone: str, instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(zone))


def is_open(windows: Iterable[Window], at: datetime, first: date = date.min, last: date = date.max) -> bool:
    """Whether a wall clock stands inside one of the windows."""
    minute = at.hour * 60 + at.minute
    today, yesterday = at.date(), at.date() - timedelta(days=1)
    for window in windows:
        overnight = window.to_minute <= window.from_minute
        begun_today = minute >= window.from_minute and (overnight or minute < window.to_minute)
        if begun_today and today.weekday() in window.weekdays and first <= today <= last:
            return True
        still_from_yesterday = overnight and minute < window.to_minute
        if still_from_yesterday and yesterday.weekday() in window.weekdays and first <= yesterday <= last:
            return True
    return False


def open_minutes(
    windows: Iterable[Window], zone: str, start: int, end: int, *, first: date = date.min, last: date = date.max
) -> set[int]:
    """The minutes (UTC ms of each) between two instants at which the windows are open."""
    windows = tuple(windows)
    return {at for at in range(start, end, MINUTE) if is_open(windows, wall(zone, at), first, last)}


def minutes_of(spans: Iterable[tuple[int, int]], start: int) -> set[int]:
    """Spans since ``start`` as a set of minutes; the spans must be whole minutes."""
    minutes: set[int] = set()
    for a, b in spans:
        assert a % MINUTE == 0 and b % MINUTE == 0
        minutes.update(range(start + a, start + b, MINUTE))
    return minutes


def clock_hour(zone: str, at: int) -> tuple[date, int, timedelta | None]:
    """Which hour of the wall clock an instant belongs to; a daylight-saving change begins another one."""
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


def active_minutes(campaign: Campaign, screen: Screen, start: int, end: int) -> set[int]:
    """The minutes in which the campaign's windows and the screen are open and one of its items is valid."""
    own = open_minutes(campaign.windows, screen.zone, start, end, first=campaign.first_day, last=campaign.last_day)
    own &= open_minutes(screen.opening, screen.zone, start, end)
    return {at for at in own if any(i.not_before <= at and at + MINUTE <= i.not_after for i in campaign.items)}


def promised_per_hour(campaign: Campaign, screen: Screen, minutes: set[int]) -> dict[tuple[object, ...], int]:
    """The plays owed in each clock hour: pro rata of its active minutes, rounded up."""
    lengths: dict[tuple[object, ...], int] = {}
    for at in minutes:
        hour = clock_hour(screen.zone, at)
        lengths[hour] = lengths.get(hour, 0) + 1
    return {hour: -(-campaign.frequency.least * length // 60) for hour, length in lengths.items()}
