"""Plays on their way to the server: from the journal in batches by HTTPS, each kept until its receipt."""

from __future__ import annotations

import threading

from player.api import Api
from player.beliefs import Beliefs
from player.clock import Clock
from player.errors import Declined, Unreachable
from player.faults import ASIDE, JOURNAL, PLAYS, Faults
from player.journal import BATCH_PLAYS, Journal
from player.pace import Backoff, around
from playlists.errors import Code, Refusal
from playlists.keys import SigningKey
from playlists.play_rows import summed
from playlists.proofs import open_receipt
from playlists.schemas import seal

FULL_PLAYS = 20
TRIES_ALONE = 3  # whoever spoils the answers on the way must do it for a while
ABOUT_THE_DEVICE = (Code.SIG, Code.KEY, Code.TARGET, Code.FORK)  # refusals that no other choice of plays would mend
LATEST_MS = 15_000  # the log page lists a play within 30 s of its showing
TIMELESS_MS = 120_000  # so long a start without a clock is given to learn the time before its plays are handed in


class Reporter:
    """Hands in what the journal holds. ``news`` says from any thread that there is more; ``step`` is for one thread."""

    def __init__(self, journal: Journal, api: Api, key: SigningKey, beliefs: Beliefs, clock: Clock) -> None:
        self.journal = journal
        self.faults = Faults()
        self.news = threading.Event()
        self._api, self._key, self._beliefs, self._clock = api, key, beliefs, clock
        self._backoff = Backoff()
        self._timeless_until_mono_ms = clock.mono_ms() + TIMELESS_MS
        self._resting_until_mono_ms = 0
        self._first_mono_ms: int | None = None
        self._most = BATCH_PLAYS
        self._tried_alone = 0

    def step(self) -> float:
        """Send one batch if it is time to; seconds to wait before the next step."""
        try:
            wait_s = LATEST_MS / 1000 if self._waits_for_time() else self._due_in_s()
            if wait_s > 0:
                return wait_s
            self._send()
        except Declined as declined:
            return self._make_amends(declined)
        except Unreachable as error:
            self.faults.add(PLAYS, str(error), self._clock.mono_ms())
            return self._rest(error.retry_after_s)
        except Refusal as refusal:
            self.faults.refused(refusal, self._clock.mono_ms())
            return self._rest()
        except OSError as error:
            self.faults.add(
                JOURNAL, f"the journal could not be read or written: {error.strerror}", self._clock.mono_ms()
            )
            return self._rest()
        self._backoff.success()
        self._most, self._tried_alone = min(self._most * 2, BATCH_PLAYS), 0
        self.faults.clear(PLAYS)
        self._first_mono_ms = None
        return self._due_in_s()

    def _waits_for_time(self) -> bool:
        """Whether this start does not know the time yet; its plays get their right one as soon as it does.

        A clock that is lost later needs no such thing: the floor goes on from what it showed.
        """
        at = self._clock.read()
        if at.now.known and self._timeless_until_mono_ms:
            if self.journal.untimed:
                self.journal.know_time(at.ms - at.mono_ms)
            self._timeless_until_mono_ms = 0
        return self.journal.untimed and at.mono_ms < self._timeless_until_mono_ms

    def _rest(self, asked_s: float | None = None) -> float:
        """Nothing is sent for so many seconds, whatever news comes meanwhile."""
        wait_s = self._backoff.failure(asked_s)
        self._resting_until_mono_ms = self._clock.mono_ms() + round(wait_s * 1000)
        return wait_s

    def _make_amends(self, declined: Declined) -> float:
        """Do about a refusal what keeps the plays behind it coming; seconds to wait."""
        self.faults.add(declined.code, str(declined), self._clock.mono_ms())
        try:
            if declined.code == Code.FORK and declined.last is not None:
                self.journal.renumber(declined.last)
            elif declined.code not in ABOUT_THE_DEVICE:
                self._narrow_down(declined.code)
        except OSError as error:
            self.faults.add(JOURNAL, f"the journal could not be put right: {error.strerror}", self._clock.mono_ms())
        except ValueError as error:
            self.faults.add(PLAYS, str(error), self._clock.mono_ms())
        return self._rest()

    def _narrow_down(self, code: str) -> None:
        """Send half as many; one that is refused alone, some times in a row, is set aside."""
        batch = self.journal.next_batch(self._beliefs.state.screen, self._most)
        if batch is None:
            return
        records = sum(1 for _ in summed(batch.plays))
        if records > 1:
            self._most = records // 2
            self._backoff.success()  # the next try is another one
            return
        self._tried_alone += 1
        if self._tried_alone >= TRIES_ALONE:
            self.journal.set_aside(batch.first, code)
            self._tried_alone = 0
            self._backoff.success()
            self.faults.add(ASIDE, f"play {batch.first} was refused: {code}", self._clock.mono_ms())

    def _due_in_s(self) -> float:
        """A full batch goes at once, a first play not later than fifteen seconds, nothing waits for nothing."""
        mono_ms, waiting = self._clock.mono_ms(), self.journal.waiting()
        if not waiting:
            return around(60)
        if self._first_mono_ms is None:
            self._first_mono_ms = mono_ms
        due_mono_ms = mono_ms if waiting >= min(FULL_PLAYS, self._most) else self._first_mono_ms + LATEST_MS
        return max(due_mono_ms - mono_ms, self._resting_until_mono_ms - mono_ms, 0) / 1000

    def _send(self) -> None:
        state = self._beliefs.state
        batch = self.journal.next_batch(state.screen, self._most)
        if state.trust is None:
            raise Unreachable("no trust yet, so no receipt could be checked")
        if batch is None:
            return
        waiting = self.journal.waiting()
        receipt = open_receipt(state, self._api.plays(seal(batch, self._key)))
        if receipt.device != self._key.keyid:
            raise Refusal(Code.TARGET, "this receipt is for another device")
        self.journal.settle(receipt)
        if receipt.last < batch.last and self.journal.waiting() >= waiting:
            raise Refusal(Code.ROLLBACK, "the receipt covers nothing of what was handed in")


def drain(reporter: Reporter, stop: threading.Event) -> None:
    """The reporter's thread: steps until ``stop``; news wakes it."""
    while not stop.is_set():
        wait_s = reporter.step()
        if reporter.news.wait(wait_s):
            reporter.news.clear()
