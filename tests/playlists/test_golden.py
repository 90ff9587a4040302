"""One pinned file of each kind. If a byte changes here, old players and old archives no longer agree with us:
give the format a new number instead, keep the old file, and pin the new one with ``python -m tests.golden``.
"""

import pytest

from playlists.envelope import Kind, open_envelope
from playlists.schemas import dump, load
from tests.golden import FOLDER, documents, sealed_documents


@pytest.mark.parametrize("kind", Kind)
def test_sealed_bytes_are_the_pinned_ones(kind):
    assert sealed_documents()[kind] == (FOLDER / f"{kind.word}.v1.json").read_bytes()


@pytest.mark.parametrize("kind", Kind)
def test_pinned_file_reads_as_the_same_document(kind):
    payload = open_envelope(kind, (FOLDER / f"{kind.word}.v1.json").read_bytes()).payload
    assert load(kind, payload) == documents()[kind]
    assert dump(load(kind, payload)) == payload
