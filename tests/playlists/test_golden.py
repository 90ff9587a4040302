"""One pinned file of each kind. If a byte changes here, old players and old archives no longer agree with us:
give the format a new number instead, keep the old file, and pin the new one with ``python -m tests.golden``.
"""

import pytest

from playlists.envelope import Kind, open_envelope
from playlists.schemas import dump, load, seal
from tests.golden import FOLDER, documents, merged_plays, sealed_documents
from tests.world import key


@pytest.mark.parametrize("kind", Kind)
def test_sealed_bytes_are_the_pinned_ones(kind):
    assert sealed_documents()[kind] == (FOLDER / f"{kind.word}.v1.json").read_bytes()


@pytest.mark.parametrize("kind", Kind)
def test_pinned_file_reads_as_the_same_document(kind):
    payload = open_envelope(kind, (FOLDER / f"{kind.word}.v1.json").read_bytes()).payload
    assert load(kind, payload) == documents()[kind]
    assert dump(load(kind, payload)) == payload


def test_merged_plays_are_the_second_format_of_their_kind():
    pinned = (FOLDER / "plays.v2.json").read_bytes()
    payload = open_envelope(Kind.PLAYS, pinned).payload
    assert seal(merged_plays(), key("device")) == pinned
    assert load(Kind.PLAYS, payload) == merged_plays()
    assert dump(load(Kind.PLAYS, payload)) == payload
