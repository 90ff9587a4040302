"""The table of attacks on versions, answered by the contract; restarts and clock floors."""

import pytest

from playlists.accept import accept_head, accept_trust
from playlists.errors import Code
from playlists.restore import restore
from playlists.schemas import seal
from playlists.state import Now
from tests.doors import AT, Offer, named, refused
from tests.playlists.attacks_versions import ROWS, rotated_director
from tests.world import DAY_MS, NOW, SCREEN, World, key, trust


@pytest.mark.parametrize("offer", named(*ROWS))
def test_the_answer_is_the_one_in_the_table(offer: Offer):
    offer.is_answered_rightly()


def test_row_9_refused_trust_is_refused_again_after_a_restart():
    state = World().trusting()
    bad = seal(trust(version=2), key("stranger"))
    refused(Code.SIG, lambda: accept_trust(state, bad, AT))
    again = restore(SCREEN, "ward-a", state.pinned, state.sealed, state.floors)
    assert again == state
    refused(Code.SIG, lambda: accept_trust(again, bad, AT))


def test_row_19_clock_floor_of_a_thief_is_capped_and_forgotten():
    world = World()
    unknown = Now(NOW, known=False)
    playlist = world.sealed_playlist()
    state = accept_head(world.trusting(), world.sealed_head(playlist, issued=NOW + 5000 * DAY_MS), unknown)
    assert state.floor_ms == state.trust.expires
    rotated = rotated_director()
    state = accept_trust(state, seal(rotated, key("root")), unknown)
    assert state.floor_ms == rotated.issued
