"""What MQTT brought: tried on arrival, and kept for the sync only when its signers may be good.

A broker is believed no more than any other messenger. Only a document that opens, verifies and brings something new
makes anybody hurry; everything else waits for the next poll or is dropped, so that a bad broker cannot keep a player
from its server.
"""

from __future__ import annotations

from collections.abc import Callable

from player.beliefs import Beliefs
from player.clock import Clock
from player.faults import DISK, Faults
from playlists.accept import accept_head, accept_revocation, accept_trust, check_playlist
from playlists.envelope import Kind
from playlists.errors import Code, Refusal
from playlists.state import Now, State

Rule = Callable[[State, bytes, Now], State]

UNKNOWN_SIGNER = frozenset({Code.SIG, Code.THRESH, Code.KEY})  # perhaps good under a trust that is not here yet
INCOMPLETE = {
    Kind.TRUST: Code.ROOT,  # authentic, but versions between are missing
    Kind.REVOCATION: Code.APPROVAL,  # its signer is known, but it holds more than the signer may add
    Kind.HEAD: Code.MIX,  # authentic, and goes with a trust or a list that is not here yet
}


class Offers:
    """The newest offered document of each kind, until the sync has used it. ``take`` is for one thread."""

    def __init__(self, beliefs: Beliefs, faults: Faults, clock: Clock) -> None:
        self._beliefs, self._faults, self._clock = beliefs, faults, clock
        self._kept: dict[Kind, bytes] = {}

    def find(self, kind: Kind) -> bytes | None:
        """The kept document of this kind."""
        return self._kept.get(kind)

    def all(self) -> dict[Kind, bytes]:
        """Everything kept now."""
        return dict(self._kept)

    def drop(self, kind: Kind, sealed: bytes) -> None:
        """It was used, or is of no use; one that came meanwhile stays."""
        if self._kept.get(kind) is sealed:
            self._kept.pop(kind, None)

    def take(self, kind: Kind, sealed: bytes) -> bool:
        """Look at an offer. Trust and withdrawals take effect at once. Whether the sync has something to do now."""
        try:
            news = self._tried(kind, sealed)
        except Refusal as refusal:
            if refusal.code in UNKNOWN_SIGNER:
                self._kept[kind] = sealed  # for the sync to try, and to report; a playlist is tried with its head only
                if kind is not Kind.PLAYLIST or self._beliefs.state.trust is None:
                    return False
            self._faults.refused(refusal, self._clock.mono_ms())
            return False
        except OSError as error:
            self._faults.add(DISK, f"an offer could not be saved: {error.strerror}", self._clock.mono_ms())
            news = True
        if news:
            self._kept[kind] = sealed
        return news

    def _tried(self, kind: Kind, sealed: bytes) -> bool:
        try:
            if kind is Kind.TRUST:
                return self._trusted(sealed)
            if kind is Kind.REVOCATION:
                return self._withdrawn(sealed)
            return self._is_news(kind, sealed)
        except Refusal as refusal:
            if refusal.code is INCOMPLETE.get(kind):
                return True
            if kind is Kind.PLAYLIST and refusal.code is Code.MIX:
                self._kept[kind] = sealed  # its head may be on the way
                return False
            raise

    def _trusted(self, sealed: bytes) -> bool:
        """A new trust may make good what was kept before it."""
        if not self._update(accept_trust, sealed):
            return False
        withdrawal = self._kept.pop(Kind.REVOCATION, None)
        if withdrawal is not None:
            self.take(Kind.REVOCATION, withdrawal)
        return True

    def _withdrawn(self, sealed: bytes) -> bool:
        """In force from here on; there is more to do only when a head waited for it."""
        return self._update(accept_revocation, sealed) and Kind.HEAD in self._kept

    def _update(self, rule: Rule, sealed: bytes) -> bool:
        before = self._beliefs.state
        return self._beliefs.update(lambda state, now: rule(state, sealed, now)) is not before

    def _is_news(self, kind: Kind, sealed: bytes) -> bool:
        """Whether a head or a playlist is good and not the one in force."""
        state, now = self._beliefs.state, self._clock.read().now
        if kind is Kind.HEAD:
            return accept_head(state, sealed, now) is not state
        return check_playlist(state, sealed, now) != state.playlist
