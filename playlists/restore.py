"""A player's state after a restart, from the sealed bytes it saved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from playlists.approvals import signing_units
from playlists.envelope import Kind, open_envelope
from playlists.model import Approval, Trust
from playlists.schemas import load
from playlists.state import HeldApproval, Pinned, State
from playlists.trust import check_trust


def restore(screen: str, unit: str, pinned: Pinned, sealed: Mapping[str, bytes], floors: Mapping[str, int]) -> State:
    """The state that an earlier run accepted and saved.

    Each document was accepted under the trust of its day, which may be gone by now: keys are rotated, approvers leave.
    So nothing is judged again here; the store's checksum vouches for the bytes, and what may be *shown* is asked of
    today's trust at every showing (:func:`playlists.state.why_not`).

    Raises:
        Refusal: a saved document cannot be read; start from nothing instead.
    """
    read = {name: load(kind, _payload(kind, sealed[name])) for name, kind in NAMES.items() if name in sealed}
    state = State(screen, unit, pinned, floors=dict(floors), **read)
    if state.trust is not None:
        check_trust(state.trust)
    if state.playlist is None or state.trust is None:
        return replace(state, sealed=_kept(sealed, read))
    held = {
        entry.approval.sha256: _held(state.trust, sealed[entry.approval.sha256])
        for entry in state.playlist.entries
        if entry.approval.sha256 in sealed
    }
    sha256 = hashlib.sha256(sealed["playlist"]).hexdigest()
    return replace(state, held=held, playlist_sha256=sha256, sealed=_kept(sealed, {**read, **held}))


NAMES = {"trust": Kind.TRUST, "revocation": Kind.REVOCATION, "head": Kind.HEAD, "playlist": Kind.PLAYLIST}


def _payload(kind: Kind, sealed: bytes) -> bytes:
    return open_envelope(kind, sealed).payload


def _held(trust: Trust, sealed: bytes) -> HeldApproval:
    opened = open_envelope(Kind.APPROVAL, sealed)
    approval: Approval = load(Kind.APPROVAL, opened.payload)
    known = {k: trust.keys[k].public for k in signing_units(trust) if trust.keys[k].alive(approval.issued)}
    return HeldApproval(approval, opened.signers_among(known))


def _kept(sealed: Mapping[str, bytes], read: Mapping[str, object]) -> dict[str, bytes]:
    return {name: sealed[name] for name in read}
