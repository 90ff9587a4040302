"""Stored files are hashed once after every start, beside everything else: the stage never waits for a disk.

Until a file was looked at it counts as not there. What rotted, or cannot be read, is removed and fetched again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from player.beliefs import Beliefs
from player.cache import Cache
from player.clock import Clock
from player.errors import Overtaken
from player.faults import DISK, Faults
from playlists.errors import Refusal
from playlists.model import Entry, Reference

AGAIN_S = 10.0  # after a file that could neither be read nor removed


class Inspector:
    """``stored`` answers the stage at once; ``run`` is the thread that hashes, what was asked for first."""

    def __init__(self, cache: Cache, beliefs: Beliefs, faults: Faults, clock: Clock) -> None:
        self.news = threading.Event()
        self.found_whole: Callable[[], None] = lambda: None
        self.found_rotten: Callable[[], None] = lambda: None
        self._cache, self._beliefs, self._faults, self._clock = cache, beliefs, faults, clock
        self._asked: dict[str, Reference] = {}

    def stored(self, entry: Entry) -> Path | None:
        """An entry's file if it is here and was found whole."""
        wanted = reference_of(entry)
        path = self._cache.ready(wanted)
        if path is None and self._cache.holds(wanted):
            self._asked[wanted.sha256] = wanted
            self.news.set()
        return path

    def run(self, stop: threading.Event) -> None:
        """Look at files until ``stop``."""
        self.news.set()
        while not stop.is_set():
            self.news.wait()
            self.news.clear()
            while not stop.is_set() and (wanted := next(self._unseen(), None)):
                if not self._inspect(wanted, stop):
                    stop.wait(AGAIN_S)

    def _unseen(self) -> Iterator[Reference]:
        playlist = self._beliefs.state.playlist
        named = [reference_of(entry) for entry in playlist.entries] if playlist else []
        asked = list(self._asked.values())
        self._asked.clear()
        return (r for r in [*asked, *named] if self._cache.holds(r) and not self._cache.ready(r))

    def _inspect(self, wanted: Reference, stop: threading.Event) -> bool:
        """Hash one file; False when the disk lets nothing be done about it."""
        try:
            self._cache.checked(wanted, stop.is_set)
        except Refusal as refusal:
            self._faults.refused(refusal, self._clock.mono_ms())
            self.found_rotten()
        except OSError as error:
            self._faults.add(DISK, f"a file could not be read: {error.strerror}", self._clock.mono_ms())
            return False
        except Overtaken:
            return True
        else:
            self.found_whole()
        return True


def reference_of(entry: Entry) -> Reference:
    """The file of an entry."""
    return Reference(entry.rendition.sha256, entry.rendition.size_bytes)
