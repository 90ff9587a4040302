"""The table of attacks on signatures and thresholds, answered by the contract."""

import pytest

from tests.doors import Offer, named
from tests.playlists.attacks_signatures import ROWS


@pytest.mark.parametrize("offer", named(*ROWS))
def test_the_answer_is_the_one_in_the_table(offer: Offer):
    offer.is_answered_rightly()
