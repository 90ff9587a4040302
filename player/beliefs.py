"""The state in force: saved first, then believed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from player.clock import BUILD_MS, Clock
from player.disk import Disk
from player.store import Slots, read_state, write_state
from playlists.state import Now, State

SAVE_TIME_EVERY_MS = 3600 * 1000


class Beliefs:
    """What this screen accepted so far. ``state`` is replaced whole, so a reader needs no lock."""

    def __init__(self, slots: Slots, nothing_yet: State, clock: Clock) -> None:
        """``nothing_yet`` names screen, unit and pinned root; what was saved for them is taken up again."""
        self._slots, self._clock = slots, clock
        self._lock = threading.Lock()
        self.state = slots.load(lambda body: read_state(body, nothing_yet)) or nothing_yet
        self.changed: Callable[[], None] = lambda: None
        clock.believe(self.state.floor_ms)

    def update(self, accept: Callable[[State, Now], State]) -> State:
        """The state after ``accept``: saved, then in force. Two updates never overtake each other.

        Raises:
            Refusal: from ``accept``; nothing changed.
            OSError: the state could not be saved; nothing changed.
        """
        with self._lock:
            state = accept(self.state, self._clock.read().now)
            if state is self.state:
                return state
            self._slots.save(write_state(state))
            self.state = state
            self._clock.believe(state.floor_ms)
        self.changed()
        return state


class SeenTime:
    """The latest time this machine saw, kept for a start without a clock; saved once an hour."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._slots = Slots(folder, "time", disk)
        self.ms = self._slots.load(int) or BUILD_MS
        self._saved_mono_ms = -SAVE_TIME_EVERY_MS

    def keep(self, clock: Clock, at_once: bool = False) -> None:
        """Save what the clock saw, if it is time to. Raises OSError."""
        if at_once or clock.mono_ms() - self._saved_mono_ms >= SAVE_TIME_EVERY_MS:
            self._slots.save(str(clock.seen_ms()).encode())
            self._saved_mono_ms = clock.mono_ms()
