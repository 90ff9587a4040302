"""The whole path of a playlist into a player that has only the root key."""

from dataclasses import replace

from playlists.accept import accept_head, accept_trust
from playlists.errors import Code
from playlists.model import Receipt, Revoked, Role
from playlists.proofs import open_plays, open_receipt
from playlists.restore import restore
from playlists.schemas import seal
from playlists.state import Freshness, Now, freshness, why_not
from tests.world import DAY_MS, NOW, SCREEN, World, batch, info, key


def test_fresh_player_accepts_trust_head_approvals_and_playlist():
    state = World().playing()
    assert state.playlist is not None
    assert [why_not(state, e, Now(NOW)) for e in state.playlist.entries] == [None, None]
    assert state.floor_ms == NOW


def test_state_survives_a_restart_byte_for_byte():
    state = World().playing()
    again = restore(SCREEN, "ward-a", state.pinned, state.sealed, state.floors)
    assert again == state


def test_withdrawn_item_may_not_be_shown_and_the_other_may():
    world = World()
    state = world.withdrawing(world.playing())
    lift, traffic = state.playlist.entries
    assert why_not(state, lift, Now(NOW)) is Code.REVOKED
    assert why_not(state, traffic, Now(NOW)) is None
    assert state.revocation.values(Revoked.APPROVAL)


def test_item_past_its_approval_is_off_but_the_state_stands():
    state = World().playing()
    assert why_not(state, state.playlist.entries[0], Now(NOW + 91 * DAY_MS)) is Code.EXPIRED


def test_age_of_orders_moves_through_four_states():
    state = World().playing()
    ages = [0, 2 * DAY_MS, 8 * DAY_MS, 38 * DAY_MS]
    assert [freshness(state, Now(NOW + age)) for age in ages] == [
        Freshness.FRESH,
        Freshness.STALE,
        Freshness.OFFLINE,
        Freshness.FALLBACK,
    ]


def test_head_offered_twice_changes_nothing():
    world = World()
    state = world.playing()
    assert accept_head(state, world.sealed_head(world.sealed_playlist()), Now(NOW)) is state


def test_plays_and_receipt_travel_signed():
    sent = batch(1, 30)
    sealed = seal(sent, key("device"))
    assert open_plays(sealed, key("device").public) == sent
    receipt = Receipt(sent.device, 30, "0" * 64, NOW, ((3, 4),))
    assert open_receipt(World().trusting(), seal(receipt, key("log"))) == receipt


def test_state_survives_a_restart_after_its_signers_are_gone():
    world = World()
    state = world.playing()
    keys = {k: v for k, v in world.trust.keys.items() if v.person not in ("director", "a-1")}
    keys[key("d2").keyid] = info("d2")
    units = {**world.trust.units, "ward-a": replace(world.trust.units["ward-a"], approvers=(key("a-2").keyid,))}
    roles = {**world.trust.roles, "director": Role((key("d2").keyid,), 1)}
    later = replace(world.trust, version=2, epoch=2, keys=keys, units=units, roles=roles)
    state = accept_trust(state, seal(later, key("root")), Now(NOW))
    again = restore(SCREEN, "ward-a", state.pinned, state.sealed, state.floors)
    assert (again.trust, again.head, again.playlist) == (state.trust, state.head, state.playlist)
    assert [why_not(again, e, Now(NOW)) for e in again.playlist.entries] == [Code.REVOKED, Code.REVOKED]
