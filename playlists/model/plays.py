"""What a screen showed, as its player recorded it, and the server's word for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from playlists.model.basics import Version, require


class Result(IntEnum):
    """How a play ended. Complete means at least 95 % of the planned time was presented."""

    COMPLETE = 0
    PARTIAL = 1
    SKIPPED = 2
    FAILED = 3


class Evidence(IntEnum):
    """What the record rests on, weakest first (reference: grades of proof in outdoor advertising practice)."""

    SCHEDULED = 0
    DECODED = 1
    OUTPUT = 2
    SAMPLED = 3


class ClockQuality(IntEnum):
    """How far the wall-clock start of a play can be believed. A bad clock marks a row, it never drops it."""

    UNKNOWN = 0
    ESTIMATED = 1
    SYNCHRONISED = 2


@dataclass(frozen=True, slots=True)
class Play:
    """One showing as the player recorded it; ``n`` numbers the device's plays without a hole and never resets.

    ``version`` and ``entry`` name the playlist entry shown: the signed playlist, kept for ever, holds its title,
    rendition and approval. ``start`` is wall time, ``start_mono_ms`` the device's monotonic clock of this boot.
    ``merged`` above 1: the device, long without a network, kept only the sums of that many plays of one entry; start
    and durations are then this play's share of them (ADR 9).
    """

    n: int
    version: Version
    entry: int
    start: int
    start_mono_ms: int
    planned_ms: int
    shown_ms: int
    result: Result
    evidence: Evidence
    clock: ClockQuality
    reason: str = ""
    merged: int = 1


@dataclass(frozen=True, slots=True)
class PlayBatch:
    """Consecutive plays of one boot of one device, chained to the batch before by its hash."""

    device: str
    screen: str
    boot: int
    previous: str
    plays: tuple[Play, ...]

    def __post_init__(self) -> None:
        require(bool(self.plays), "a batch carries at least one play")
        numbers = [play.n for play in self.plays]
        require(numbers == [*range(numbers[0], numbers[0] + len(numbers))], "plays are numbered without a hole")

    @property
    def first(self) -> int:
        return self.plays[0].n

    @property
    def last(self) -> int:
        return self.plays[-1].n


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server's signed word that the device's plays up to ``last`` are committed, save the open gaps."""

    device: str
    last: int
    batch: str
    issued: int
    gaps: tuple[tuple[int, int], ...] = ()
