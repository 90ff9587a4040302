"""What the planner reads and answers. Never on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from playlists.model.basics import require
from playlists.model.playlist import Entry, Loop

MINUTES_PER_DAY = 24 * 60


class Priority(IntEnum):
    """The three priorities of Circular 39/2020/TT-BTTTT, and fillers that take what is left."""

    EMERGENCY = 1
    PRIORITY = 2
    NORMAL = 3
    FILLER = 4


@dataclass(frozen=True, slots=True)
class Window:
    """A local wall-clock span on given weekdays (Monday 0). It may cross midnight and then belongs to its first day.

    Minutes since local midnight; the end is exclusive. ``to_minute <= from_minute`` means it crosses midnight.
    """

    from_minute: int
    to_minute: int
    weekdays: frozenset[int] = frozenset(range(7))

    def __post_init__(self) -> None:
        require(0 <= self.from_minute < MINUTES_PER_DAY, "a window begins between 00:00 and 23:59")
        require(0 < self.to_minute <= MINUTES_PER_DAY, "a window ends between 00:01 and 24:00")
        require(bool(self.weekdays) and self.weekdays <= set(range(7)), "a window names weekdays from 0 to 6")


ALL_DAY = (Window(0, MINUTES_PER_DAY),)


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item as the planner sees it: the playlist entry it becomes and the span its approval allows."""

    entry: Entry
    not_before: int
    not_after: int

    @property
    def duration_ms(self) -> int:
        return self.entry.rendition.duration_ms


@dataclass(frozen=True, slots=True)
class Campaign:
    """Items with period, windows and frequency: a promise of ``plays_per_hour`` in every clock hour of its windows.

    ``plays_per_hour`` 0 makes it a filler: it takes what time is left, in rotation.
    """

    id: int
    name: str
    first_day: date
    last_day: date
    windows: tuple[Window, ...]
    plays_per_hour: int
    items: tuple[PlannedItem, ...]
    priority: Priority = Priority.NORMAL

    def __post_init__(self) -> None:
        require(self.first_day <= self.last_day, f"campaign “{self.name}” ends before it begins")
        require(bool(self.items), f"campaign “{self.name}” has no items")
        require(bool(self.windows), f"campaign “{self.name}” has no time window")
        require(self.plays_per_hour >= 0, f"campaign “{self.name}” has a frequency below zero")


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen as the planner sees it."""

    id: str
    zone: str
    opening: tuple[Window, ...] = ALL_DAY


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Where a promise cannot be kept: campaign, hour (UTC ms of its start), and how much airtime is missing."""

    campaign: int
    hour_start: int
    promised: int
    planned: int
    missing_ms: int


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The planner's answer for one screen and one local day."""

    day: date
    start: int
    entries: tuple[Entry, ...]
    blocks: tuple[tuple[int, int, Loop], ...]  # from_ms, to_ms since local midnight, and the loop between them
    shortfalls: tuple[Shortfall, ...] = field(default=())
