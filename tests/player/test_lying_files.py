"""The attack matrix of the reliability reference (A6) over a whole player: stolen keys, frozen orders, spoilt bytes.

The rows before these are in test_lying_server.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from playlists import model
from playlists.envelope import Kind
from playlists.schemas import dump, seal
from playlists.state import Freshness
from tests.doors import (
    resealed,
)
from tests.fake_orders import DAY_MS, SCREEN, reference
from tests.fakes import FakeServer
from tests.player.cinema import Cinema
from tests.player.liar import (
    APPROVED,
    TOPICS,
    by_http,
    by_mqtt,
    next_document,
    playlist_of,
    quiet,
    serve,
    stands,
    told,
)
from tests.player.rig import BLUE, GREEN, RED
from tests.world import key

HOUR_MS = 3_600_000


# --- Row 14: a stolen director key ----------------------------------------------------------------------------------


def unapproved(server: FakeServer) -> bytes:
    """The blue picture under the approval of the green one."""
    whole = playlist_of(server)
    blue, green = whole.entries
    return seal(replace(whole, entries=(replace(green, rendition=blue.rendition), green)), key("director"))


def nowhere_approved(server: FakeServer) -> bytes:
    whole = playlist_of(server)
    blue = replace(whole.entries[0], approval=whole.entries[1].approval)
    return seal(replace(whole, entries=(blue, whole.entries[1])), key("director"))


def for_others(**changes: object) -> Callable[[FakeServer], bytes]:
    return lambda server: seal(replace(playlist_of(server), **changes), key("director"))  # type: ignore[arg-type]


STOLEN = {
    "an unapproved file": (unapproved, "E-ITEM"),
    "an item under another's approval": (nowhere_approved, "E-APPROVAL"),
    "another screen": (for_others(screen="s-zzzzzzzz"), "E-TARGET"),
    "another unit": (for_others(unit="ward-b"), "E-TARGET"),
}


@pytest.mark.parametrize("name", STOLEN)
def test_row_14_a_stolen_director_key_shows_nothing_new(cinema: Cinema, server: FakeServer, name: str) -> None:
    server.orders.publish(BLUE, GREEN)
    made, code = STOLEN[name]
    serve(server, made(server))
    asked = len(server.asked)
    stands(cinema, quiet, code, head_is_right=True)
    assert f"/files/{BLUE.rendition.sha256}" not in server.asked[asked:]  # nor does it fill the disk


def test_row_14_a_head_of_another_screen(cinema: Cinema, server: FakeServer) -> None:
    head = model.Head("s-zzzzzzzz", model.Version(1, 2), reference(b"x"), 1, 0, 0, server.orders.now_ms, 2**52)
    lie = seal(head, key("director"))
    by_mqtt(cinema, Kind.HEAD, lie, "E-TARGET")
    by_http(server, Kind.HEAD, lie)
    stands(cinema, quiet, "E-TARGET")


def test_row_13_a_stolen_director_key_is_outrun_by_a_new_epoch(cinema: Cinema, server: FakeServer) -> None:
    orders = server.orders
    far = seal(replace(playlist_of(server), version=model.Version(1, 2**53 - 1)), key("director"))
    serve(server, far, model.Version(1, 2**53 - 1))
    cinema.player.step()
    assert cinema.player.number == 2**53 - 1
    server.says.clear()
    orders.trust_version, orders.epoch, orders.number = 2, 2, 0
    orders.publish(RED, GREEN)
    cinema.player.step()
    assert cinema.player.number == 1
    assert cinema.seen(2500) == APPROVED


# --- Row 16: frozen orders ------------------------------------------------------------------------------------------


def test_row_16_frozen_orders_grow_old_and_are_never_a_reason_for_black(cinema: Cinema) -> None:
    for age_ms, wanted, seen in [
        (25 * HOUR_MS, Freshness.STALE, APPROVED),
        (8 * DAY_MS, Freshness.OFFLINE, APPROVED),
        (38 * DAY_MS, Freshness.FALLBACK, APPROVED),
        (89 * DAY_MS, Freshness.FALLBACK, APPROVED),
        (366 * DAY_MS, Freshness.FALLBACK, {""}),  # the approvals ended: the slate
    ]:
        cinema.now_ms = cinema.server.orders.now_ms + age_ms
        cinema.player.step()
        assert cinema.freshness() is wanted
        assert cinema.seen(2500) == seen
    assert cinema.surface.mode == "slate"
    assert ("blank", "") not in cinema.surface.history


# --- Rows 20 and 21: files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("knob", "code"),
    [
        ("html", "E-HASH"),
        ("truncated", "E-HASH"),
        ("longer", "E-HASH"),
        ("changed", "E-HASH"),
        ("gzip", "E-HASH"),
        ("endless", "E-HASH"),
        ("slow", "NETWORK"),
        ("redirect", "NETWORK"),
        ("busy", "NETWORK"),
    ],
)
def test_rows_20_and_21_files_that_are_not_what_was_approved(
    cinema: Cinema, server: FakeServer, knob: str, code: str
) -> None:
    server.orders.publish(BLUE, GREEN)
    server.knobs[BLUE.rendition.sha256] = knob
    approval = reference(server.orders.approval(BLUE)).sha256
    before, saved = cinema.files(), cinema.saved()
    cinema.player.step()
    assert code in cinema.player.codes()
    assert cinema.seen(2500) == APPROVED
    assert cinema.saved() == saved
    assert set(cinema.files()) - set(before) <= {f"files/{approval}"}  # right, and of use later


def test_row_20_another_approved_file_in_its_place(cinema: Cinema, server: FakeServer) -> None:
    server.orders.publish(BLUE, GREEN)
    server.says[f"/files/{BLUE.rendition.sha256}"] = (200, {}, RED.data)
    cinema.player.step()
    assert "E-HASH" in cinema.player.codes()
    assert cinema.seen(2500) == APPROVED


@pytest.mark.parametrize("kind", TOPICS)
def test_row_21_documents_that_never_end(cinema: Cinema, server: FakeServer, kind: Kind) -> None:
    bomb = zlib.compress(b" " * 20_000_000)
    stands(cinema, told(cinema, kind, bomb), "E-SIZE")
    next_document(kind, server.orders)
    by_http(server, kind, b" " * (kind.limit_bytes + 1))
    stands(cinema, quiet, "E-SIZE", head_is_right=kind is Kind.PLAYLIST)


# --- Rows 22 and 23: hostile names and hostile JSON -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\0b", "a" * 300, "ｓ-bcdfghjk", ""])
def test_row_22_hostile_ids(cinema: Cinema, server: FakeServer, name: str) -> None:
    head = model.Head(SCREEN, model.Version(1, 2), reference(b"x"), 1, 0, 0, server.orders.now_ms, 2**52)
    lie = resealed(Kind.HEAD, head, "director", screen=name)
    by_mqtt(cinema, Kind.HEAD, lie, "E-SCHEMA")
    by_http(server, Kind.HEAD, lie)
    stands(cinema, quiet, "E-SCHEMA")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 63 + "/", "A" * 64, "а" * 64])
def test_row_22_hostile_names_of_files(cinema: Cinema, server: FakeServer, name: str) -> None:
    server.orders.publish(BLUE, GREEN)
    data = json.loads(dump(playlist_of(server)))
    spoilt = json.loads(json.dumps(data["entries"]).replace(BLUE.rendition.sha256, name))
    assert spoilt != data["entries"]
    serve(server, resealed(Kind.PLAYLIST, playlist_of(server), "director", entries=spoilt))
    stands(cinema, quiet, "E-SCHEMA", head_is_right=True)


HOSTILE_JSON = {
    "duplicate keys": b'{"a":1,"a":1}',
    "depth": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "a long number": b'{"a":' + b"9" * 5_000 + b"}",
    "nan": b'{"a":NaN}',
    "a fraction": b'{"a":1.5}',
    "half a letter": b'{"a":"\\ud800"}',
    "not utf-8": b'{"a":"\xff"}',
    "torn": b'{"a":',
    "no envelope": b"{}",
    "a login page": b"<html><body>Login</body></html>",
}


@pytest.mark.parametrize("name", HOSTILE_JSON)
@pytest.mark.parametrize("kind", TOPICS)
def test_row_23_hostile_json(cinema: Cinema, server: FakeServer, kind: Kind, name: str) -> None:
    by_mqtt(cinema, kind, HOSTILE_JSON[name], "E-PARSE")
    next_document(kind, server.orders)
    by_http(server, kind, HOSTILE_JSON[name])
    stands(cinema, quiet, "E-PARSE", head_is_right=kind is Kind.PLAYLIST)
