"""The attack matrix of the reliability reference (A6) over a whole player, by HTTP and by MQTT.

Every row: the code is reported, what plays plays on, the disk is as it was, nothing unapproved is ever shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest

from playlists import model
from playlists.envelope import Kind, seal_payload
from playlists.schemas import dump, seal
from tests.doors import (
    DOORS,
    Door,
    by_a_stranger,
    spoiled,
    unsigned,
    with_a_flipped_payload,
    with_a_flipped_signature,
)
from tests.fake_orders import DAY_MS, SCREEN, UNIT, reference
from tests.fakes import FakeServer
from tests.player.cinema import Cinema
from tests.player.liar import (
    TOPICS,
    by_http,
    by_mqtt,
    next_document,
    next_without_meaning_it,
    playlist_of,
    quiet,
    serve,
    serve_with_approval,
    stands,
    trust_of,
)
from tests.player.rig import BLUE, GREEN, RED
from tests.world import info, key

HOUR_MS = 3_600_000
BY_HTTP = (*TOPICS, Kind.APPROVAL)


# --- Rows 1 to 5: signatures and kinds ------------------------------------------------------------------------------

SPOILERS = [unsigned, by_a_stranger, with_a_flipped_payload, with_a_flipped_signature]


@pytest.mark.parametrize("spoil", SPOILERS)
@pytest.mark.parametrize("kind", BY_HTTP)
def test_rows_1_to_4_over_http(cinema: Cinema, server: FakeServer, kind: Kind, spoil: Callable[[Door], bytes]) -> None:
    right = next_document(kind, server.orders)
    by_http(server, kind, spoil(replace(DOORS[kind], sealed=right)))
    stands(cinema, quiet, "E-SIG", head_is_right=kind in (Kind.PLAYLIST, Kind.APPROVAL))


@pytest.mark.parametrize("spoil", SPOILERS)
@pytest.mark.parametrize("kind", TOPICS)
def test_rows_1_to_4_over_mqtt(cinema: Cinema, server: FakeServer, kind: Kind, spoil: Callable[[Door], bytes]) -> None:
    right = next_without_meaning_it(server, kind)
    by_mqtt(cinema, kind, spoil(replace(DOORS[kind], sealed=right)), "E-SIG")


@pytest.mark.parametrize("relabelled", [False, True])
@pytest.mark.parametrize(("kind", "as_kind"), [(a, b) for a, b in permutations(BY_HTTP, 2) if b in TOPICS])
def test_row_5_one_kind_in_place_of_another(
    cinema: Cinema, server: FakeServer, kind: Kind, as_kind: Kind, relabelled: bool
) -> None:
    lie = next_without_meaning_it(server, kind)
    code = "E-SIG" if relabelled else "E-TYPE"
    if relabelled:
        lie = spoiled(lie, payloadType=as_kind.payload_type)
    by_mqtt(cinema, as_kind, lie, code)
    next_document(as_kind, server.orders)
    by_http(server, as_kind, lie)
    stands(cinema, quiet, code, head_is_right=as_kind is Kind.PLAYLIST)


# --- Rows 6 and 15: too few, or the wrong, people approve -----------------------------------------------------------


def approved_by(*names: str, **changes: object) -> Callable[[FakeServer], bytes]:
    """The approval of the blue picture with changes, by these people."""

    def made(server: FakeServer) -> bytes:
        data = json.loads(dump(server.orders.approval_of(BLUE)))
        return seal_payload(Kind.APPROVAL, json.dumps({**data, **changes}).encode(), *(key(n) for n in names))

    return made


def one_signature_under_two_ids(server: FakeServer) -> bytes:
    sealed = approved_by("city-1", unit="city", scope=["city"])(server)
    once = json.loads(sealed)["signatures"][0]
    return spoiled(sealed, signatures=[once, {**once, "keyid": key("city-2").keyid}])


APPROVALS = {
    "the city alone, once": (approved_by("city-1", unit="city", scope=["city"]), "E-THRESH"),
    "one signature under two ids": (one_signature_under_two_ids, "E-THRESH"),
    "with a stranger beside": (approved_by("city-1", "stranger", unit="city", scope=["city"]), "E-THRESH"),
    "its author beside": (approved_by("city-1", "city-2", unit="city", scope=["city"], author="city-2"), "E-THRESH"),
    "the neighbour for itself": (approved_by("b-1", unit="ward-b", scope=["ward-b"]), "E-APPROVAL"),
    "the neighbour for all": (approved_by("b-1", unit="ward-b", scope=["city"]), "E-APPROVAL"),
    "the neighbour in our name": (approved_by("b-1"), "E-APPROVAL"),
    "for the neighbour's screens": (approved_by("approver", scope=["ward-b"]), "E-APPROVAL"),
    "in the name of the city": (approved_by("approver", unit="city", scope=["city"]), "E-APPROVAL"),
    "by the director": (approved_by("director"), "E-SIG"),
    "without a date": (approved_by("approver", decision={"number": "1", "date": "hôm qua"}), "E-SCHEMA"),
    "for another item": (approved_by("approver", item=99), "E-APPROVAL"),
}


@pytest.mark.parametrize("name", APPROVALS)
def test_rows_6_and_15_approvals_that_count_for_nothing(cinema: Cinema, server: FakeServer, name: str) -> None:
    server.orders.publish(BLUE, GREEN)
    made, code = APPROVALS[name]
    serve_with_approval(server, made(server))
    stands(cinema, quiet, code, head_is_right=True)


@pytest.mark.parametrize(
    ("signer", "kind", "unit"),
    [
        ("b-1", model.Revoked.APPROVAL, UNIT),
        ("approver", model.Revoked.KEY, UNIT),
        ("approver", model.Revoked.DEVICE, UNIT),
        ("approver", model.Revoked.APPROVAL, "city"),
    ],
)
def test_row_15_nobody_withdraws_for_others(
    cinema: Cinema, server: FakeServer, signer: str, kind: model.Revoked, unit: str
) -> None:
    entry = model.RevocationEntry(kind, "d" * 64, unit, server.orders.now_ms, "")
    lie = seal(model.Revocation(1, server.orders.now_ms, (entry,)), key(signer))
    by_mqtt(cinema, Kind.REVOCATION, lie, "E-APPROVAL")
    server.orders.withdraw(RED)
    by_http(server, Kind.REVOCATION, lie)
    stands(cinema, quiet, "E-APPROVAL")


# --- Rows 7 to 9: trust ---------------------------------------------------------------------------------------------

DIRECTOR = (key("director").keyid,)


def roles(**changes: model.Role | None) -> Callable[[FakeServer], dict[str, object]]:
    def changed(server: FakeServer) -> dict[str, object]:
        merged = {**trust_of(server).roles, **changes}
        return {"roles": {name: role for name, role in merged.items() if role}}

    return changed


def new_root(*keeps: str) -> Callable[[FakeServer], dict[str, object]]:
    def changed(server: FakeServer) -> dict[str, object]:
        trust = trust_of(server)
        root = model.Role(tuple(key(n).keyid for n in ("root-2", *keeps)), 1)
        return {"keys": {**trust.keys, key("root-2").keyid: info("root-2")}, "roles": {**trust.roles, "root": root}}

    return changed


TRUSTS = {
    "a threshold of nothing": (roles(director=model.Role(DIRECTOR, 0)), ("root",), "E-TRUST"),
    "a threshold below nothing": (roles(director=model.Role(DIRECTOR, -1)), ("root",), "E-TRUST"),
    "a threshold out of reach": (roles(director=model.Role(DIRECTOR, 2)), ("root",), "E-TRUST"),
    "one key counted twice": (roles(director=model.Role(DIRECTOR * 2, 2)), ("root",), "E-TRUST"),
    "no log": (roles(log=None), ("root",), "E-TRUST"),
    "no root": (roles(root=None), ("root",), "E-TRUST"),
    "a version left out": (lambda _: {"version": 3}, ("root",), "E-ROOT"),
    "the same version again": (lambda s: {"version": 1, "issued": s.orders.now_ms}, ("root",), "E-FORK"),
    "an epoch that ended": (lambda _: {"epoch": 0}, ("root",), "E-ROLLBACK"),
    "of tomorrow": (lambda s: {"issued": s.orders.now_ms + DAY_MS}, ("root",), "E-FUTURE"),
    "a root nobody knows": (new_root(), ("root-2",), "E-SIG"),
    "a root that does not sign": (new_root(), ("root",), "E-ROOT"),
    "by the director": (lambda _: {}, ("director",), "E-SIG"),
}


@pytest.mark.parametrize("name", TRUSTS)
def test_rows_7_to_9_trust_that_would_switch_off_a_check(cinema: Cinema, server: FakeServer, name: str) -> None:
    changes, signers, code = TRUSTS[name]
    lie = seal(trust_of(server, **{"version": 2, **changes(server)}), *(key(n) for n in signers))
    by_mqtt(cinema, Kind.TRUST, lie, code)
    next_document(Kind.TRUST, server.orders)
    by_http(server, Kind.TRUST, lie)
    stands(cinema, quiet, code)


# --- Rows 10 to 12: back, beside, mixed -----------------------------------------------------------------------------


@pytest.fixture
def advanced(cinema: Cinema, server: FakeServer) -> dict[Kind, bytes]:
    """The player is at trust 2, list 1 and playlist 2; these are the documents of before, and a list that forgets."""
    orders = server.orders
    before = {Kind.TRUST: orders.trust(), Kind.HEAD: orders.head(), Kind.PLAYLIST: orders.playlist()}
    orders.trust_version = 2
    orders.withdraw(BLUE)
    orders.publish(RED, GREEN)
    cinema.player.step()
    assert cinema.player.number == 2
    before[Kind.REVOCATION] = seal(model.Revocation(2, orders.now_ms, ()), key("approver"))
    return before


@pytest.mark.parametrize("kind", TOPICS)
def test_row_10_nothing_goes_back(cinema: Cinema, server: FakeServer, advanced: dict[Kind, bytes], kind: Kind) -> None:
    by_mqtt(cinema, kind, advanced[kind], "E-ROLLBACK")
    server.orders.publish(BLUE, GREEN)
    if kind is Kind.TRUST:
        server.orders.trust_version = 3
        server.says["/device/v1/trust/3"] = (200, {}, advanced[kind])
    elif kind is Kind.REVOCATION:
        server.orders.revocation_version = 2
    if kind is not Kind.TRUST:
        by_http(server, kind, advanced[kind])
    stands(cinema, quiet, "E-ROLLBACK", head_is_right=kind is Kind.PLAYLIST)


def with_changes(server: FakeServer, kind: Kind) -> bytes:
    """Other bytes of the version in force, signed by whom they should be."""
    orders = server.orders
    issued = orders.now_ms + 1
    if kind is Kind.TRUST:
        return seal(trust_of(server, issued=issued), key("root"))
    if kind is Kind.REVOCATION:
        return seal(model.Revocation(orders.revocation_version, issued, orders.withdrawn), key("approver"))
    other = seal(replace(playlist_of(server), issued=issued), key("director"))
    if kind is Kind.PLAYLIST:
        return other
    version = model.Version(orders.epoch, orders.number)
    counts = orders.trust_version, orders.revocation_version, 0
    return seal(model.Head(SCREEN, version, reference(other), *counts, issued + 5000, 2**52), key("director"))


@pytest.mark.parametrize("kind", TOPICS)
def test_row_11_one_version_has_one_content(
    cinema: Cinema, server: FakeServer, advanced: dict[Kind, bytes], kind: Kind
) -> None:
    assert advanced
    lie = with_changes(server, kind)
    by_mqtt(cinema, kind, lie, "E-FORK")
    if kind is Kind.HEAD:
        by_http(server, kind, lie)
        stands(cinema, quiet, "E-FORK")


def test_row_11_a_playlist_follows_the_one_that_is_held(cinema: Cinema, server: FakeServer) -> None:
    server.orders.publish(GREEN)
    serve(server, seal(replace(playlist_of(server), previous="0" * 64), key("director")))
    stands(cinema, quiet, "E-FORK", head_is_right=True)


@pytest.mark.parametrize("changes", [{"trust": 9}, {"revocation": 9}])
def test_row_12_a_head_that_goes_with_nothing(cinema: Cinema, server: FakeServer, changes: dict[str, int]) -> None:
    orders = server.orders
    held = reference(orders.playlist())
    head = model.Head(SCREEN, model.Version(1, 1), held, 1, 0, 0, orders.issued + 1, 2**52)
    lie = seal(replace(head, **changes), key("director"))  # type: ignore[arg-type]
    by_mqtt(cinema, Kind.HEAD, lie, "E-MIX")
    by_http(server, Kind.HEAD, lie)
    stands(cinema, quiet, "E-MIX")


@pytest.mark.parametrize("changes", [{"trust": 9}, {"revocation": 9}, {}])
def test_row_12_a_playlist_that_goes_with_nothing(cinema: Cinema, server: FakeServer, changes: dict[str, int]) -> None:
    server.orders.publish(BLUE, GREEN)
    lie = seal(replace(playlist_of(server), issued=server.orders.now_ms + 1, **changes), key("director"))  # type: ignore[arg-type]
    if changes:
        serve(server, lie)
    else:
        by_http(server, Kind.PLAYLIST, lie)  # the head is for another one
    stands(cinema, quiet, "E-MIX", head_is_right=True)
