"""What a player believes, and what follows from it at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from playlists.approvals import still_signed
from playlists.errors import Code, Refusal
from playlists.model import Approval, Entry, Head, Playlist, Revocation, Revoked, Trust

OFFLINE_GRACE_MS = 30 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Now:
    """The instant of a decision, frozen once, and whether the clock behind it is known to be right."""

    ms: int
    known: bool = True


@dataclass(frozen=True, slots=True)
class Pinned:
    """The root a player is given when it is installed, never over the network it enrols on."""

    keys: tuple[str, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class HeldApproval:
    """An accepted approval and the ids of the keys that signed it."""

    approval: Approval
    signers: frozenset[str]


class Freshness(StrEnum):
    """How old the orders are. None of these blanks a screen."""

    FRESH = "fresh"
    STALE = "stale"
    OFFLINE = "offline"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class State:
    """Everything a player believes. ``sealed`` keeps the exact bytes of each accepted document for the disk.

    ``floors`` is the newest ``issued`` seen per signing key; the clock is never before the highest of them.
    """

    screen: str
    unit: str
    pinned: Pinned
    trust: Trust | None = None
    revocation: Revocation = field(default_factory=Revocation)
    head: Head | None = None
    playlist: Playlist | None = None
    playlist_sha256: str = ""
    held: Mapping[str, HeldApproval] = field(default_factory=dict)
    sealed: Mapping[str, bytes] = field(default_factory=dict)
    floors: Mapping[str, int] = field(default_factory=dict)

    @property
    def floor_ms(self) -> int:
        """The earliest instant it can be."""
        return max(self.floors.values(), default=0)

    @property
    def approvals(self) -> Mapping[str, Approval]:
        """The accepted approvals by the SHA-256 of their sealed bytes."""
        return {sha256: held.approval for sha256, held in self.held.items()}


def why_not(state: State, entry: Entry, now: Now) -> Code | None:
    """Why this entry may not be shown now: E-APPROVAL, E-REVOKED or E-EXPIRED; None when it may."""
    held = state.held.get(entry.approval.sha256)
    if held is None or state.trust is None:
        return Code.APPROVAL
    if held.approval.id in state.revocation.values(Revoked.APPROVAL):
        return Code.REVOKED
    if entry.rendition.sha256 in state.revocation.values(Revoked.HASH):
        return Code.REVOKED
    try:
        still_signed(state.trust, held.approval, held.signers - state.revocation.values(Revoked.KEY), state.unit)
    except Refusal:
        return Code.REVOKED
    if not held.approval.not_before <= now.ms < held.approval.not_after:
        return Code.EXPIRED
    return None


def freshness(state: State, now: Now) -> Freshness:
    """How old the orders are: a late head is stale, a late playlist offline, and after 30 days only the fallback."""
    if state.playlist is None or now.ms >= state.playlist.expires + OFFLINE_GRACE_MS:
        return Freshness.FALLBACK
    if now.ms >= state.playlist.expires:
        return Freshness.OFFLINE
    if state.head is None or now.ms >= state.head.expires:
        return Freshness.STALE
    return Freshness.FRESH
