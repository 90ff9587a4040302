"""What time it is on a machine without a battery clock, on a network that may lie (reference: reliability A3).

``floor`` is a time that has certainly passed: the build's, the last one stored, the ``issued`` of every document that
verified. It never goes down. The wall clock alone lifts it by a day at most per start, in however many steps: a time
server is not signed, and a floor that followed it anywhere would let it expire everything. Decisions on validity use
the later of floor + monotonic time and the wall clock, so nothing expired comes back. The timeline uses the wall clock
as long as it can be believed, so screens stay in step even when the floor ran a little ahead.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from playlists.model import ClockQuality
from playlists.state import Now

BUILD_MS = 1_735_689_600_000  # 2025-01-01: no signed document of ours is older than the program
DAY_MS = 24 * 3600 * 1000
BEHIND_MS = 10 * 60 * 1000  # how far a server's clock may run ahead of ours (the same as for ``issued``)
HEAD_AGE_MS = 90 * 60 * 1000  # heads are signed anew every hour
VOUCHED_MS = 2 * 3600 * 1000
TIME_ERROR = 5  # adjtimex(2): the kernel says its clock is not synchronised


@dataclass(frozen=True, slots=True)
class Instant:
    """One reading: ``ms`` for the timeline, ``now`` for decisions on validity, ``mono_ms`` for durations."""

    ms: int
    now: Now
    mono_ms: int
    quality: ClockQuality


@dataclass(frozen=True, slots=True)
class Anchor:
    """A time that had passed at an instant of the monotonic clock, and so has passed ever since."""

    ms: int
    mono_ms: int

    def at(self, mono_ms: int) -> int:
        return self.ms + mono_ms - self.mono_ms


def judge(
    floor_ms: int, proven_ms: int, wall_ms: int, synchronised: bool, vouched: bool
) -> tuple[int, Now, ClockQuality]:
    """Timeline instant, decision time and quality; both floors are already advanced by monotonic time.

    A wall clock more than a day ahead of what is proven (signed, or known at the start) is not believed, even when it
    came there in small steps. ``floor_ms`` is ``proven_ms`` or what a believed wall clock lifted it to.
    One behind the floor is believed only within ten minutes, or when a fresh signed head says the same (``vouched``).
    """
    plausible = floor_ms - BEHIND_MS <= wall_ms <= proven_ms + DAY_MS
    if not plausible and not (vouched and wall_ms < floor_ms):
        return floor_ms, Now(floor_ms, known=False), ClockQuality.UNKNOWN
    quality = ClockQuality.SYNCHRONISED if synchronised else ClockQuality.ESTIMATED
    return wall_ms, Now(max(floor_ms, wall_ms), known=True), quality


class Clock:
    """The clock of one run. Sources are arguments so that a test can be 1970, 2038 or asleep.

    The floor has three parts: what was known at the start, which only rises with the monotonic clock; what signed
    documents say, which falls back when the key that raised it is rotated away (a stolen key may have signed the year
    2040); and what the wall clock showed, never more than a day beyond the other two.
    """

    def __init__(
        self,
        seen_ms: int = BUILD_MS,
        wall: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        mono: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
        synchronised: Callable[[], bool] | None = None,
    ) -> None:
        self._wall, self._mono = wall, mono
        self._synchronised = synchronised or kernel_synchronised
        self._lock = threading.Lock()
        self._start = Anchor(max(seen_ms, BUILD_MS), mono())
        self._wall_seen = self._start
        self._signed = Anchor(0, mono())
        self._vouched: Anchor | None = None

    def read(self) -> Instant:
        """The time now. A wall clock that is believed raises the floor."""
        with self._lock:
            wall_ms, mono_ms = self._wall(), self._mono()
            proven_ms, floor_ms = self._floors(mono_ms)
            vouched = self._is_vouched(wall_ms, mono_ms)
            ms, now, quality = judge(floor_ms, proven_ms, wall_ms, self._synchronised(), vouched)
            if now.known and wall_ms > self._wall_seen.at(mono_ms):
                self._wall_seen = Anchor(wall_ms, mono_ms)
            return Instant(ms, now, mono_ms, quality)

    def _floors(self, mono_ms: int) -> tuple[int, int]:
        """What is proven, and the same lifted by the wall clock."""
        proven_ms = max(self._start.at(mono_ms), self._signed.at(mono_ms))
        return proven_ms, max(proven_ms, min(self._wall_seen.at(mono_ms), proven_ms + DAY_MS))

    def mono_ms(self) -> int:
        """The monotonic clock: only ever for durations."""
        return self._mono()

    def seen_ms(self) -> int:
        """What to store for the next start: the latest time this player saw itself, without what is only signed."""
        with self._lock:
            mono_ms = self._mono()
            proven_ms, _ = self._floors(mono_ms)
            return max(self._start.at(mono_ms), min(self._wall_seen.at(mono_ms), proven_ms + DAY_MS))

    def believe(self, floor_ms: int) -> None:
        """``floor_ms`` is what the documents in force prove (:attr:`playlists.state.State.floor_ms`)."""
        with self._lock:
            if floor_ms != self._signed.ms:
                self._signed = Anchor(floor_ms, self._mono())

    def vouch(self, issued_ms: int) -> None:
        """A head signed at ``issued_ms`` has just arrived; a wall clock that fits is believed for the next two hours.

        This heals a wall clock that once ran ahead, took the floor with it and came back. One that jumps afterwards
        is not the one that was vouched for.
        """
        with self._lock:
            wall_ms = self._wall()
            if issued_ms - BEHIND_MS <= wall_ms <= issued_ms + HEAD_AGE_MS:
                self._vouched = Anchor(wall_ms, self._mono())

    def _is_vouched(self, wall_ms: int, mono_ms: int) -> bool:
        vouched = self._vouched
        return (
            vouched is not None
            and mono_ms < vouched.mono_ms + VOUCHED_MS
            and abs(wall_ms - vouched.at(mono_ms)) <= BEHIND_MS
        )


def kernel_synchronised() -> bool:
    """Whether the kernel says that a time service keeps its clock; False where it cannot say."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))) not in (-1, TIME_ERROR)
    except (OSError, AttributeError):
        return False
