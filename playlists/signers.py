"""Counting signatures: keys come from the held trust, and what counts is distinct persons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from playlists.approvals import signing_units
from playlists.envelope import Opened
from playlists.errors import Code, Refusal
from playlists.model import KeyInfo, Revoked, Trust
from playlists.state import Now, State


def trusted(state: State) -> Trust:
    """The trust held; without one no signature counts.

    Raises:
        Refusal: E-SIG.
    """
    if state.trust is None:
        raise Refusal(Code.SIG, "there is no trust yet, so no signature counts")
    return state.trust


def persons(keys: Mapping[str, KeyInfo], signers: Iterable[str]) -> set[str]:
    """Who stands behind these key ids."""
    return {keys[k].person for k in signers}


def enough(signers: Iterable[str], threshold: int) -> None:
    """Refuse fewer than ``threshold`` distinct signers: E-SIG for none at all, E-THRESH for too few."""
    count = len(set(signers))
    if count == 0:
        raise Refusal(Code.SIG, "no signature by a key trusted for this")
    if count < threshold:
        raise Refusal(Code.THRESH, f"{count} of {threshold} persons signed")


def in_force(state: State, keys: Mapping[str, KeyInfo], signers: frozenset[str], now: Now) -> frozenset[str]:
    """Those of the signing keys that are not revoked and live at ``now``.

    Without a known clock only revocation ends a key's life.

    Raises:
        Refusal: E-SIG when nobody signed, E-KEY when only dead keys did.
    """
    enough(signers, 1)
    revoked = state.revocation.values(Revoked.KEY)
    alive = frozenset(k for k in signers if k not in revoked and (not now.known or keys[k].alive(now.ms)))
    if not alive:
        raise Refusal(Code.KEY, "the key that signed is revoked or not in force")
    return alive


def role_signers(state: State, name: str, opened: Opened, now: Now) -> frozenset[str]:
    """The keys of a role that signed and are in force, at least its threshold of persons.

    Dead keys are put aside before anybody is counted: a revoked key must not help to a threshold.

    Raises:
        Refusal: E-SIG, E-KEY or E-THRESH.
    """
    trust = trusted(state)
    role = trust.roles[name]
    signers = opened.signers_among({k: trust.keys[k].public for k in role.keys})
    alive = in_force(state, trust.keys, signers, now)
    enough(persons(trust.keys, alive), role.threshold)
    return alive


def withdrawing_signers(trust: Trust, opened: Opened) -> frozenset[str]:
    """The root and approver keys that signed a revocation: at least one.

    Raises:
        Refusal: E-SIG.
    """
    known = {k: trust.keys[k].public for k in {*trust.roles["root"].keys, *signing_units(trust)}}
    signers = opened.signers_among(known)
    enough(signers, 1)
    return signers
