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
AGAIN_S = 5.0  # a disk that refused is asked again


class Pen:
    """Writes plays into the journal, in the order in which they came, each exactly once.

    ``put`` from any thread returns at once; ``write`` may be called from several, one of them writes at a time.
    """

    def __init__(self, journal: Journal, faults: Faults, clock: Clock, written: Callable[[], None]) -> None:
        self.news = threading.Event()
        self._journal, self._faults, self._clock, self._written = journal, faults, clock, written
        self._unwritten: deque[Play] = deque(maxlen=UNWRITTEN_PLAYS)
        self._writing = threading.Lock()

    def put(self, play: Play) -> None:
        """The play is written soon. Nobody hears of it before it is durable."""
        self._unwritten.append(play)
        self.news.set()

    def write(self) -> bool:
        """Write everything that waits; False when the disk refused and the rest must wait."""
        with self._writing:
            while self._unwritten:
                play = self._unwritten.popleft()
                try:
                    self._journal.append(play)
                except OSError as error:
                    self._unwritten.appendleft(play)
                    detail = f"a play could not be written: {error.strerror}"
                    self._faults.add(JOURNAL, detail, self._clock.mono_ms())
                    return False
                self._written()
            self._faults.clear(JOURNAL)
            return True

    def run(self, stop: threading.Event) -> None:
        """The writer's thread, until ``stop``; what comes after it is for a last ``write``."""
        while not stop.is_set():
            self.news.wait()
            self.news.clear()
            if not self.write():
                stop.wait(AGAIN_S)
                self.news.set()
