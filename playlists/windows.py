"""Local wall-clock windows become spans of elapsed milliseconds since local midnight.

An instant lies in a window when the clock on the wall does: in the hour that a daylight-saving change repeats a
window may hold twice, in the hour it skips not at all. A window that crosses midnight belongs to its first day, so
a day also carries the tail of the day before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from playlists.model import MINUTES_PER_DAY, DayException, Window

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
SHIFTS = (-1, 0, 1)  # days whose windows reach into one: yesterday's tails; tomorrow's where a zone skips its midnight

Span = tuple[int, int]  # from and to, milliseconds; the end is exclusive


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a day through which the wall clock runs evenly: wall time = elapsed time + ``shift_ms``."""

    from_ms: int
    to_ms: int
    shift_ms: int


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One local date in one zone: the UTC ms of its midnight, and how its wall clock runs (23 to 25 hours)."""

    day: date
    start: int
    stretches: tuple[Stretch, ...]

    @property
    def length_ms(self) -> int:
        return self.stretches[-1].to_ms if self.stretches else 0

    def spans(
        self,
        windows: Iterable[Window],
        first_day: date = date.min,
        last_day: date = date.max,
        exceptions: Sequence[DayException] = (),
    ) -> tuple[Span, ...]:
        """When the windows of the dates from ``first_day`` to ``last_day`` are open on this day, joined and in order.

        Milliseconds since this day's midnight, as time passes (not as the wall clock says).
        """
        wall = [
            span
            for shift in SHIFTS
            if first_day <= self.day + timedelta(days=shift) <= last_day
            for span in _on_the_wall(_holding(windows, exceptions, self.day + timedelta(days=shift)), shift)
        ]
        return merge(
            (max(a - s.shift_ms, s.from_ms), min(b - s.shift_ms, s.to_ms)) for a, b in wall for s in self.stretches
        )

    def hours(self) -> tuple[Span, ...]:
        """The clock hours of the day, as spans since midnight: cut where the wall clock shows a full hour or jumps."""
        cuts: list[Span] = []
        for stretch in self.stretches:
            at = stretch.from_ms
            while at < stretch.to_ms:
                to_full_hour = HOUR_MS - (at + stretch.shift_ms) % HOUR_MS
                end = min(at + to_full_hour, stretch.to_ms)
                cuts.append((at, end))
                at = end
        return tuple(cuts)


def midnight(day: date, zone: str) -> int:
    """The UTC ms at which ``day`` begins in ``zone``; where midnight is skipped, the moment the clock jumps over it.

    Raises ``zoneinfo.ZoneInfoNotFoundError`` for a zone the tz database does not know.
    """
    return int(datetime.combine(day, time(0), tzinfo=ZoneInfo(zone)).timestamp()) * 1000


@lru_cache(maxsize=4096)
def local_day(day: date, zone: str) -> LocalDay:
    """The local date ``day`` of ``zone``. A date the zone never had (Apia, 2011-12-30) is empty."""
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    wall_midnight = int(datetime.combine(day, time(0), tzinfo=UTC).timestamp()) * 1000
    edges = [start, *_jumps(start, end, zone), end]
    return LocalDay(
        day,
        start,
        tuple(
            Stretch(a - start, b - start, start + _offset_ms(a, zone) - wall_midnight)
            for a, b in pairwise(edges)
            if a < b
        ),
    )


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as spans in order that neither touch nor overlap; empty spans vanish."""
    joined: list[Span] = []
    for a, b in sorted(spans):
        if a >= b:
            continue
        if joined and a <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return tuple(joined)


def intersect(these: Sequence[Span], those: Sequence[Span]) -> tuple[Span, ...]:
    """The time in both of two lists of ordered spans."""
    common: list[Span] = []
    i = j = 0
    while i < len(these) and j < len(those):
        a, b = max(these[i][0], those[j][0]), min(these[i][1], those[j][1])
        if a < b:
            common.append((a, b))
        if these[i][1] < those[j][1]:
            i += 1
        else:
            j += 1
    return tuple(common)


def subtract(these: Sequence[Span], those: Sequence[Span]) -> tuple[Span, ...]:
    """The time in the first of two lists of ordered spans that is not in the second."""
    left: list[Span] = []
    for begin, b in these:
        a = begin
        for x, y in those:
            if y > a and x < b:
                left.append((a, x))
                a = min(y, b)
        left.append((a, b))
    return tuple(span for span in left if span[0] < span[1])


def instant_within(spans: Sequence[Span], at: int) -> int:
    """The instant at which ``at`` ms of the ordered spans have passed, the time between them not counting."""
    for a, b in spans:
        if at < b - a:
            return a + at
        at -= b - a
    return spans[-1][1]


def _holding(windows: Iterable[Window], exceptions: Sequence[DayException], day: date) -> list[Window]:
    """The windows that begin on a date: the exception's where there is one, else the usual ones of that day."""
    for exception in exceptions:
        if exception.day == day:
            return list(exception.windows)
    return [window for window in windows if window.is_on(day)]


def _on_the_wall(windows: Iterable[Window], shift: int) -> list[Span]:
    """The windows of a date ``shift`` days from a day, in wall-clock ms since the midnight of that day."""
    base = shift * MINUTES_PER_DAY
    return [((base + w.from_minute) * MINUTE_MS, (base + _end_minute(w)) * MINUTE_MS) for w in windows]


def _end_minute(window: Window) -> int:
    crosses = window.to_minute <= window.from_minute
    return window.to_minute + (MINUTES_PER_DAY if crosses else 0)


def _offset_ms(instant: int, zone: str) -> int:
    offset = datetime.fromtimestamp(instant // 1000, ZoneInfo(zone)).utcoffset()
    assert offset is not None  # noqa: S101 - an aware time has an offset; said for the type checker
    return int(offset.total_seconds()) * 1000


def _jumps(start: int, end: int, zone: str) -> list[int]:
    """The instants strictly between at which the zone's offset changes, to the second."""
    probes = [*range(start, end, HOUR_MS), end - 1000]
    jumps: list[int] = []
    for a, b in pairwise(probes):
        before = _offset_ms(a, zone)
        if a >= b or before == _offset_ms(b, zone):
            continue
        same, other = a // 1000, b // 1000
        while other - same > 1:
            middle = (same + other) // 2
            same, other = (middle, other) if _offset_ms(middle * 1000, zone) == before else (same, middle)
        jumps.append(other * 1000)
    return jumps
