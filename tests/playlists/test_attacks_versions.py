"""Attacks on versions: rotation of the root, rollback, fork, mix and match, a stolen director key.

Rows are numbered as in the attack matrix of the reliability reference (after The Update Framework's test suites).
"""

from dataclasses import replace

import pytest

from playlists.accept import (
    accept_approval,
    accept_head,
    accept_playlist,
    accept_revocation,
    accept_trust,
    check_playlist,
)
from playlists.errors import Code
from playlists.model import (
    Role,
    Version,
)
from playlists.restore import restore
from playlists.schemas import seal
from playlists.state import Now, State
from tests.doors import AT, refused
from tests.world import DAY_MS, HOUR_MS, NOW, SCREEN, World, info, key, reference, trust

# --- Rows 8 and 9: rotation of the root -----------------------------------------------------------------------------


def rooted(version: int, names: str, threshold: int = 1, **changes: object):
    """Trust ``version`` whose root role is the keys r1, r2, … named by digits."""
    roots = [f"r{digit}" for digit in names]
    keys = {k: v for k, v in trust().keys.items() if v.person != "root"}
    keys |= {key(n).keyid: info(n) for n in roots}
    roles = {**trust().roles, "root": Role(tuple(key(n).keyid for n in roots), threshold)}
    return trust(version=version, keys=keys, roles=roles, **changes)


def offered(first: tuple[str, int], second: tuple[str, int], signers: str) -> State:
    world = World()
    state = replace(
        world.blank(),
        pinned=replace(world.blank().pinned, keys=tuple(key(f"r{d}").public for d in first[0]), threshold=first[1]),
    )
    state = accept_trust(state, seal(rooted(1, *first), *(key(f"r{d}") for d in first[0])), AT)
    return accept_trust(state, seal(rooted(2, *second), *(key(f"r{d}") for d in signers)), AT)


@pytest.mark.parametrize(
    ("first", "second", "signers", "answer"),
    [
        (("1", 1), ("1", 1), "1", None),
        (("1", 1), ("2", 1), "12", None),
        (("1", 1), ("2", 1), "1", Code.ROOT),
        (("1", 1), ("2", 1), "2", Code.SIG),
        (("1", 1), ("2", 1), "", Code.SIG),
        (("12", 1), ("34", 1), "13", None),
        (("12", 2), ("12", 2), "12", None),
        (("12", 2), ("12", 2), "1", Code.THRESH),
        (("12", 2), ("34", 2), "1234", None),
        (("12", 2), ("34", 2), "134", Code.THRESH),
        (("12", 2), ("34", 2), "123", Code.ROOT),
        (("12", 1), ("123", 2), "13", None),
        (("12", 1), ("123", 3), "13", Code.ROOT),
        (("12", 2), ("2", 1), "12", None),
        (("123", 2), ("345", 2), "345", Code.THRESH),
        (("123", 2), ("345", 2), "2345", None),
        (("1", 1), ("12", 2), "2", Code.SIG),
    ],
)
def test_row_8_new_root_needs_the_old_and_the_new_threshold(first, second, signers, answer):
    if answer is None:
        assert offered(first, second, signers).trust.version == 2
    else:
        refused(answer, lambda: offered(first, second, signers))


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"version": 3}, Code.ROOT),
        ({"version": 1, "issued": NOW}, Code.FORK),
        ({"version": 2, "epoch": 0}, Code.ROLLBACK),
        ({"version": 2, "issued": NOW + HOUR_MS}, Code.FUTURE),
    ],
)
def test_row_8_trust_advances_by_single_steps(changes, answer):
    refused(answer, lambda: accept_trust(World().trusting(), seal(trust(**changes), key("root")), AT))


def test_row_9_refused_trust_is_refused_again_after_a_restart():
    state = World().trusting()
    bad = seal(trust(version=2), key("stranger"))
    refused(Code.SIG, lambda: accept_trust(state, bad, AT))
    again = restore(SCREEN, "ward-a", state.pinned, state.sealed, state.floors)
    assert again == state
    refused(Code.SIG, lambda: accept_trust(again, bad, AT))


# --- Rows 10 and 11: rollback and fork ------------------------------------------------------------------------------


def advanced() -> State:
    """A player at trust 2, revocation 2 and playlist 5."""
    world = World(trust(version=2))
    state = accept_trust(World().trusting(), world.sealed_trust(), AT)
    first = world.withdrawal("gone")
    second = world.withdrawal("gone too")
    state = accept_revocation(state, seal(world.revocation(first), key("root")), AT)
    state = accept_revocation(state, seal(world.revocation(first, second, version=2), key("root")), AT)
    playlist = world.sealed_playlist(5)
    state = accept_head(state, world.sealed_head(playlist, 5, revocation=2), AT)
    for name in world.items:
        sealed = world.sealed_approval(name)
        state = accept_approval(state, sealed, reference(sealed), AT)
    return accept_playlist(state, playlist, AT)


def older_playlist(state: State) -> State:
    world = World(state.trust)
    return accept_playlist(state, world.sealed_playlist(4), AT)


def older_head(state: State) -> State:
    world = World(state.trust)
    return accept_head(state, world.sealed_head(world.sealed_playlist(4), 4, revocation=2), AT)


def same_version_signed_earlier(state: State) -> State:
    world = World(state.trust)
    sealed = world.sealed_head(world.sealed_playlist(5), 5, revocation=2, issued=NOW - HOUR_MS)
    return accept_head(state, sealed, AT)


def older_trust(state: State) -> State:
    return accept_trust(state, World().sealed_trust(), AT)


def older_revocation(state: State) -> State:
    world = World()
    return accept_revocation(state, seal(world.revocation(world.withdrawal("gone")), key("root")), AT)


def revocation_that_forgets(state: State) -> State:
    world = World()
    return accept_revocation(state, seal(world.revocation(world.withdrawal("gone"), version=3), key("root")), AT)


@pytest.mark.parametrize(
    "attack",
    [older_playlist, older_head, same_version_signed_earlier, older_trust, older_revocation, revocation_that_forgets],
)
def test_row_10_nothing_goes_back(attack):
    refused(Code.ROLLBACK, lambda: attack(advanced()))


def other_playlist(state: State) -> State:
    return accept_playlist(state, World(state.trust).sealed_playlist(5, zone="Asia/Bangkok"), AT)


def other_head(state: State) -> State:
    world = World(state.trust)
    return accept_head(state, world.sealed_head(world.sealed_playlist(5), 5, revocation=2, expires=NOW + 1), AT)


def later_head_with_another_playlist_of_that_version(state: State) -> State:
    world = World(state.trust)
    sealed = world.sealed_head(world.sealed_playlist(5, zone="Asia/Bangkok"), 5, revocation=2, issued=NOW + 1)
    return accept_head(state, sealed, AT)


def other_trust(state: State) -> State:
    return accept_trust(state, seal(trust(version=2, expires=NOW + DAY_MS), key("root")), AT)


def other_revocation(state: State) -> State:
    world = World()
    entries = [world.withdrawal(n) for n in ("gone", "gone too", "more")]
    return accept_revocation(state, seal(world.revocation(*entries, version=2), key("root")), AT)


@pytest.mark.parametrize(
    "attack",
    [
        other_playlist,
        other_head,
        later_head_with_another_playlist_of_that_version,
        other_trust,
        other_revocation,
    ],
)
def test_row_11_one_version_has_one_document(attack):
    refused(Code.FORK, lambda: attack(advanced()))


def test_row_11_playlist_that_follows_another_one_than_the_one_held():
    world = World()
    state = world.playing()
    playlist = world.sealed_playlist(2, previous="0" * 64)
    state = accept_head(state, world.sealed_head(playlist, 2), AT)
    refused(Code.FORK, lambda: accept_playlist(state, playlist, AT))
    jump = world.sealed_playlist(9, previous="0" * 64)
    state = accept_head(state, world.sealed_head(jump, 9), AT)
    assert accept_playlist(state, jump, AT).playlist.version == Version(1, 9)


# --- Row 12: mix and match ------------------------------------------------------------------------------------------


def test_row_12_head_of_one_playlist_with_the_bytes_of_another():
    world = World()
    state = accept_head(world.trusting(), world.sealed_head(world.sealed_playlist(2), 2), AT)
    refused(Code.MIX, lambda: check_playlist(state, world.sealed_playlist(2, zone="Asia/Bangkok"), AT))
    refused(Code.MIX, lambda: check_playlist(state, world.sealed_playlist(3), AT))


def test_row_12_playlist_without_a_head():
    world = World()
    refused(Code.MIX, lambda: check_playlist(world.trusting(), world.sealed_playlist(), AT))


@pytest.mark.parametrize("changes", [{"trust": 2}, {"revocation": 1}])
def test_row_12_head_or_playlist_ahead_of_what_is_held(changes):
    world = World()
    playlist = world.sealed_playlist(1, **changes)
    refused(Code.MIX, lambda: accept_head(world.trusting(), world.sealed_head(playlist, 1, **changes), AT))
    state = accept_head(world.trusting(), world.sealed_head(playlist), AT)
    refused(Code.MIX, lambda: check_playlist(state, playlist, AT))


# --- Rows 13 and 19: a stolen director key, and the way back ----------------------------------------------------------


def test_row_13_version_of_a_thief_is_outrun_by_the_next_epoch():
    world = World()
    stolen = world.sealed_playlist(2**53 - 1)
    state = accept_head(world.trusting(), world.sealed_head(stolen, 2**53 - 1), AT)
    keys = {k: v for k, v in trust().keys.items() if v.person != "director"} | {key("d2").keyid: info("d2")}
    rotated = trust(version=2, epoch=2, keys=keys, roles={**trust().roles, "director": Role((key("d2").keyid,), 1)})
    state = accept_trust(state, seal(rotated, key("root")), AT)
    honest = World(rotated)
    playlist = honest.sealed_playlist(1, "d2", version=Version(2, 1))
    state = accept_head(state, honest.sealed_head(playlist, 1, "d2", version=Version(2, 1)), AT)
    assert check_playlist(state, playlist, AT).version == Version(2, 1)
    refused(Code.SIG, lambda: accept_head(state, world.sealed_head(stolen, 2**53 - 1), AT))


def test_row_13_epoch_is_not_the_directors_to_raise():
    world = World()
    playlist = world.sealed_playlist(1, version=Version(2**52, 1))
    sealed = world.sealed_head(playlist, 1, version=Version(2**52, 1))
    refused(Code.MIX, lambda: accept_head(world.trusting(), sealed, AT))


def test_row_19_clock_floor_of_a_thief_is_capped_and_forgotten():
    world = World()
    unknown = Now(NOW, known=False)
    playlist = world.sealed_playlist()
    state = accept_head(world.trusting(), world.sealed_head(playlist, issued=NOW + 5000 * DAY_MS), unknown)
    assert state.floor_ms == state.trust.expires
    keys = {k: v for k, v in trust().keys.items() if v.person != "director"} | {key("d2").keyid: info("d2")}
    rotated = trust(version=2, epoch=2, keys=keys, roles={**trust().roles, "director": Role((key("d2").keyid,), 1)})
    state = accept_trust(state, seal(rotated, key("root")), unknown)
    assert state.floor_ms == rotated.issued
