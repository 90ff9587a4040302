"""The reader of plays is written by hand for speed; a schema as the other documents have one says what it must do."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError, fields

from playlists.envelope import Kind
from playlists.errors import Code, Refusal
from playlists.model import MAX_INTEGER, ClockQuality, Evidence, Play, PlayBatch, Result, Version
from playlists.schemas import Hash, Row, Rows, ScreenId, Text, Whole, WholeDocument, dump, load
from tests.golden import merged_plays
from tests.world import batch, key


def plays_one_by_one(start: Any, plays: Any, versions: tuple[Version, ...], first: int) -> tuple[Play, ...]:
    """The rows of differences, read as plainly as can be."""

    def check(condition: bool) -> None:
        if not condition:
            raise ValidationError("not of its form")

    def integer(value: Any, lowest: int = -MAX_INTEGER) -> int:
        check(type(value) is int and lowest <= value <= MAX_INTEGER)
        return value

    check(type(start) is list and len(start) == 2 and type(plays) is list and 1 <= len(plays) <= 200)
    wall, mono = map(integer, start)
    found = []
    for number, row in enumerate(plays, first):
        check(type(row) is list and len(row) in (9, 10))
        step, skew = map(integer, row[:2])
        version, entry, planned, shown, result, evidence, clock = (integer(value, 0) for value in row[2:9])
        reason = row[9] if len(row) == 10 else ""
        check(type(reason) is str and len(reason) <= 200 and version < len(versions))
        wall, mono = integer(wall + step, 0), integer(mono + step + skew, 0)
        words = Result(result), Evidence(evidence), ClockQuality(clock)
        found.append(Play(number, versions[version], entry, wall, mono, planned, shown, *words, reason))
    return tuple(found)


class PlaysDocument(WholeDocument):
    @staticmethod
    def builds(device, screen, boot, first, previous, versions, start, plays):
        return PlayBatch(device, screen, boot, previous, plays_one_by_one(start, plays, versions, first))

    device = Hash()
    screen = ScreenId()
    boot = Whole()
    first = Whole(1)
    previous = Text(64, shortest=0)
    versions = Rows(Row(Version), 100)
    start = fields.Raw(required=True)
    plays = fields.Raw(required=True)


RIGHT = json.loads(dump(batch(1, 3)))
REASONED = json.loads(json.dumps(RIGHT))
REASONED["plays"][1] = [*REASONED["plays"][1][:9], "không giải mã được"]


def by_schema(data: Any) -> PlayBatch | None:
    try:
        return PlaysDocument().load(data)
    except (ValidationError, ValueError):
        return None


def by_hand(data: Any) -> PlayBatch | None:
    try:
        return load(Kind.PLAYS, json.dumps(data).encode())
    except Refusal as refusal:
        assert refusal.code == Code.SCHEMA
        return None


@pytest.mark.parametrize("data", [RIGHT, REASONED, {**RIGHT, "later": [[[1]]]}])
def test_right_documents_read_the_same(data):
    assert by_hand(data) == by_schema(data) is not None


ODD = [
    None, True, False, 0, 1, -1, 2, 3, 9, MAX_INTEGER, MAX_INTEGER + 1, -MAX_INTEGER, -MAX_INTEGER - 1, "", "1", "s-1",
    "a\n", "e\u0301", "é", "\x00", "a" * 64, "a" * 65, "A" * 64, "r" * 200, "r" * 201, key("device").keyid + "\n",
    [], {}, [[]], [0], [0, 0], [1, 2], [1, 2, 3], [1, True], ["1", 2], [[1, 1]], [[1, 1], [1, 2]], [[1, -1]],
    [[1, 1]] * 100, [[1, 1]] * 101, [MAX_INTEGER, 0], [0, -1], {"a": 1},
]  # fmt: skip


@pytest.mark.parametrize("field", [*sorted(RIGHT)])
def test_every_field_replaced_by_odd_values_or_left_out_reads_the_same(field):
    for value in ODD:
        data = {**RIGHT, field: value}
        assert by_hand(data) == by_schema(data), value
    data = {name: value for name, value in RIGHT.items() if name != field}
    assert by_hand(data) is by_schema(data) is None


@pytest.mark.parametrize("column", range(11))
@pytest.mark.parametrize("at", range(3))
def test_every_column_of_a_row_replaced_by_odd_values_reads_the_same(at, column):
    for value in ODD:
        rows = [list(row) for row in REASONED["plays"]]
        rows[at] = [*rows[at][:column], value, *rows[at][column + 1 :]]
        data = {**REASONED, "plays": rows}
        assert by_hand(data) == by_schema(data), value


@pytest.mark.parametrize("data", [None, [], "plays", 1, [RIGHT], {}])
def test_what_is_no_document_is_refused(data):
    assert by_hand(data) is None


@pytest.mark.parametrize("count", [1, 199, 200, 201])
def test_the_most_plays_of_a_batch_are_the_same(count):
    data = {**RIGHT, "plays": [RIGHT["plays"][0]] * count}
    assert by_hand(data) == by_schema(data)


ROW = st.lists(st.integers(-3, 3) | st.sampled_from(ODD), min_size=8, max_size=11) | st.sampled_from(ODD)


@given(st.lists(ROW | st.sampled_from(REASONED["plays"]), max_size=4), st.lists(st.integers(-2, 9), max_size=3))
@settings(max_examples=300, deadline=None)
def test_random_rows_read_the_same(rows, start):
    data = {**RIGHT, "plays": rows, "start": start}
    assert by_hand(data) == by_schema(data)


MERGED = json.loads(dump(merged_plays()))


@pytest.mark.parametrize("column", range(12))
@pytest.mark.parametrize("odd", [None, True, -1, {}, [], MAX_INTEGER + 1])
def test_an_odd_value_in_a_merged_row_is_refused(column, odd):
    rows = [list(row) for row in MERGED["plays"]]
    rows[0][column] = odd
    read = by_hand({**MERGED, "plays": rows})
    may_be_less = column < 2 and odd == -1  # a step back in time is told by a negative difference
    assert (read is not None) == may_be_less


@pytest.mark.parametrize("row", [[0] * 11, [0] * 13, [0] * 9, 7])
def test_a_merged_row_of_another_length_is_refused(row):
    assert by_hand({**MERGED, "plays": [row]}) is None


@pytest.mark.parametrize(("count", "right"), [(0, False), (1, True), (199, True), (200, False), (10**9, False)])
def test_merged_rows_stand_for_as_many_plays_as_a_batch_may_carry(count, right):
    rows = [list(row) for row in MERGED["plays"]]
    rows[0][10] = count  # the other row stands for one
    read = by_hand({**MERGED, "plays": rows})
    assert (read is not None) == right
    assert read is None or [p.n for p in read.plays] == [*range(1, count + 2)]


def test_the_shares_of_a_merged_row_add_up_to_it():
    plays = by_hand(MERGED).plays[:20]
    assert sum(p.planned_ms for p in plays) == 200_001
    assert sum(p.shown_ms for p in plays) == 199_000
    assert plays[-1].start - plays[0].start == 3_400_000
