"""What a screen is to show: the plan, the playlist that carries it, and the head that points at it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from playlists.model.basics import Reference, Rendition, Version, is_date, is_zone, require

LAST_DATE = "9999-12-31"  # of the calendar


class OffHours(StrEnum):
    """What a screen does outside its opening hours."""

    BLANK = "blank"
    SLATE = "slate"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a playlist: which rendition, under which approval, for which campaign.

    ``approval`` points at the sealed approval, a content-addressed file like the rendition.
    ``item`` and ``campaign`` are the server's numbers; ``campaign`` 0 is the fallback.
    """

    item: int
    campaign: int
    title: str
    rendition: Rendition
    approval: Reference


@dataclass(frozen=True, slots=True)
class Slot:
    """One showing at an exact offset from the start of its loop; ``entry`` indexes the playlist's entries."""

    at_ms: int
    entry: int
    duration_ms: int

    @property
    def end_ms(self) -> int:
        return self.at_ms + self.duration_ms


@dataclass(frozen=True, slots=True)
class Loop:
    """Slots in order, without overlap, repeated every ``period_ms``."""

    period_ms: int
    slots: tuple[Slot, ...]

    def __post_init__(self) -> None:
        end = 0
        for slot in self.slots:
            require(slot.duration_ms > 0, "a slot lasts at least a millisecond")
            require(slot.at_ms >= end, "slots are in order and do not overlap")
            end = slot.end_ms
        require(end <= self.period_ms, "a slot ends inside its loop")


@dataclass(frozen=True, slots=True)
class Block:
    """A span of the day, in elapsed milliseconds since local midnight, that repeats one loop from its start.

    A last repetition that would run past the block is cut between slots: a slot that does not fit is not started.
    """

    from_ms: int
    to_ms: int
    loop: int

    def __post_init__(self) -> None:
        require(0 <= self.from_ms < self.to_ms, "a block ends after it begins")


@dataclass(frozen=True, slots=True)
class Day:
    """One local date: the UTC instant of its midnight and the programme (list of blocks) that it runs."""

    date: str
    start: int
    programme: int

    def __post_init__(self) -> None:
        require(is_date(self.date), "a day is written YYYY-MM-DD")
        require(self.date < LAST_DATE, "a day ends when the next one begins")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one screen shows over some days. Equal loops and equal days are stored once.

    Outside every block the screen is off (its opening hours ended); after the last day it shows the fallback.
    """

    loops: tuple[Loop, ...]
    programmes: tuple[tuple[Block, ...], ...]
    days: tuple[Day, ...]

    def __post_init__(self) -> None:
        for programme in self.programmes:
            end = 0
            for block in programme:
                require(block.from_ms >= end, "blocks are in order and do not overlap")
                require(0 <= block.loop < len(self.loops), "a block names a loop of its plan")
                end = block.to_ms
        for earlier, later in zip(self.days, self.days[1:], strict=False):
            require(earlier.start < later.start, "days are in order")
        require(all(0 <= d.programme < len(self.programmes) for d in self.days), "a day names a programme of its plan")


@dataclass(frozen=True, slots=True)
class Output:
    """Where the picture goes inside the frame: LED senders read a corner of it. ``width`` 0 means the whole frame."""

    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    rotation: int = 0
    brightness: int = 100
    volume: int = 100

    def __post_init__(self) -> None:
        require(self.rotation in (0, 90, 180, 270), "rotation is 0, 90, 180 or 270 degrees")
        require(0 <= self.brightness <= 100 and 0 <= self.volume <= 100, "brightness and volume are percentages")


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """From one instant to another (UTC ms) volume and brightness are only so many percent of the output's."""

    start: int
    end: int
    volume: int
    brightness: int

    def __post_init__(self) -> None:
        require(self.start < self.end, "a span ends after it begins")
        require(0 <= self.volume <= 100 and 0 <= self.brightness <= 100, "volume and brightness are percentages")


@dataclass(frozen=True, slots=True)
class Playlist:
    """The signed document a player obeys. Complete: it and an instant alone say what the screen shows."""

    screen: str
    unit: str
    version: Version
    issued: int
    expires: int
    zone: str
    trust: int
    revocation: int
    previous: str
    entries: tuple[Entry, ...]
    plan: Plan
    fallback: tuple[int, ...]
    off_hours: OffHours
    output: Output
    quiet: tuple[QuietSpan, ...] = ()

    def __post_init__(self) -> None:
        known = range(len(self.entries))
        require(
            all(slot.entry in known for loop in self.plan.loops for slot in loop.slots),
            "a slot names an entry of its playlist",
        )
        require(all(entry in known for entry in self.fallback), "the fallback names entries of its playlist")
        ends = [span.end for span in self.quiet]
        require(all(e <= s.start for e, s in zip(ends, self.quiet[1:], strict=False)), "quiet spans are in order")
        require(is_zone(self.zone), f"“{self.zone}” is no time zone of the IANA database")


@dataclass(frozen=True, slots=True)
class Head:
    """The small signed pointer: which playlist, trust and revocation are current for one screen."""

    screen: str
    version: Version
    playlist: Reference
    trust: int
    revocation: int
    emergency: int
    issued: int
    expires: int
