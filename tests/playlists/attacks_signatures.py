"""Attacks on signatures and thresholds, as a table: unsigned, spoiled, relabelled, counted twice, switched off.

Rows are numbered as in the attack matrix of the reliability reference (after The Update Framework's test suites).
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from playlists.envelope import Kind
from playlists.errors import Code
from playlists.model import Role, TrustedUnit
from playlists.schemas import seal
from tests.doors import (
    DOORS,
    Offer,
    by_a_stranger,
    spoiled,
    unsigned,
    with_a_flipped_payload,
    with_a_flipped_signature,
)
from tests.world import World, info, key, trust

SPOILERS = (unsigned, by_a_stranger, with_a_flipped_payload, with_a_flipped_signature)


def right_document_passes_its_door() -> Iterator[Offer]:
    for door in DOORS.values():
        yield door.offered("right", door.sealed)


def rows_1_to_4_nothing_unsigned_or_spoiled_is_believed() -> Iterator[Offer]:
    for door in DOORS.values():
        for attack in SPOILERS:
            yield door.offered(attack.__name__, attack(door), Code.SIG)


def row_5_document_of_one_kind_is_none_of_another() -> Iterator[Offer]:
    for kind, as_kind in permutations(Kind, 2):
        yield DOORS[as_kind].offered(f"{kind.word} as", DOORS[kind].sealed, Code.TYPE)


def row_5_relabelling_breaks_the_signature() -> Iterator[Offer]:
    for kind, as_kind in permutations(Kind, 2):
        relabelled = spoiled(DOORS[kind].sealed, payloadType=as_kind.payload_type)
        yield DOORS[as_kind].offered(f"{kind.word} as", relabelled, Code.SIG)


# --- Row 6: one person never counts twice ---------------------------------------------------------------------------


def city_wide(*names: str, **changes: object) -> bytes:
    return World().sealed_approval("lift", *names, unit="city", scope=("city",), **changes)


def same_key_under_two_ids() -> bytes:
    data = json.loads(city_wide("city-1"))
    return spoiled(
        city_wide("city-1"), signatures=[*data["signatures"], {**data["signatures"][0], "keyid": key("city-2").keyid}]
    )


def row_6_city_wide_approval_needs_two_distinct_persons_of_the_city() -> Iterator[Offer]:
    state = World().trusting()
    for name, sealed, answer in (
        ("one of two", city_wide("city-1"), Code.THRESH),
        ("same key under two ids", same_key_under_two_ids(), Code.THRESH),
        ("a stranger beside", city_wide("city-1", "stranger"), Code.THRESH),
        ("another unit's approver beside", city_wide("city-1", "a-1"), Code.THRESH),
        ("the author among them", city_wide("city-1", "city-2", author="city-2"), Code.THRESH),
        ("two distinct persons", city_wide("city-1", "city-2"), None),
    ):
        yield Offer(name, "approval", state, sealed, answer)


def row_6_one_person_with_two_keys_counts_once() -> Iterator[Offer]:
    keys = {**trust().keys, key("city-2").keyid: info("city-2", person="city-1")}
    state = World(trust(keys=keys)).trusting()
    yield Offer("two keys", "approval", state, city_wide("city-1", "city-2"), Code.THRESH)


# --- Row 7: no trust document switches a check off ------------------------------------------------------------------


def with_role(name: str, role: Role | None) -> dict[str, object]:
    roles = dict(trust().roles)
    if role is None:
        del roles[name]
    else:
        roles[name] = role
    return {"roles": roles}


def with_unit_threshold(threshold: int) -> dict[str, object]:
    units = dict(trust().units)
    units["ward-a"] = replace(units["ward-a"], threshold=threshold)
    return {"units": units}


DIRECTOR = (key("director").keyid,)
SWITCHED_OFF: dict[str, dict[str, object]] = {
    "threshold zero": with_role("director", Role(DIRECTOR, 0)),
    "threshold below zero": with_role("director", Role(DIRECTOR, -1)),
    "more than there are": with_role("director", Role(DIRECTOR, 2)),
    "nobody": with_role("director", Role((), 1)),
    "the same twice": with_role("director", Role(DIRECTOR * 2, 2)),
    "a key not listed": with_role("director", Role((key("stranger").keyid,), 1)),
    "two jobs": with_role("director", Role((key("log").keyid,), 1)),
    "no log": with_role("log", None),
    "no root": with_role("root", None),
    "unit threshold zero": with_unit_threshold(0),
    "unit threshold below zero": with_unit_threshold(-1),
    "misnamed key": {"keys": {**trust().keys, key("stranger").keyid: info("director")}},
    "unit below nowhere": {"units": {**trust().units, "ward-c": TrustedUnit("ward-c", "nowhere", "C", (), 1, 1)}},
    "misnamed unit": {"units": {**trust().units, "ward-c": TrustedUnit("ward-d", "city", "C", (), 1, 1)}},
}


def row_7_trust_that_would_switch_a_check_off_is_refused() -> Iterator[Offer]:
    for name, changes in SWITCHED_OFF.items():
        yield Offer(name, "trust", World().blank(), seal(trust(**changes), key("root")), Code.TRUST)


ROWS = (
    right_document_passes_its_door,
    rows_1_to_4_nothing_unsigned_or_spoiled_is_believed,
    row_5_document_of_one_kind_is_none_of_another,
    row_5_relabelling_breaks_the_signature,
    row_6_city_wide_approval_needs_two_distinct_persons_of_the_city,
    row_6_one_person_with_two_keys_counts_once,
    row_7_trust_that_would_switch_a_check_off_is_refused,
)
