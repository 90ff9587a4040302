"""Plays on their way to the disk: one writer, so that a slow card stops neither the screen nor the line."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from player.clock import Clock
from player.faults import JOURNAL, Faults
from player.journal import Journal
from playlists.model import Play

UNWRITTEN_PLAYS = 5000
AT_ONCE = 100  # plays in one write
AGAIN_S = 5.0  # a disk that refused is asked again
REST_S = 12.0  # between two writes: every one costs a card 4 KiB at least, and 50 MB a day is what it may take


class Pen:
    """Writes plays into the journal, in the order in which they came, each exactly once.

    ``put`` from any thread returns at once; ``write`` may be called from several, one of them writes at a time.
    """

    def __init__(self, journal: Journal, faults: Faults, clock: Clock, written: Callable[[], None]) -> None:
        self.news = threading.Event()
        self._journal, self._faults, self._clock, self._written = journal, faults, clock, written
        self._unwritten: deque[Play] = deque(maxlen=UNWRITTEN_PLAYS)
        self._writing = threading.Lock()
        self._rest_until_mono_ms = 0

    def put(self, play: Play) -> None:
        """The play is written soon. Nobody hears of it before it is durable."""
        self._unwritten.append(play)
        self.news.set()

    def write(self) -> bool:
        """Write everything that waits; False when the disk refused and the rest must wait."""
        with self._writing:
            while plays := [self._unwritten.popleft() for _ in range(min(len(self._unwritten), AT_ONCE))]:
                try:
                    self._journal.append_all(plays)
                except OSError as error:
                    self._unwritten.extendleft(reversed(plays))
                    detail = f"a play could not be written: {error.strerror}"
                    self._faults.add(JOURNAL, detail, self._clock.mono_ms())
                    return False
                self._written()
            self._faults.clear(JOURNAL)
            return True

    def step(self) -> float | None:
        """Write what waits, unless it is too early; seconds until it is not, None when nothing waits.

        A play that comes alone is written at once; short ones that follow each other closely are written together.
        """
        if not self._unwritten:
            return None
        early_ms = self._rest_until_mono_ms - self._clock.mono_ms()
        if early_ms > 0:
            return early_ms / 1000
        written = self.write()
        self._rest_until_mono_ms = self._clock.mono_ms() + round((REST_S if written else AGAIN_S) * 1000)
        return None if written else AGAIN_S

    def run(self, stop: threading.Event) -> None:
        """The writer's thread, until ``stop``; what comes after it is for a last ``write``."""
        while not stop.is_set():
            wait_s = self.step()
            if wait_s is not None:
                stop.wait(wait_s)
            else:
                self.news.wait()
                self.news.clear()
