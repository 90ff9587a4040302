"""Attacks on signatures and thresholds: unsigned, spoiled, relabelled, counted twice, switched off.

Rows are numbered as in the attack matrix of the reliability reference (after The Update Framework's test suites).
"""

import json
from dataclasses import replace
from itertools import permutations

import pytest

from playlists.accept import (
    accept_approval,
    accept_trust,
)
from playlists.envelope import Kind
from playlists.errors import Code
from playlists.model import (
    Role,
    TrustedUnit,
)
from playlists.schemas import seal
from tests.doors import (
    AT,
    DOORS,
    by_a_stranger,
    refused,
    spoiled,
    unsigned,
    with_a_flipped_payload,
    with_a_flipped_signature,
)
from tests.world import World, info, key, reference, trust


@pytest.mark.parametrize("kind", Kind)
def test_right_document_passes_its_door(kind):
    DOORS[kind].offer(DOORS[kind].state, DOORS[kind].sealed)


@pytest.mark.parametrize("attack", [unsigned, by_a_stranger, with_a_flipped_payload, with_a_flipped_signature])
@pytest.mark.parametrize("kind", Kind)
def test_rows_1_to_4_nothing_unsigned_or_spoiled_is_believed(kind, attack):
    door = DOORS[kind]
    refused(Code.SIG, lambda: door.offer(door.state, attack(door)))


@pytest.mark.parametrize(("kind", "as_kind"), list(permutations(Kind, 2)))
def test_row_5_document_of_one_kind_is_none_of_another(kind, as_kind):
    door = DOORS[as_kind]
    refused(Code.TYPE, lambda: door.offer(door.state, DOORS[kind].sealed))


@pytest.mark.parametrize(("kind", "as_kind"), list(permutations(Kind, 2)))
def test_row_5_relabelling_breaks_the_signature(kind, as_kind):
    door = DOORS[as_kind]
    relabelled = spoiled(DOORS[kind].sealed, payloadType=as_kind.payload_type)
    refused(Code.SIG, lambda: door.offer(door.state, relabelled))


# --- Row 6: one person never counts twice ---------------------------------------------------------------------------


def city_wide(*names: str, **changes: object) -> bytes:
    return World().sealed_approval("lift", *names, unit="city", scope=("city",), **changes)


def same_key_under_two_ids() -> bytes:
    data = json.loads(city_wide("city-1"))
    return spoiled(
        city_wide("city-1"), signatures=[*data["signatures"], {**data["signatures"][0], "keyid": key("city-2").keyid}]
    )


@pytest.mark.parametrize(
    "sealed",
    [city_wide("city-1"), same_key_under_two_ids(), city_wide("city-1", "stranger"), city_wide("city-1", "a-1")],
    ids=["one of two", "same key under two ids", "a stranger beside", "another unit's approver beside"],
)
def test_row_6_city_wide_approval_needs_two_distinct_persons_of_the_city(sealed):
    refused(Code.THRESH, lambda: accept_approval(World().trusting(), sealed, reference(sealed), AT))


def test_row_6_one_person_with_two_keys_counts_once():
    whole = trust()
    keys = {**whole.keys, key("city-2").keyid: info("city-2", person="city-1")}
    state = World(trust(keys=keys)).trusting()
    sealed = city_wide("city-1", "city-2")
    refused(Code.THRESH, lambda: accept_approval(state, sealed, reference(sealed), AT))


def test_row_6_two_distinct_persons_are_enough():
    sealed = city_wide("city-1", "city-2")
    assert accept_approval(World().trusting(), sealed, reference(sealed), AT).approvals


def test_row_6_author_among_the_signers_does_not_count():
    sealed = city_wide("city-1", "city-2", author="city-2")
    refused(Code.THRESH, lambda: accept_approval(World().trusting(), sealed, reference(sealed), AT))


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


@pytest.mark.parametrize(
    "changes",
    [
        with_role("director", Role(DIRECTOR, 0)),
        with_role("director", Role(DIRECTOR, -1)),
        with_role("director", Role(DIRECTOR, 2)),
        with_role("director", Role((), 1)),
        with_role("director", Role(DIRECTOR * 2, 2)),
        with_role("director", Role((key("stranger").keyid,), 1)),
        with_role("director", Role((key("log").keyid,), 1)),
        with_role("log", None),
        with_role("root", None),
        with_unit_threshold(0),
        with_unit_threshold(-1),
        {"keys": {**trust().keys, key("stranger").keyid: info("director")}},
        {"units": {**trust().units, "ward-c": TrustedUnit("ward-c", "nowhere", "C", (), 1, 1)}},
        {"units": {**trust().units, "ward-c": TrustedUnit("ward-d", "city", "C", (), 1, 1)}},
    ],
)
def test_row_7_trust_that_would_switch_a_check_off_is_refused(changes):
    sealed = seal(trust(**changes), key("root"))
    refused(Code.TRUST, lambda: accept_trust(World().blank(), sealed, AT))
