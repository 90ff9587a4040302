"""When to look for new orders, and what MQTT brings: hints that are never believed more than a poll."""

from __future__ import annotations

import threading
from collections.abc import Callable

from player.beliefs import Beliefs
from player.clock import Clock
from player.errors import NotYet, Overtaken, Unreachable
from player.faults import DISK, NETWORK, PORTAL, Faults
from player.link import Heard
from player.offers import Offers
from player.pace import POLL_S, Backoff, around
from player.sync import Sync
from playlists import topics
from playlists.envelope import Kind, unpack
from playlists.errors import Refusal


class Orders:
    """The sync's rhythm: a poll every five minutes whatever MQTT says, at once on good news, later after a failure."""

    def __init__(self, sync: Sync, beliefs: Beliefs, offers: Offers, faults: Faults, clock: Clock) -> None:
        self.news = threading.Event()
        self._sync, self._beliefs, self._offers, self._faults, self._clock = sync, beliefs, offers, faults, clock
        self._backoff = Backoff()
        self._poll_mono_ms = clock.mono_ms()
        screen = beliefs.state.screen
        self._command = topics.to_command(screen)
        self._kinds = {
            topics.to_playlist(screen): Kind.PLAYLIST,
            topics.to_head(screen): Kind.HEAD,
            topics.ALL_TRUST: Kind.TRUST,
            topics.ALL_REVOCATION: Kind.REVOCATION,
        }
        sync.urgent = self.news.is_set
        sync.refused = self._refused

    def hear(self, heard: Heard, command: Callable[[bytes], None]) -> None:
        """Take one message, or hand a command on. Whatever it is, it raises nothing."""
        if heard.topic == self._command:
            command(heard.payload)
        kind = self._kinds.get(heard.topic)
        if kind is None or not heard.payload:
            return
        try:
            if self._offers.take(kind, unpack(heard.payload, kind)):
                self.news.set()
        except Refusal as refusal:
            self._refused(refusal)

    def _refused(self, refusal: Refusal) -> None:
        self._faults.refused(refusal, self._clock.mono_ms())

    def follow(self, stop: threading.Event) -> None:
        """The sync's thread: steps until ``stop``."""
        while not stop.is_set():
            self.news.clear()
            self.news.wait(self.turn())

    def turn(self) -> float:
        """One step, with a poll when that is due; seconds until the next poll."""
        poll = self._clock.mono_ms() >= self._poll_mono_ms
        wait_s = self.step(poll)
        due_mono_ms = self._clock.mono_ms() + round(wait_s * 1000)
        self._poll_mono_ms = due_mono_ms if poll else min(due_mono_ms, self._poll_mono_ms)
        return max(self._poll_mono_ms - self._clock.mono_ms(), 0) / 1000

    def step(self, poll: bool = True) -> float:
        """One try to be up to date; seconds until the server should be asked. Counts and logs what was refused."""
        mono_ms = self._clock.mono_ms()
        try:
            self._sync.step(poll)
        except Refusal as refusal:
            self._refused(refusal)
            return self._backoff.failure()
        except Overtaken:
            return 0
        except NotYet as later:
            return min(later.retry_after_s or 0, around(POLL_S))
        except Unreachable as error:
            self._faults.add(NETWORK, str(error), mono_ms)
            return self._backoff.failure(error.retry_after_s)
        except OSError as error:
            self._faults.add(DISK, f"orders could not be stored: {error.strerror}", mono_ms)
            return self._backoff.failure()
        self._backoff.success()
        if poll:
            self._faults.clear(NETWORK)
            self._faults.clear(PORTAL)
        return around(POLL_S)
