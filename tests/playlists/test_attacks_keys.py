"""The table of attacks with stolen or revoked keys, answered by the contract; and frozen orders."""

import pytest

from playlists.accept import accept_revocation
from playlists.errors import Code
from playlists.state import Freshness, Now, freshness, why_not
from tests.doors import AT, Offer, named, revoking
from tests.playlists.attacks_keys import ROWS, withdrawing_file
from tests.world import DAY_MS, HOUR_MS, NOW, World


@pytest.mark.parametrize("offer", named(*ROWS))
def test_the_answer_is_the_one_in_the_table(offer: Offer):
    offer.is_answered_rightly()


def test_row_15_unit_above_may_withdraw():
    world = World()
    state = world.withdrawing(world.playing(), "city-1")
    assert why_not(state, state.playlist.entries[0], AT) is Code.REVOKED


def test_revoked_approver_key_takes_its_approvals_off():
    state = revoking(World().playing(), "a-1")
    assert why_not(state, state.playlist.entries[0], AT) is Code.REVOKED


def test_withdrawn_file_takes_off_the_item_and_no_other():
    state = accept_revocation(World().playing(), withdrawing_file(), AT)
    assert [why_not(state, entry, AT) for entry in state.playlist.entries] == [Code.REVOKED, None]


def test_revoked_director_key_takes_nothing_off():
    state = revoking(World().playing(), "director", "log")
    assert why_not(state, state.playlist.entries[0], AT) is None


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
