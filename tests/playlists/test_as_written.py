"""Envelopes read and written by position are the same as those of the general way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playlists.as_written import as_written, sealed_by
from playlists.envelope import Kind, Opened, open_envelope, seal_payload
from playlists.errors import Refusal
from playlists.model import Receipt
from playlists.proofs import sealed_receipt
from playlists.schemas import dump, seal
from tests.world import NOW, batch, key

SEALED = seal(batch(1, 3), key("device"))
ODD = [b"", b"{}", b"null", SEALED[:-1], SEALED + b"\n", SEALED * 2, SEALED.replace(b":", b": "), b'{"payload":"' * 60]


def generally(sealed: bytes) -> Opened | None:
    try:
        return open_envelope(Kind.PLAYS, sealed)
    except Refusal:
        return None


def test_what_we_write_is_taken_apart_as_in_general():
    assert as_written(Kind.PLAYS, SEALED) == generally(SEALED) is not None


@pytest.mark.parametrize("sealed", [*ODD, seal(batch(1, 3), key("device"), key("other"))])
def test_what_is_written_otherwise_is_left_to_the_general_way(sealed):
    assert as_written(Kind.PLAYS, sealed) is None


def test_another_kind_and_too_long_a_document_are_left_to_the_general_way():
    assert as_written(Kind.RECEIPT, SEALED) is None
    assert as_written(Kind.PLAYS, seal_payload(Kind.PLAYS, b"x" * Kind.PLAYS.limit_bytes, key("device"))) is None


@given(st.integers(0, len(SEALED) - 1), st.binary(max_size=2), st.integers(0, 2))
@settings(max_examples=1000, deadline=None)
def test_a_changed_envelope_is_never_read_otherwise_than_in_general(at, instead, cut):
    changed = SEALED[:at] + instead + SEALED[at + cut :]
    read = as_written(Kind.PLAYS, changed)
    assert read is None or read == generally(changed)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_payload_is_sealed_as_in_general(payload):
    sealed = sealed_by(Kind.PLAYS, payload, key("device"))
    assert sealed == seal_payload(Kind.PLAYS, payload, key("device"))
    assert as_written(Kind.PLAYS, sealed) == generally(sealed)


@pytest.mark.parametrize("gaps", [(), ((1, 1),), ((2, 7), (9, 2**53 - 1))])
def test_a_receipt_is_sealed_as_in_general(gaps):
    receipt = Receipt(key("device").keyid, 12, "ab" * 32, NOW, gaps)
    assert sealed_receipt(receipt, key("log")) == seal(receipt, key("log"))
    assert dump(receipt) in open_envelope(Kind.RECEIPT, sealed_receipt(receipt, key("log"))).signed
