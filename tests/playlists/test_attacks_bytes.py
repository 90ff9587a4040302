"""Attacks with hostile names, hostile JSON and loose types.

Rows are numbered as in the attack matrix of the reliability reference (after The Update Framework's test suites).
"""

import json
import unicodedata
from dataclasses import replace

import pytest

from playlists.accept import (
    accept_approval,
    accept_head,
    accept_playlist,
)
from playlists.envelope import Kind, pack, seal_payload, unpack
from playlists.errors import Code
from playlists.model import (
    Decision,
    Reference,
)
from playlists.proofs import open_plays
from playlists.schemas import dump, seal
from tests.doors import AT, DOORS, refused, resealed, spoiled
from tests.world import World, approval, batch, key, reference

# --- Rows 22 and 23: hostile names and hostile JSON -----------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "a\0b", "a" * 300, "ｓ-bcdfghjk", "s-bcdfghjk\n", "", "S-BCDFGHJK", "a/b"],
)
def test_row_22_hostile_ids_never_leave_the_schema(name):
    world = World()
    sealed = world.sealed_head(world.sealed_playlist(), 1, screen=name)
    refused(Code.SCHEMA, lambda: accept_head(world.trusting(), sealed, AT))


@pytest.mark.parametrize("title", ["a\0b", "a\nb", "a" * 301, unicodedata.normalize("NFD", "Cầu thang"), ""])
def test_row_22_hostile_or_unnormalised_titles_never_leave_the_schema(title):
    sealed = World().sealed_approval("lift", title=title)
    refused(Code.SCHEMA, lambda: accept_approval(World().trusting(), sealed, reference(sealed), AT))


@pytest.mark.parametrize("zone", ["Mars/X", "../../etc/passwd", "hello", "Asia"])
def test_row_22_playlist_in_no_zone_of_this_world(zone):
    world = World()
    playlist = resealed(Kind.PLAYLIST, world.playlist(), "director", zone=zone)
    state = accept_head(world.trusting(), world.sealed_head(playlist), AT)
    refused(Code.SCHEMA, lambda: accept_playlist(state, playlist, AT))


@pytest.mark.parametrize("day", ["hello", "2026-02-30", "20260921", "2026-W39-1"])
def test_row_22_playlist_with_a_day_of_no_calendar(day):
    world = World()
    plan = json.loads(dump(world.playlist()))["plan"]
    plan["days"][0][0] = day
    playlist = resealed(Kind.PLAYLIST, world.playlist(), "director", plan=plan)
    state = accept_head(world.trusting(), world.sealed_head(playlist), AT)
    refused(Code.SCHEMA, lambda: accept_playlist(state, playlist, AT))


HOSTILE_JSON = {
    "duplicate keys": b'{"a":1,"a":1}',
    "depth": b"[" * 10_000 + b"]" * 10_000,
    "long number": b'{"a":' + b"9" * 5_000 + b"}",
    "big number": b'{"a":' + b"9" * 400 + b"}",
    "nan": b'{"a":NaN}',
    "infinity": b'{"a":Infinity}',
    "float": b'{"a":1.5}',
    "surrogate": b'{"a":"\\ud800"}',
    "surrogate key": b'{"\\ud800":1}',
    "not utf-8": b'{"a":"\xff"}',
    "truncated": b'{"a":',
    "empty": b"",
    "utf-16": '{"a":1}'.encode("utf-16"),
    "no envelope": b"{}",
    "list": b"[]",
    "html": b"<html><body>Login</body></html>",
}


@pytest.mark.parametrize("name", HOSTILE_JSON)
@pytest.mark.parametrize("kind", [Kind.TRUST, Kind.PLAYLIST, Kind.PLAYS])
def test_row_23_hostile_json_around_a_document(kind, name):
    door = DOORS[kind]
    refused(Code.PARSE, lambda: door.offer(door.state, HOSTILE_JSON[name]))


SIGNED_RUBBISH = set(HOSTILE_JSON) - {"no envelope", "list"}


@pytest.mark.parametrize("name", sorted(SIGNED_RUBBISH))
def test_row_23_hostile_json_even_when_signed(name):
    sealed = seal_payload(Kind.APPROVAL, HOSTILE_JSON[name], key("a-1"))
    refused(Code.PARSE, lambda: accept_approval(World().trusting(), sealed, reference(sealed), AT))


@pytest.mark.parametrize(
    "changes",
    [
        {"signatures": {}},
        {"signatures": [{"keyid": {}, "sig": "AA=="}]},
        {"signatures": [{"keyid": "a", "sig": None}]},
        {"signatures": [{"keyid": "a", "sig": "%%%"}]},
        {"signatures": [{"keyid": "a", "sig": "AA=="}] * 2},
        {"signatures": [{"keyid": str(n), "sig": "AA=="} for n in range(100)]},
        {"payload": 7},
        {"payload": "%%%"},
        {"extra": 1},
    ],
)
def test_row_23_damaged_envelopes(changes):
    door = DOORS[Kind.HEAD]
    refused(Code.PARSE, lambda: door.offer(door.state, spoiled(door.sealed, **changes)))


@pytest.mark.parametrize("kind", Kind)
def test_row_21_document_over_its_ceiling_is_not_even_parsed(kind):
    door = DOORS[kind]
    refused(Code.SIZE, lambda: door.offer(door.state, b" " * (kind.limit_bytes + 1)))


def test_row_21_packed_bomb_is_stopped_at_the_ceiling():
    refused(Code.SIZE, lambda: unpack(pack(b" " * 50_000_000), Kind.PLAYLIST))
    refused(Code.PARSE, lambda: unpack(pack(b" " * 5_000)[:-3], Kind.PLAYLIST))
    refused(Code.PARSE, lambda: unpack(b"\x00rubbish", Kind.PLAYLIST))


# --- Readers --------------------------------------------------------------------------------------------------------


def test_player_ignores_fields_it_does_not_know():
    world = World()
    sealed = resealed(Kind.HEAD, world.head(world.sealed_playlist()), "director", mood="calm")
    assert accept_head(world.trusting(), sealed, AT).head is not None


@pytest.mark.parametrize("changes", [{"format": 2}, {"format": True}, {"format": "1"}, {"trust": True}, {"trust": "1"}])
def test_player_refuses_a_higher_format_and_loose_types(changes):
    world = World()
    sealed = resealed(Kind.HEAD, world.head(world.sealed_playlist()), "director", **changes)
    refused(Code.SCHEMA, lambda: accept_head(world.trusting(), sealed, AT))


@pytest.mark.parametrize(
    "changes",
    [
        {"plays": []},
        {"plays": [[0, 0, 0, 0, 1, 1, 0, 1]]},
        {"plays": [[0, 0, 5, 0, 1, 1, 0, 1, 2]]},
        {"plays": [[0, 0, 0, 0, -1, 1, 0, 1, 2]]},
        {"plays": [[0, 0, 0, 0, 1, 1, 9, 1, 2]]},
        {"plays": [[0, 0, 0, 0, 1, 1, 0, 1, True]]},
        {"plays": [[-(2**53), 0, 0, 0, 1, 1, 0, 1, 2]]},
        {"plays": [[0, 0, 0, 0, 1, 1, 0, 1, 2]] * 201},
        {"plays": "x"},
        {"start": [1]},
        {"first": 0},
        {"device": "device"},
    ],
)
def test_plays_that_are_not_of_their_form(changes):
    sealed = resealed(Kind.PLAYS, batch(1, 3), "device", **changes)
    refused(Code.SCHEMA, lambda: open_plays(sealed, key("device").public))


def test_plays_in_the_name_of_another_device():
    sealed = seal(replace(batch(1, 3), device=key("other").keyid), key("device"))
    refused(Code.TARGET, lambda: open_plays(sealed, key("device").public))


def test_approval_that_is_not_the_file_named():
    sealed = World().sealed_approval()
    state = World().trusting()
    refused(Code.HASH, lambda: accept_approval(state, sealed, Reference("0" * 64, len(sealed)), AT))
    refused(Code.HASH, lambda: accept_approval(state, sealed, replace(reference(sealed), size_bytes=1), AT))


def test_approval_without_decision_date_is_no_approval():
    whole = approval()
    refused_date = {"decision": {"number": whole.decision.number, "date": "hôm qua"}}
    sealed = resealed(Kind.APPROVAL, whole, "a-1", **refused_date)
    refused(Code.SCHEMA, lambda: accept_approval(World().trusting(), sealed, reference(sealed), AT))
    with pytest.raises(ValueError, match="number"):
        Decision("", "2026-01-01")
