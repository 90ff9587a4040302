"""What a player believes: the one place where a document is accepted or refused.

Pure: bytes + stored state + now → new state, or a :class:`Refusal` that leaves the old state in force. The checks
follow the order of The Update Framework's client workflow and Uptane's split of roles: approvers say which files are
good, the director only says which of them plays where and when.

1. size, shape, payload type (:mod:`playlists.envelope`), before anything is believed;
2. signatures, by keys of the held trust and never of the message, counting distinct persons;
3. only then the payload: strict schema;
4. keys alive and not revoked, target, version, agreement with the head, time of issue.

Expiry never refuses: it only moves :func:`playlists.state.freshness`. What may be *shown* at an instant is
:func:`playlists.state.why_not`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from playlists.approvals import signing_units, still_signed
from playlists.envelope import Kind, Opened, open_envelope
from playlists.errors import Code, Refusal
from playlists.keys import keyid_of
from playlists.model import Approval, Head, Playlist, Reference, Revocation, RevocationEntry, Revoked, Trust, Version
from playlists.schemas import load
from playlists.signers import enough, in_force, persons, role_signers, trusted, withdrawing_signers
from playlists.state import HeldApproval, Now, State
from playlists.trust import check_trust

FUTURE_TOLERANCE_MS = 10 * 60_000

# --- Trust ---------------------------------------------------------------------------------------------------------


def accept_trust(state: State, sealed: bytes, now: Now) -> State:
    """The state under a new trust document: the first against the pinned root, then exactly one version on.

    Raises:
        Refusal: E-SIZE, E-PARSE, E-TYPE, E-SIG, E-THRESH, E-SCHEMA, E-ROLLBACK, E-FORK, E-ROOT, E-TRUST, E-FUTURE.
    """
    opened = open_envelope(Kind.TRUST, sealed)
    signers = _root_signers(state, opened)
    trust: Trust = load(Kind.TRUST, opened.payload)
    held = state.trust
    if held is not None:
        if trust.version == held.version:
            return _same_or_fork(state, "trust", Kind.TRUST, opened)
        if trust.version < held.version:
            raise Refusal(Code.ROLLBACK, f"trust {trust.version} is older than the trust {held.version} held")
        if trust.version != held.version + 1:
            raise Refusal(Code.ROOT, f"trust {trust.version} does not follow {held.version}")
        if trust.epoch < held.epoch:
            raise Refusal(Code.ROLLBACK, "the epoch went back")
    check_trust(trust)
    own = {k: trust.keys[k].public for k in trust.roles["root"].keys}
    if len(persons(trust.keys, opened.signers_among(own))) < trust.roles["root"].threshold:
        raise Refusal(Code.ROOT, "the new root does not sign its own document")
    _not_from_the_future(trust.issued, now)
    kept = {k: ms for k, ms in state.floors.items() if k in trust.keys}
    return replace(
        state,
        trust=trust,
        floors=_raised(kept, signers, trust.issued, trust),
        sealed={**state.sealed, "trust": sealed},
    )


def _root_signers(state: State, opened: Opened) -> frozenset[str]:
    """The held (at first: pinned) root keys that signed, at least a threshold of persons."""
    if state.trust is None:
        publics = {keyid_of(p): p for p in state.pinned.keys}
        person = {k: k for k in publics}
        threshold = state.pinned.threshold
    else:
        role = state.trust.roles["root"]
        publics = {k: state.trust.keys[k].public for k in role.keys}
        person = {k: state.trust.keys[k].person for k in role.keys}
        threshold = role.threshold
    signers = opened.signers_among(publics) - state.revocation.values(Revoked.KEY)
    enough({person[k] for k in signers}, threshold)
    return signers


# --- Revocation ----------------------------------------------------------------------------------------------------


def accept_revocation(state: State, sealed: bytes, now: Now) -> State:
    """The state with a longer list of withdrawn things. It takes effect at once, through :func:`why_not`.

    Root may add anything; an approver only approvals and hashes of units at or below the own unit. A list signed by
    an approver that also brings other units' entries not seen yet is refused; the player then walks the versions.

    Raises:
        Refusal: E-SIZE, E-PARSE, E-TYPE, E-SIG, E-SCHEMA, E-KEY, E-ROLLBACK, E-FORK, E-APPROVAL, E-FUTURE.
    """
    trust = trusted(state)
    opened = open_envelope(Kind.REVOCATION, sealed)
    units = signing_units(trust)
    signers = withdrawing_signers(trust, opened)
    revocation: Revocation = load(Kind.REVOCATION, opened.payload)
    # Like an approval, a list outlives its signer's key: what counts is that the key lived when it signed.
    signers = in_force(state, trust.keys, signers, Now(revocation.issued))
    if revocation.version == state.revocation.version:
        return _same_or_fork(state, "revocation", Kind.REVOCATION, opened)
    if revocation.version < state.revocation.version or not set(state.revocation.entries) <= set(revocation.entries):
        raise Refusal(Code.ROLLBACK, "what was withdrawn stays withdrawn")
    root = trust.roles["root"]
    if len(persons(trust.keys, signers & set(root.keys))) < root.threshold:
        fresh = set(revocation.entries) - set(state.revocation.entries)
        reaching = {units[k] for k in signers if k in units}
        if not all(_may_withdraw(trust, reaching, entry) for entry in fresh):
            raise Refusal(Code.APPROVAL, "a unit withdraws only what it or a unit below it approved")
    _not_from_the_future(revocation.issued, now)
    return replace(
        state,
        revocation=revocation,
        floors=_raised(state.floors, signers, revocation.issued, trust),
        sealed={**state.sealed, "revocation": sealed},
    )


def _may_withdraw(trust: Trust, units: Iterable[str], entry: RevocationEntry) -> bool:
    above = trust.ancestors(entry.unit)
    return entry.kind in (Revoked.APPROVAL, Revoked.HASH) and any(unit in above for unit in units)


# --- Head ----------------------------------------------------------------------------------------------------------


def accept_head(state: State, sealed: bytes, now: Now) -> State:
    """The state under a newer pointer. Its expiry is a state, not a refusal.

    Raises:
        Refusal: E-SIZE, E-PARSE, E-TYPE, E-SIG, E-SCHEMA, E-KEY, E-TARGET, E-ROLLBACK, E-FORK, E-MIX, E-FUTURE.
            E-MIX says: fetch the trust or revocation it names first.
    """
    trust = trusted(state)
    opened = open_envelope(Kind.HEAD, sealed)
    signers = role_signers(state, "director", opened, now)
    head: Head = load(Kind.HEAD, opened.payload)
    if head.screen != state.screen:
        raise Refusal(Code.TARGET, f"this head is for {head.screen}")
    held = state.head
    if held is not None:
        if (head.version, head.issued) < (held.version, held.issued):
            raise Refusal(Code.ROLLBACK, "this head is older than the one held")
        if (head.version, head.issued) == (held.version, held.issued):
            return _same_or_fork(state, "head", Kind.HEAD, opened)
        if head.version == held.version and head.playlist != held.playlist:
            raise Refusal(Code.FORK, "two playlists carry one version")
    _epoch_agrees(head.version.epoch, trust)
    if head.trust != trust.version:
        raise Refusal(Code.MIX, f"the head goes with trust {head.trust}, held is {trust.version}")
    if head.revocation != state.revocation.version:
        raise Refusal(Code.MIX, f"the head goes with revocation {head.revocation}, held is {state.revocation.version}")
    _not_from_the_future(head.issued, now)
    return replace(
        state,
        head=head,
        floors=_raised(state.floors, signers, head.issued, trust),
        sealed={**state.sealed, "head": sealed},
    )


# --- Approvals and playlist ----------------------------------------------------------------------------------------


def accept_approval(state: State, sealed: bytes, reference: Reference, now: Now) -> State:
    """The state that also holds this approval, the file ``reference`` names.

    Raises:
        Refusal: E-SIZE, E-HASH, E-PARSE, E-TYPE, E-SIG, E-SCHEMA, E-KEY, E-APPROVAL, E-THRESH.
    """
    trust = trusted(state)
    if len(sealed) > Kind.APPROVAL.limit_bytes:
        raise Refusal(Code.SIZE, "the approval is too long")
    if len(sealed) != reference.size_bytes or hashlib.sha256(sealed).hexdigest() != reference.sha256:
        raise Refusal(Code.HASH, "the approval is not the file the playlist names")
    opened = open_envelope(Kind.APPROVAL, sealed)
    units = signing_units(trust)
    signers = opened.signers_among({k: trust.keys[k].public for k in units})
    enough(signers, 1)
    approval: Approval = load(Kind.APPROVAL, opened.payload)
    # An approval outlives its approver's key: what counts is that the key was alive when it signed.
    alive = frozenset(k for k in signers if trust.keys[k].alive(approval.issued))
    if not alive:
        raise Refusal(Code.KEY, "the approver's key was not in force when it signed")
    revoked = state.revocation.values(Revoked.KEY)
    if alive <= revoked:
        raise Refusal(Code.KEY, "the approver's key is revoked")
    still_signed(trust, approval, alive - revoked, state.unit)
    return replace(
        state,
        held={**state.held, reference.sha256: HeldApproval(approval, alive)},
        sealed={**state.sealed, reference.sha256: sealed},
    )


def check_playlist(state: State, sealed: bytes, now: Now) -> Playlist:
    """The playlist in ``sealed``, believed in everything but its items: it says which files to fetch first.

    Raises:
        Refusal: E-SIZE, E-PARSE, E-TYPE, E-SIG, E-SCHEMA, E-KEY, E-TARGET, E-ROLLBACK, E-FORK, E-MIX, E-FUTURE.
    """
    return _checked_playlist(state, sealed, now)[0]


def _checked_playlist(state: State, sealed: bytes, now: Now) -> tuple[Playlist, frozenset[str]]:
    trust = trusted(state)
    opened = open_envelope(Kind.PLAYLIST, sealed)
    signers = role_signers(state, "director", opened, now)
    playlist: Playlist = load(Kind.PLAYLIST, opened.payload)
    if playlist.screen != state.screen or playlist.unit != state.unit:
        raise Refusal(Code.TARGET, f"this playlist is for {playlist.screen} of {playlist.unit}")
    held = state.playlist
    if held is not None and playlist.version < held.version:
        raise Refusal(Code.ROLLBACK, "this playlist is older than the one held")
    if held is not None and playlist.version == held.version:
        _same_or_fork(state, "playlist", Kind.PLAYLIST, opened)
    if held is not None and _follows(playlist, held) and playlist.previous != state.playlist_sha256:
        raise Refusal(Code.FORK, "this playlist follows another one than the one held")
    _epoch_agrees(playlist.version.epoch, trust)
    if state.head is None or state.head.version != playlist.version:
        raise Refusal(Code.MIX, "the head does not name this playlist")
    if state.head.playlist.sha256 != hashlib.sha256(sealed).hexdigest():
        raise Refusal(Code.MIX, "these are not the bytes the head names")
    if playlist.trust > trust.version or playlist.revocation > state.revocation.version:
        raise Refusal(Code.MIX, "the playlist was made under a newer trust or revocation than the one held")
    _not_from_the_future(playlist.issued, now)
    return playlist, signers


def accept_playlist(state: State, sealed: bytes, now: Now) -> State:
    """The state that plays this playlist. Every item must be a file that an approval held here covers.

    Raises:
        Refusal: as :func:`check_playlist`, and E-APPROVAL or E-ITEM for the first item nobody approved.
    """
    playlist, signers = _checked_playlist(state, sealed, now)
    for entry in playlist.entries:
        held = state.held.get(entry.approval.sha256)
        if held is None or held.approval.item != entry.item:
            raise Refusal(Code.APPROVAL, f"“{entry.title}” has no approval")
        file = entry.rendition
        if not held.approval.covers(file.sha256, file.size_bytes, file.media_type):
            raise Refusal(Code.ITEM, f"“{entry.title}” is not a file that its approval covers")
    named = {entry.approval.sha256 for entry in playlist.entries}
    sealed_kept = {k: v for k, v in state.sealed.items() if k in named or k not in state.held}
    return replace(
        state,
        playlist=playlist,
        playlist_sha256=hashlib.sha256(sealed).hexdigest(),
        held={k: v for k, v in state.held.items() if k in named},
        floors=_raised(state.floors, signers, playlist.issued, trusted(state)),
        sealed={**sealed_kept, "playlist": sealed},
    )


# --- Shared checks -------------------------------------------------------------------------------------------------


def _same_or_fork(state: State, name: str, kind: Kind, opened: Opened) -> State:
    held = state.sealed.get(name)
    if held is not None and open_envelope(kind, held).payload == opened.payload:
        return state
    raise Refusal(Code.FORK, f"two different documents carry one version of the {kind.word}")


def _follows(later: Playlist, earlier: Playlist) -> bool:
    """Whether the numbers leave no gap. A jump is no fault: the player was away, or two changes came at once."""
    return later.version == Version(earlier.version.epoch, earlier.version.number + 1)


def _epoch_agrees(epoch: int, trust: Trust) -> None:
    if epoch < trust.epoch:
        raise Refusal(Code.ROLLBACK, f"epoch {epoch} has ended")
    if epoch > trust.epoch:
        raise Refusal(Code.MIX, f"epoch {epoch} is not in the trust held")


def _not_from_the_future(issued: int, now: Now) -> None:
    if now.known and issued > now.ms + FUTURE_TOLERANCE_MS:
        raise Refusal(Code.FUTURE, "the document was issued in the future")


def _raised(floors: Mapping[str, int], signers: Iterable[str], issued: int, trust: Trust) -> dict[str, int]:
    """The floors after a document of these signers: never past the end of trust, forgotten when the key is rotated."""
    capped = min(issued, trust.expires)
    return {**floors, **{k: max(capped, floors.get(k, 0)) for k in signers if k in trust.keys}}
