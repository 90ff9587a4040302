"""Random damage: whatever the bytes, the answer is a refusal, never an exception of another kind, never belief."""

import contextlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from playlists.accept import accept_head, accept_playlist
from playlists.envelope import Kind, pack, seal_payload, unpack
from playlists.errors import Refusal
from playlists.model import ClockQuality, Evidence, Play, PlayBatch, Result, Version
from playlists.proofs import open_plays
from playlists.schemas import dump, seal
from playlists.state import Now
from tests.world import NOW, SCREEN, World, key, reference

AT = Now(NOW)
WORLD = World()
PLAYLIST = WORLD.sealed_playlist()
HEAD = WORLD.sealed_head(PLAYLIST)
TRUSTING = WORLD.trusting()


@given(st.integers(0, len(HEAD) - 1), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_one_changed_byte_is_refused_or_changes_nothing_that_was_signed(position, change):
    spoiled = bytearray(HEAD)
    spoiled[position] ^= change
    try:
        state = accept_head(TRUSTING, bytes(spoiled), AT)
    except Refusal:
        return
    assert state.head == accept_head(TRUSTING, HEAD, AT).head  # the key id is a hint outside the signature


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_rubbish_is_refused(data):
    for attempt in (
        lambda: accept_head(TRUSTING, data, AT),
        lambda: accept_playlist(TRUSTING, data, AT),
        lambda: open_plays(data, key("device").public),
        lambda: accept_head(TRUSTING, unpack(data, Kind.HEAD), AT),
    ):
        try:
            attempt()
        except Refusal:
            continue
        raise AssertionError("rubbish was believed")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from(sorted(json.loads(dump(WORLD.playlist())))), JSON)
@settings(max_examples=200, deadline=None)
def test_signed_playlist_with_any_field_replaced_by_anything_never_raises_something_else(name, value):
    data = {**json.loads(dump(WORLD.playlist())), name: value}
    sealed = seal_payload(Kind.PLAYLIST, json.dumps(data).encode(), key("director"))
    state = accept_head(TRUSTING, WORLD.sealed_head(sealed), AT)
    with contextlib.suppress(Refusal):
        accept_playlist(state, sealed, AT)


@st.composite
def batches(draw):
    first = draw(st.integers(1, 2**40))
    wall, mono = draw(st.integers(0, 2**45)), draw(st.integers(0, 2**40))
    plays = []
    for n in range(first, first + draw(st.integers(1, 12))):
        wall = max(0, wall + draw(st.integers(-(10**9), 10**9)))
        mono += draw(st.integers(0, 10**6))
        plays.append(
            Play(
                n,
                Version(draw(st.integers(0, 3)), draw(st.integers(0, 3))),
                draw(st.integers(0, 9)),
                wall,
                mono,
                draw(st.integers(0, 10**7)),
                draw(st.integers(0, 10**7)),
                draw(st.sampled_from(Result)),
                draw(st.sampled_from(Evidence)),
                draw(st.sampled_from(ClockQuality)),
                draw(st.text("abcđề ", max_size=20)),
            )
        )
    return PlayBatch(
        key("device").keyid, SCREEN, draw(st.integers(0, 99)), draw(st.sampled_from(["", "0" * 64])), tuple(plays)
    )


@given(batches())
@settings(max_examples=150, deadline=None)
def test_plays_come_back_as_they_were_sent(batch):
    assert open_plays(seal(batch, key("device")), key("device").public) == batch


@given(st.binary(max_size=20_000))
@settings(max_examples=50, deadline=None)
def test_packing_keeps_the_bytes(data):
    sealed = b"{" + data
    assert unpack(pack(sealed), Kind.TRUST) == sealed


def test_reference_of_a_sealed_document_is_its_hash():
    assert WORLD.head(PLAYLIST).playlist == reference(PLAYLIST)
