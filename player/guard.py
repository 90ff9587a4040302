"""A player that dies again and again is likely killed by what it shows: first without videos, then with nothing at all.

Starts are counted on the disk, so a power cut counts as well. Half an hour of calm, or another playlist, forgives.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import cache
from pathlib import Path

from player.disk import Disk
from player.json_object import read_object
from player.store import Slots

WINDOW_MS = 30 * 60_000
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
Moment = tuple[str, int]  # the boot of the machine, and ms since then: no wall clock is needed, nor believed


class Mode(StrEnum):
    """How much is dared."""

    NORMAL = "normal"
    STILLS = "stills"  # pictures only: no decoder of videos runs
    SLATE = "slate"


@cache
def boot_of_machine() -> str:
    """What names this boot of the machine; empty where nothing does."""
    with suppress(OSError):
        return BOOT_ID.read_text().strip()
    return ""


def moment() -> Moment:
    """Now, as long as this machine runs."""
    return boot_of_machine(), time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class Guard:
    """Counts the starts of the last half hour. ``mode`` follows from them."""

    def __init__(
        self, folder: Path, safe_after: int, disk: Disk | None = None, now: Callable[[], Moment] = moment
    ) -> None:
        """Count this start. One that cannot be written down is not counted: a full disk is no crash."""
        self._slots, self._safe_after, self._now = Slots(folder, "starts", disk), safe_after, now
        self._begun = now()
        earlier, self._playlist = self._slots.load(_read) or ([], None)
        self._starts = [start for start in earlier if self._lately(start)] + [self._begun]
        self._save()

    @property
    def restarts(self) -> int:
        """How often it was started again in the last half hour of its life."""
        return max(len(self._starts) - 1, 0)

    @property
    def mode(self) -> Mode:
        if not self._safe_after or self.restarts < self._safe_after:
            return Mode.NORMAL
        return Mode.STILLS if self.restarts < 2 * self._safe_after else Mode.SLATE

    def lives(self, playlist: tuple[int, int] | None) -> None:
        """It still runs, with this playlist; half an hour of that is calm, and another playlist a new chance."""
        calm = self._now()[1] - self._begun[1] >= WINDOW_MS
        other = playlist is not None and self._playlist not in (None, playlist)
        if playlist is not None and playlist != self._playlist:
            self._playlist = playlist
            self._starts = self._starts[-1:] if other else self._starts
            self._save()
        elif calm and self._starts:
            self._starts = []
            self._save()

    def ended_well(self) -> None:
        """It was told to end: this start is none of those that count."""
        self._starts = [start for start in self._starts if start != self._begun]
        self._save()

    def _lately(self, start: Moment) -> bool:
        """Whether a start was in the last half hour; of another boot nobody knows, so it counts until calm."""
        boot, at_ms = self._begun
        return start[0] != boot or at_ms - start[1] < WINDOW_MS

    def _save(self) -> None:
        with suppress(OSError):
            self._slots.save(json.dumps({"starts": self._starts[-20:], "playlist": self._playlist}).encode())


def _read(body: bytes) -> tuple[list[Moment], tuple[int, int] | None]:
    try:
        data = read_object(body)
        playlist = data["playlist"] and (int(data["playlist"][0]), int(data["playlist"][1]))
        return [(str(boot), int(at_ms)) for boot, at_ms in data["starts"]], playlist
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("not a list of starts") from error
