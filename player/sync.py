"""How new orders come in: head, then trust and revocation, then playlist, approvals, files; then the switch.

Every step is accepted by :mod:`playlists.accept` or refused there; nothing is decided here. A refusal keeps what
plays. The playlist is switched only when every file it names is here and checked: never half a generation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from player.api import Api
from player.beliefs import Beliefs
from player.cache import Cache
from player.clock import Clock
from player.errors import NotYet, Overtaken, Unreachable
from player.offers import INCOMPLETE, UNKNOWN_SIGNER, Offers, Rule
from playlists.accept import (
    accept_approval,
    accept_head,
    accept_playlist,
    accept_revocation,
    accept_trust,
    check_playlist,
)
from playlists.envelope import Kind
from playlists.errors import Code, Refusal
from playlists.model import Playlist, Reference, Version
from playlists.state import Now, State

TRUST_STEPS = 64  # per update, as TUF's clients: a server that never ends is not followed for ever
SPREAD_S = 600  # screens that are told of new files in the same second begin to fetch them within so long,
SPREAD_BYTES_PER_S = 1024 * 1024  # the sooner the less there is,
AT_ONCE_BYTES = 8 * 1024 * 1024  # and a few pictures at once
MEND_BY_WALKING = {Code.SIG, Code.THRESH, Code.KEY, Code.MIX, Code.ROLLBACK}


@dataclass(frozen=True, slots=True)
class Pending:
    """A playlist on its way in, and how far it came: fetched, verified, armed."""

    version: Version
    phase: str


class Sync:
    """One player's way to newer orders. ``step`` is called from one thread only.

    ``offers`` keeps what MQTT brought: it is tried before the server is asked, and never instead of a poll.
    """

    def __init__(self, api: Api, cache: Cache, beliefs: Beliefs, offers: Offers, clock: Clock) -> None:
        self._api, self._cache, self._beliefs, self._offers, self._clock = api, cache, beliefs, offers, clock
        self.pending: Pending | None = None
        self._turn: tuple[Version, int] | None = None
        self.told: Callable[[], None] = lambda: None  # ``pending`` changed
        self.urgent: Callable[[], bool] = lambda: False  # newer news came while files were being fetched
        self.refused: Callable[[Refusal], None] = lambda _: None  # an offer was not believed

    def step(self, poll: bool = True) -> None:
        """Bring everything up to date, as far as it goes: one part that fails does not keep the others waiting.

        Without ``poll`` the server is asked only for what the offers leave open.

        Raises:
            Refusal: something the server said was not believed; what is in force stays.
            Overtaken: newer orders came meanwhile; step again.
            Unreachable: the server or the network; try again later.
            OSError: the disk.
        """
        failed: Refusal | Unreachable | None = None
        offered = self._offers.all()
        for part in (self._take_offered_lists, lambda: self._take_head(poll), self._take_playlist):
            try:
                part()
            except Overtaken:
                raise
            except (Refusal, Unreachable) as error:
                failed = failed or error
        if failed:
            raise failed
        if poll:
            self._forget(offered)

    def _forget(self, offered: Mapping[Kind, bytes]) -> None:
        """The server had the same as these offers, or better; what still goes with nothing is reported."""
        self._try_offer(Kind.HEAD, self._head_rule, last_try=True)
        for kind, sealed in offered.items():
            self._offers.drop(kind, sealed)

    # --- Trust and revocation ---

    def _take_offered_lists(self) -> None:
        """What could not take effect on its arrival: lists between are missing, or the disk refused."""
        if self._try_offer(Kind.TRUST, accept_trust) is Code.ROOT or self._beliefs.state.trust is None:
            self._walk_trust()
            self._try_offer(Kind.TRUST, accept_trust, last_try=True)
        if self._try_offer(Kind.REVOCATION, accept_revocation) is Code.APPROVAL:
            self._walk_revocation()
            self._try_offer(Kind.REVOCATION, accept_revocation, last_try=True)

    def _try_offer(self, kind: Kind, rule: Rule, last_try: bool = False) -> Code | None:
        """Accept the offer of this kind if there is one; the code with which it was refused."""
        sealed = self._offers.find(kind)
        if sealed is None:
            return None
        try:
            self._accept(rule, sealed)
        except Refusal as refusal:
            incomplete = refusal.code is INCOMPLETE[kind] and not last_try
            if not incomplete:
                if not (last_try and refusal.code is Code.ROLLBACK):  # the server had a newer one meanwhile
                    self.refused(refusal)
                if refusal.code not in (*UNKNOWN_SIGNER, Code.MIX):  # those may become good with the next trust
                    self._offers.drop(kind, sealed)
            return refusal.code
        self._offers.drop(kind, sealed)
        return None

    def _walk_trust(self) -> None:
        """One version after the other, each saved: a failed step never loses the steps before it."""
        for _ in range(TRUST_STEPS):
            held = self._beliefs.state.trust
            sealed = self._api.trust(held.version + 1 if held else 1)
            if sealed is None:
                return
            self._accept(accept_trust, sealed)

    def _walk_revocation(self) -> None:
        """The newest list; if it holds more than its signer may add, one version after the other."""
        sealed = self._api.revocation()
        if sealed is None:
            return
        try:
            self._accept(accept_revocation, sealed)
        except Refusal as refusal:
            if refusal.code is not Code.APPROVAL:
                raise
            for _ in range(TRUST_STEPS):
                step = self._api.revocation(self._beliefs.state.revocation.version + 1)
                if step is None:
                    return
                self._accept(accept_revocation, step)

    # --- Head ---

    def _take_head(self, poll: bool) -> None:
        if self._beliefs.state.trust is None:
            return
        offered = self._offers.find(Kind.HEAD) is not None
        if offered and self._try_offer(Kind.HEAD, self._head_rule) is None and not poll:
            return
        try:
            self._accept_head(self._api.head())
        except Refusal as refusal:
            if refusal.code not in MEND_BY_WALKING:
                raise
            # It may be signed by a newer director, or name a newer list: learn those first, then ask again.
            self._walk_trust()
            self._walk_revocation()
            self._accept_head(self._api.head())

    def _accept_head(self, sealed: bytes | None) -> None:
        if sealed is not None:  # a new screen has none, before anything is published for it
            self._accept(self._head_rule, sealed)

    def _head_rule(self, state: State, sealed: bytes, now: Now) -> State:
        state = accept_head(state, sealed, now)
        if state.head:
            self._clock.vouch(state.head.issued)
        return state

    def _accept(self, rule: Rule, sealed: bytes) -> State:
        return self._beliefs.update(lambda state, now: rule(state, sealed, now))

    # --- Playlist and its files ---

    def _take_playlist(self) -> None:
        state = self._beliefs.state
        if state.head is None:
            return
        wanted = state.head.playlist
        if wanted.sha256 == state.playlist_sha256:
            self._fetch_files(state.playlist)
            self.pending = None
            return
        sealed = self._sealed_playlist(wanted)
        now = self._clock.read().now
        playlist = check_playlist(state, sealed, now)
        self._tell(Pending(playlist.version, ""))
        self._fetch_approvals(playlist)
        self._require_approved(state, playlist, sealed, now)
        self._fetch_files(playlist)
        self._tell(Pending(playlist.version, "fetched"))
        self._beliefs.update(lambda state, now: self._verified(state, playlist, sealed, now))
        self._tell(Pending(playlist.version, "armed"))
        self._cache.scheduled(named_by(playlist), playlist.issued)
        self._cache.evict(named_by(playlist))

    def _require_approved(self, state: State, playlist: Playlist, sealed: bytes, now: Now) -> None:
        """Refuse before any file is fetched: a stolen director key must not fill the disk either."""
        try:
            self._with_playlist(state, playlist, sealed, now)
        except Refusal:
            self._cache.remove(named_by(playlist) - named_by(state.playlist))
            raise

    def _sealed_playlist(self, wanted: Reference) -> bytes:
        """The bytes that the head names, from MQTT if they came that way."""
        offered = self._offers.find(Kind.PLAYLIST)
        if offered is not None and hashlib.sha256(offered).hexdigest() == wanted.sha256:
            return offered
        return self._api.playlist()

    def _fetch_approvals(self, playlist: Playlist) -> None:
        for reference in sorted({entry.approval for entry in playlist.entries}, key=lambda r: r.sha256):
            if reference.size_bytes > Kind.APPROVAL.limit_bytes:
                raise Refusal(Code.SIZE, "the approval is too long")
            self._fetch(reference)

    def _verified(self, state: State, playlist: Playlist, sealed: bytes, now: Now) -> State:
        state = self._with_playlist(state, playlist, sealed, now)
        self._tell(Pending(playlist.version, "verified"))
        return state

    def _with_playlist(self, state: State, playlist: Playlist, sealed: bytes, now: Now) -> State:
        """The state that plays ``playlist``, every one of its approvals accepted first."""
        for reference in {entry.approval for entry in playlist.entries}:
            state = accept_approval(state, self._cache.checked(reference).read_bytes(), reference, now)
        return accept_playlist(state, sealed, now)

    def _fetch_files(self, playlist: Playlist | None) -> None:
        """All renditions; makes room first, by removing what neither this nor the current playlist names."""
        if playlist is None:
            return
        renditions = {
            e.rendition.sha256: Reference(e.rendition.sha256, e.rendition.size_bytes) for e in playlist.entries
        }
        missing = [r for r in renditions.values() if not self._cache.holds(r)]
        if missing:
            size_bytes = sum(r.size_bytes for r in missing)
            self._await_turn(playlist, size_bytes)
            kept = {*named_by(playlist), *named_by(self._beliefs.state.playlist)}
            self._cache.evict(kept, size_bytes)
        for reference in missing:
            self._fetch(reference)

    def _await_turn(self, playlist: Playlist, size_bytes: int) -> None:
        """Ten thousand screens hear of a playlist in the same second: each begins at a moment of its own. What is on
        already, or the first that ever is, comes at once."""
        if self._beliefs.state.playlist in (None, playlist) or size_bytes <= AT_ONCE_BYTES:
            return
        mono_ms = self._clock.mono_ms()
        if self._turn is None or self._turn[0] != playlist.version:
            name = f"{playlist.screen} {playlist.version.epoch} {playlist.version.number}".encode()
            share = int.from_bytes(hashlib.sha256(name).digest()[:4]) / 2**32
            spread_s = min(SPREAD_S, size_bytes / SPREAD_BYTES_PER_S)
            self._turn = playlist.version, mono_ms + round(share * spread_s * 1000)
        if mono_ms < self._turn[1]:
            raise NotYet("other screens download first", (self._turn[1] - mono_ms) / 1000)

    def _fetch(self, reference: Reference) -> None:
        if self.urgent():
            raise Overtaken("newer orders came while files were being fetched")
        self._cache.fetch(reference, self.urgent)

    def _tell(self, pending: Pending) -> None:
        self.pending = pending
        self.told()


def named_by(playlist: Playlist | None) -> set[str]:
    """Every file a playlist needs."""
    if playlist is None:
        return set()
    return {name for entry in playlist.entries for name in (entry.rendition.sha256, entry.approval.sha256)}
