"""Attacks with stolen or revoked keys, and frozen orders.

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
    MediaType,
    Receipt,
    Reference,
    RevocationEntry,
    Revoked,
    Role,
)
from playlists.proofs import open_receipt
from playlists.schemas import seal
from playlists.state import Freshness, Now, State, freshness, why_not
from tests.doors import AT, refused, revoking
from tests.world import DAY_MS, HOUR_MS, NOW, World, info, key, reference, rendition, trust

# --- Rows 14 and 15: stolen keys ------------------------------------------------------------------------------------


def with_entry(**changes: object) -> tuple[State, bytes]:
    """A playlist of the real director in which one entry was tampered with before signing."""
    world = World()
    state = world.playing()
    entries = (replace(world.entry("lift"), **changes), world.entry("traffic"))
    playlist = world.sealed_playlist(2, entries=entries, previous=state.playlist_sha256)
    return accept_head(state, world.sealed_head(playlist, 2), AT), playlist


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"approval": Reference("9" * 64, 10)}, Code.APPROVAL),
        ({"item": 99}, Code.APPROVAL),
        ({"rendition": rendition("something else")}, Code.ITEM),
        ({"rendition": replace(rendition("lift"), media_type=MediaType.MP4)}, Code.ITEM),
        ({"rendition": replace(rendition("lift"), size_bytes=5)}, Code.ITEM),
        ({"rendition": rendition("traffic")}, Code.ITEM),
    ],
)
def test_row_14_director_cannot_add_what_nobody_approved(changes, answer):
    state, playlist = with_entry(**changes)
    refused(answer, lambda: accept_playlist(state, playlist, AT))


def test_row_14_director_cannot_approve():
    sealed = World().sealed_approval("lift", "director")
    refused(Code.SIG, lambda: accept_approval(World().trusting(), sealed, reference(sealed), AT))


@pytest.mark.parametrize("changes", [{"screen": "s-ccccdddd"}, {"unit": "ward-b"}])
def test_row_14_playlist_of_another_screen_or_unit(changes):
    world = World()
    playlist = world.sealed_playlist(1, **changes)
    state = accept_head(world.trusting(), world.sealed_head(playlist), AT)
    refused(Code.TARGET, lambda: check_playlist(state, playlist, AT))


def test_row_14_head_of_another_screen():
    world = World()
    sealed = world.sealed_head(world.sealed_playlist(), 1, screen="s-ccccdddd")
    refused(Code.TARGET, lambda: accept_head(world.trusting(), sealed, AT))


@pytest.mark.parametrize(
    ("names", "changes", "answer"),
    [
        (("b-1",), {"unit": "ward-b", "scope": ("ward-b",)}, Code.APPROVAL),
        (("b-1",), {"unit": "ward-b", "scope": ("city",)}, Code.APPROVAL),
        (("b-1",), {}, Code.APPROVAL),
        (("a-1",), {"scope": ("ward-b",)}, Code.APPROVAL),
        (("a-1",), {"unit": "city", "scope": ("city",)}, Code.APPROVAL),
        (("city-1",), {"unit": "city", "scope": ("ward-a",)}, Code.THRESH),
        (("city-1", "city-2"), {"unit": "city", "scope": ("ward-b",)}, Code.APPROVAL),
    ],
)
def test_row_15_approver_reaches_only_screens_of_the_own_unit(names, changes, answer):
    sealed = World().sealed_approval("lift", *names, **changes)
    refused(answer, lambda: accept_approval(World().trusting(), sealed, reference(sealed), AT))


def test_row_15_unit_cannot_withdraw_for_its_neighbour():
    world = World()
    refused(Code.APPROVAL, lambda: world.withdrawing(world.playing(), "b-1"))


@pytest.mark.parametrize("kind", [Revoked.KEY, Revoked.DEVICE])
def test_row_15_unit_cannot_withdraw_keys_or_devices(kind):
    world = World()
    entry = RevocationEntry(kind, key("director").keyid, "ward-a", NOW, "")
    sealed = seal(world.revocation(entry), key("a-1"))
    refused(Code.APPROVAL, lambda: accept_revocation(world.playing(), sealed, AT))


def test_row_15_unit_above_may_withdraw():
    world = World()
    state = world.withdrawing(world.playing(), "city-1")
    assert why_not(state, state.playlist.entries[0], AT) is Code.REVOKED


def test_revoked_approver_key_takes_its_approvals_off_and_signs_no_more():
    world = World()
    entry = RevocationEntry(Revoked.KEY, key("a-1").keyid, "", NOW, "mất khóa")
    state = accept_revocation(world.playing(), seal(world.revocation(entry), key("root")), AT)
    assert why_not(state, state.playlist.entries[0], AT) is Code.REVOKED
    sealed = world.sealed_approval("new")
    refused(Code.KEY, lambda: accept_approval(state, sealed, reference(sealed), AT))


def test_revoked_director_and_log_keys_sign_nothing():
    world = World()
    state = revoking(world.playing(), "director", "log")
    playlist = world.sealed_playlist(2, previous=state.playlist_sha256)
    refused(Code.KEY, lambda: accept_head(state, world.sealed_head(playlist, 2, revocation=1), AT))
    receipt = Receipt(key("device").keyid, 3, "0" * 64, NOW)
    refused(Code.KEY, lambda: open_receipt(state, seal(receipt, key("log"))))
    assert why_not(state, state.playlist.entries[0], AT) is None


def test_revoked_key_does_not_help_to_a_threshold():
    whole = trust()
    keys = {**whole.keys, key("d2").keyid: info("d2")}
    both = Role((key("director").keyid, key("d2").keyid), 2)
    world = World(trust(keys=keys, roles={**whole.roles, "director": both}))
    sealed = world.sealed_head(world.sealed_playlist(), 1, "director", "d2")
    assert accept_head(world.trusting(), sealed, AT).head
    state = revoking(world.trusting(), "d2")
    later = world.sealed_head(world.sealed_playlist(), 1, "director", "d2", revocation=1)
    refused(Code.THRESH, lambda: accept_head(state, later, AT))


def test_revoked_root_key_does_not_help_to_a_new_trust():
    state = revoking(World().trusting(), "root")
    refused(Code.SIG, lambda: accept_trust(state, seal(trust(version=2), key("root")), AT))


def test_list_signed_by_an_approver_who_left_since_is_still_believed():
    keys = {**trust().keys, key("a-1").keyid: replace(info("a-1"), not_after=NOW + HOUR_MS)}
    world = World(trust(keys=keys))
    sealed = seal(world.revocation(world.withdrawal()), key("a-1"))
    assert accept_revocation(world.trusting(), sealed, Now(NOW + 90 * DAY_MS)).revocation.version == 1


def test_key_out_of_its_time_signs_nothing():
    keys = {**trust().keys, key("director").keyid: replace(info("director"), not_after=NOW - 1)}
    world = World(trust(keys=keys))
    refused(Code.KEY, lambda: accept_head(world.trusting(), world.sealed_head(world.sealed_playlist()), AT))


def test_approval_outlives_the_key_of_an_approver_who_left():
    keys = {**trust().keys, key("a-1").keyid: replace(info("a-1"), not_after=NOW - HOUR_MS)}
    state = World(trust(keys=keys)).trusting()
    signed_before, signed_after = (World().sealed_approval("lift", issued=at) for at in (NOW - DAY_MS, NOW))
    assert accept_approval(state, signed_before, reference(signed_before), AT).approvals
    refused(Code.KEY, lambda: accept_approval(state, signed_after, reference(signed_after), AT))


# --- Row 16: freeze -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "answer"),
    [
        (0, Freshness.FRESH),
        (25 * HOUR_MS, Freshness.STALE),
        (8 * DAY_MS, Freshness.OFFLINE),
        (38 * DAY_MS, Freshness.FALLBACK),
        (366 * DAY_MS, Freshness.FALLBACK),
    ],
)
def test_row_16_frozen_orders_grow_old_and_never_blank(age, answer):
    state = World().playing()
    assert freshness(state, Now(NOW + age)) is answer
    still_approved = age < 90 * DAY_MS
    assert (why_not(state, state.playlist.entries[0], Now(NOW + age)) is None) is still_approved
