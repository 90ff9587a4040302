"""What the planner reads and answers. Never on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum

from playlists.model.basics import require
from playlists.model.playlist import Entry, Loop

MINUTES_PER_DAY = 24 * 60
THOUSAND = 1000


class Priority(IntEnum):
    """The three priorities of Circular 39/2020/TT-BTTTT, and fillers that take what is left."""

    EMERGENCY = 1
    PRIORITY = 2
    NORMAL = 3
    FILLER = 4


@dataclass(frozen=True, slots=True)
class Window:
    """A local wall-clock span on given weekdays (Monday 0). It may cross midnight and then belongs to its first day.

    Minutes since local midnight; the end is exclusive. ``to_minute <= from_minute`` means it crosses midnight. With
    ``dates`` it is open on those dates alone, whatever their weekday.
    """

    from_minute: int
    to_minute: int
    weekdays: frozenset[int] = frozenset(range(7))
    dates: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        require(0 <= self.from_minute < MINUTES_PER_DAY, "a window begins between 00:00 and 23:59")
        require(0 < self.to_minute <= MINUTES_PER_DAY, "a window ends between 00:01 and 24:00")
        require(bool(self.weekdays) and self.weekdays <= set(range(7)), "a window names weekdays from 0 to 6")

    def is_on(self, day: date) -> bool:
        """Whether it begins on this date."""
        return day in self.dates if self.dates else day.weekday() in self.weekdays


ALL_DAY = (Window(0, MINUTES_PER_DAY),)


@dataclass(frozen=True, slots=True)
class DayException:
    """A date on which these windows hold instead of the usual ones; without any it is closed all day.

    The weekdays and dates of its windows do not count.
    """

    day: date
    windows: tuple[Window, ...] = ()


class Per(StrEnum):
    """What a frequency counts in."""

    HOUR = "hour"  # plays in each clock hour
    DAY = "day"  # plays in the windows that begin on one date
    AIRTIME = "airtime"  # thousandths of the time in each clock hour


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often: at least ``least``, never more than ``most`` (None: as often as there is time left).

    ``largest_gap_ms``: from the start of one play to the start of the next, while the windows are open.
    ``least`` 0 promises nothing.
    """

    per: Per
    least: int
    most: int | None = None
    largest_gap_ms: int | None = None

    def __post_init__(self) -> None:
        require(self.least >= 0, "a frequency is not below zero")
        require(self.most is None or self.most >= max(self.least, 1), "the most plays are not fewer than the least")
        require(self.largest_gap_ms is None or self.largest_gap_ms > 0, "a gap is longer than nothing")
        require(self.per is not Per.AIRTIME or max(self.least, self.most or 0) <= THOUSAND, "a share is at most all")


FILLER = Frequency(Per.HOUR, 0)


class Order(StrEnum):
    """In which order a campaign's items take their turns."""

    ROTATION = "rotation"  # all alike, or by their weights; another item goes first where one does not fit
    SEQUENCE = "sequence"  # a story: strictly in the given order, anew each day


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item as the planner sees it: the playlist entry it becomes and the span its approval allows.

    ``weight``: how many turns it has while an item of weight 1 has one.
    """

    entry: Entry
    not_before: int
    not_after: int
    weight: int = 1

    def __post_init__(self) -> None:
        require(1 <= self.weight <= 100, "a weight is 1 to 100")

    @property
    def duration_ms(self) -> int:
        return self.entry.rendition.duration_ms


@dataclass(frozen=True, slots=True)
class Boost:
    """From ``first_day`` to ``last_day`` another frequency holds; afterwards the usual one again."""

    first_day: date
    last_day: date
    frequency: Frequency


@dataclass(frozen=True, slots=True)
class Closure:
    """Windows from ``first_day`` to ``last_day`` that are kept for others: prime time that a peak campaign reserved."""

    first_day: date
    last_day: date
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """Items with period, windows and frequency: a promise kept in every hour, or over every day, of its windows.

    A frequency without a least makes it a filler: it takes what time is left, in rotation. ``own``: it is the screen
    owner's, so it may use the owner's share of the airtime. ``prime_first``: a promise per day goes to the screen's
    prime windows as far as it fits. ``boosts`` and ``closures`` come from peak campaigns (:mod:`playlists.peaks`).
    """

    id: int
    name: str
    first_day: date
    last_day: date
    windows: tuple[Window, ...]
    frequency: Frequency
    items: tuple[PlannedItem, ...]
    priority: Priority = Priority.NORMAL
    order: Order = Order.ROTATION
    exceptions: tuple[DayException, ...] = ()
    prime_first: bool = False
    own: bool = False
    boosts: tuple[Boost, ...] = ()
    closures: tuple[Closure, ...] = ()

    def __post_init__(self) -> None:
        require(self.first_day <= self.last_day, f"campaign “{self.name}” ends before it begins")
        require(bool(self.items), f"campaign “{self.name}” has no items")
        require(bool(self.windows), f"campaign “{self.name}” has no time window")
        days = [exception.day for exception in self.exceptions]
        require(len(days) == len(set(days)), f"campaign “{self.name}” has two exceptions for one date")

    def frequency_on(self, day: date) -> Frequency:
        """The frequency in force on a date: the latest boost that holds then, else the usual one."""
        boosted = [boost.frequency for boost in self.boosts if boost.first_day <= day <= boost.last_day]
        return boosted[-1] if boosted else self.frequency


@dataclass(frozen=True, slots=True)
class Quiet:
    """What the surroundings of a screen ask for in some windows: ``still`` means nothing that moves.

    Volume and brightness are percentages of what the screen is set to.
    """

    windows: tuple[Window, ...]
    still: bool = False
    volume: int = 100
    brightness: int = 100

    def __post_init__(self) -> None:
        require(bool(self.windows), "a quiet rule has a time window")
        require(0 <= self.volume <= 100 and 0 <= self.brightness <= 100, "volume and brightness are percentages")


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen as the planner sees it.

    ``reserve`` thousandths of every hour are never promised to anything but emergencies, ``owners_share`` thousandths
    only to campaigns of the screen's owner; fillers use what nobody takes. ``lent``: the windows in which campaigns
    other than the owner's may run (None: always). ``longest_item_ms``: what passers-by stay for. ``prime``: when most
    people pass.
    """

    id: str
    zone: str
    opening: tuple[Window, ...] = ALL_DAY
    exceptions: tuple[DayException, ...] = ()
    reserve: int = 0
    owners_share: int = 0
    lent: tuple[Window, ...] | None = None
    longest_item_ms: int | None = None
    prime: tuple[Window, ...] = ()
    quiet: tuple[Quiet, ...] = ()

    def __post_init__(self) -> None:
        require(0 <= self.reserve <= THOUSAND and 0 <= self.owners_share <= THOUSAND, "shares are thousandths")
        require(self.reserve + self.owners_share <= THOUSAND, "reserve and owner's share are at most the whole hour")
        days = [exception.day for exception in self.exceptions]
        require(len(days) == len(set(days)), "a screen has one exception for a date")


class Lack(StrEnum):
    """Which part of a promise cannot be kept."""

    HOUR = "hour"
    DAY = "day"
    AIRTIME = "airtime"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Where a promise cannot be kept: campaign, hour (UTC ms of its start), and how much airtime is missing.

    ``promised`` and ``planned`` are plays of that hour; for :attr:`Lack.DAY` plays of the whole day, whose midnight
    ``hour_start`` then is; for :attr:`Lack.GAP` the promised and the largest gap, in ms. ``because``: the campaigns
    that hold the time, the longest first.
    """

    campaign: int
    hour_start: int
    promised: int
    planned: int
    missing_ms: int
    lack: Lack = Lack.HOUR
    because: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The planner's answer for one screen and one local day."""

    day: date
    start: int
    entries: tuple[Entry, ...]
    blocks: tuple[tuple[int, int, Loop], ...]  # from_ms, to_ms since local midnight, and the loop between them
    shortfalls: tuple[Shortfall, ...] = field(default=())
