"""The table of attacks with hostile bytes, answered by the contract; and what is no document at all."""

import pytest

from playlists.envelope import Kind, pack, unpack
from playlists.errors import Code
from playlists.model import Decision
from tests.doors import Offer, named, refused
from tests.playlists.attacks_bytes import ROWS


@pytest.mark.parametrize("offer", named(*ROWS))
def test_the_answer_is_the_one_in_the_table(offer: Offer):
    offer.is_answered_rightly()


def test_row_21_packed_bomb_is_stopped_at_the_ceiling():
    refused(Code.SIZE, lambda: unpack(pack(b" " * 50_000_000), Kind.PLAYLIST))
    refused(Code.PARSE, lambda: unpack(pack(b" " * 5_000)[:-3], Kind.PLAYLIST))
    refused(Code.PARSE, lambda: unpack(pack(b" " * 5_000) + b"more", Kind.PLAYLIST))
    refused(Code.PARSE, lambda: unpack(b"\x00rubbish", Kind.PLAYLIST))


def test_decision_has_a_number():
    with pytest.raises(ValueError, match="number"):
        Decision("", "2026-01-01")
