"""The door for batches: what is refused, with which code, and that a refused batch changes nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from playlists.envelope import Kind, open_envelope, seal_payload
from playlists.errors import Code, Refusal
from playlists.keys import SigningKey
from playlists.model import ClockQuality, Receipt, Result
from playlists.play_rows import shares
from playlists.schemas import dump, load
from server.plays.codec import Codec, Stored
from server.plays.submission import Ack, Busy, Forked, NotStored, Submission
from server.plays.tables import play_batch, play_conflict, play_run, r_screen_day
from server.plays.writer import Writer
from tests.play_traffic import LOG_KEY, Device, InProcess, devices, door

pytestmark = pytest.mark.parametrize("plays_settings", ["sqlite"], indirect=True)
NOW = 1_790_000_900_000


@pytest.fixture
def device() -> Device:
    return devices(3, 1)[0]


def receive(writer: Writer, device: Device, sealed: bytes) -> Receipt:
    answer = door(InProcess(writer)).receive(None, device.sender, device.source.screen, sealed, NOW)  # type: ignore[arg-type]
    opened = open_envelope(Kind.RECEIPT, answer)
    assert opened.signers_among({LOG_KEY.keyid: LOG_KEY.public})
    found: Receipt = load(Kind.RECEIPT, opened.payload)
    return found


def resigned(device: Device, change: Callable[[dict[str, Any]], None], key: SigningKey | None = None) -> bytes:
    """A batch whose payload was changed before signing, as a faulty device would."""
    data = json.loads(dump(device.source.batch(device.source.plays(30))))
    change(data)
    return seal_payload(Kind.PLAYS, json.dumps(data).encode(), key or device.source.key)


def altered(device: Device) -> bytes:
    """One play made longer after signing."""
    envelope = json.loads(device.sealed(device.source.plays(30)))
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["plays"][3][5] += 1
    envelope["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(envelope).encode()


def doubled_row(data: dict[str, Any]) -> None:
    data["plays"] = data["plays"] * 7  # 210 plays


BAD: dict[str, tuple[Callable[[Device], bytes], Code]] = {
    "empty": (lambda d: b"", Code.PARSE),
    "garbage": (lambda d: b"\x00\xff" * 50, Code.PARSE),
    "truncated": (lambda d: d.sealed(d.source.plays(30))[:-40], Code.PARSE),
    "oversize": (lambda d: b"{" + b" " * (256 * 1024), Code.SIZE),
    "another kind": (lambda d: seal_payload(Kind.HEAD, b"{}", d.source.key), Code.TYPE),
    "altered": (altered, Code.SIG),
    "signed by a stranger": (lambda d: resigned(d, lambda data: None, SigningKey.generate()), Code.SIG),
    "no plays": (lambda d: resigned(d, lambda data: data.update(plays=[])), Code.SCHEMA),
    "too many plays": (lambda d: resigned(d, doubled_row), Code.SCHEMA),
    "a play without its result": (lambda d: resigned(d, lambda data: data["plays"][5].pop(6)), Code.SCHEMA),
    "numbers from 0": (lambda d: resigned(d, lambda data: data.update(first=0)), Code.SCHEMA),
    "text for a number": (lambda d: resigned(d, lambda data: data.update(first="1")), Code.SCHEMA),
    "newer format": (lambda d: resigned(d, lambda data: data.update(format=3)), Code.SCHEMA),
    "another device": (lambda d: resigned(d, lambda data: data.update(device="ab" * 32)), Code.TARGET),
    "another screen": (lambda d: resigned(d, lambda data: data.update(screen="s-zzzzzzzz")), Code.TARGET),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_batches_are_refused_with_their_code_and_change_nothing(
    writer: Writer, engine: Engine, device: Device, name: str
) -> None:
    make, code = BAD[name]
    with pytest.raises(Refusal) as refused:
        receive(writer, device, make(device))
    assert refused.value.code == code or (code is Code.SIG and refused.value.code == Code.THRESH)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(play_run)) == 0
        assert connection.scalar(select(func.count()).select_from(r_screen_day)) == 0


def test_an_envelope_written_another_way_is_kept_byte_for_byte(writer: Writer, engine: Engine, device: Device) -> None:
    sealed = json.dumps(json.loads(device.sealed(device.show(30))), indent=1).encode()
    assert receive(writer, device, sealed).last == 30
    with engine.connect() as connection:
        row = connection.execute(select(play_batch)).one()
    assert row.codec == Codec.WHOLE
    stored = Stored(Codec(row.codec), row.dict_id, row.body, row.sig)
    assert writer.dictionaries.sealed(stored, device.source.key.keyid) == sealed


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({"clock": ClockQuality.UNKNOWN}, 1),
        ({"start": 0}, 1),
        ({"start": NOW + 400 * 86_400_000}, 1),
        ({"clock": ClockQuality.ESTIMATED}, 0),
    ],
)
def test_a_bad_clock_lowers_the_grade_and_loses_nothing(
    writer: Writer, engine: Engine, device: Device, change: dict[str, Any], grade: int
) -> None:
    plays = tuple(replace(play, **change) for play in device.source.plays(3))
    assert receive(writer, device, device.sealed(plays)).last == 3
    with engine.connect() as connection:
        rows = connection.execute(select(r_screen_day)).all()
    assert {row.grade for row in rows} == {grade}
    assert sum(row.ok + row.partial + row.skipped + row.failed for row in rows) == 3
    assert {row.day for row in rows} <= {NOW // 86_400_000 - 1, NOW // 86_400_000, NOW // 86_400_000 + 1}


def test_absurd_durations_cannot_break_the_sums(writer: Writer, device: Device) -> None:
    plays = tuple(replace(play, shown_ms=2**53 - 1) for play in device.source.plays(200))
    assert receive(writer, device, device.sealed(plays)).last == 200


def test_merged_plays_take_their_numbers_and_count_as_many(writer: Writer, engine: Engine, device: Device) -> None:
    whole, later = device.source.plays(2)
    whole = replace(whole, planned_ms=600_007, shown_ms=600_001, result=Result.COMPLETE)
    sealed = device.sealed((*shares(whole, 40, 3_500_000), replace(later, n=41, shown_ms=1, result=Result.COMPLETE)))
    for _ in range(2):  # the second time it is known
        receipt = receive(writer, device, sealed)
        assert (receipt.last, receipt.gaps) == (41, ())
    with engine.connect() as connection:
        rows = connection.execute(select(r_screen_day)).all()
        assert connection.scalar(select(func.count()).select_from(play_conflict)) == 0
    assert (sum(row.ok for row in rows), sum(row.shown_ms for row in rows)) == (41, 600_002)


def test_merging_what_was_received_before_is_a_fork_and_counts_nothing(writer: Writer, device: Device) -> None:
    plays = device.show(10)
    receive(writer, device, device.sealed(plays))
    merged = tuple(shares(replace(plays[0], shown_ms=99), 10, 100_000))
    with pytest.raises(Forked):
        receive(writer, device, device.sealed(merged))


def test_a_huge_jump_in_numbers_is_one_gap(writer: Writer, device: Device) -> None:
    (play,) = device.source.plays(1)
    receipt = receive(writer, device, device.sealed((replace(play, n=2**53 - 1),)))
    assert receipt.gaps == ((1, 2**53 - 2),)


def test_what_the_database_cannot_take_stays_with_the_device(writer: Writer, device: Device) -> None:
    class Refuses:
        def submit(self, submission: Submission) -> Ack:
            raise NotStored("no")

    with pytest.raises(Busy):
        door(Refuses()).receive(
            None,  # type: ignore[arg-type]
            device.sender,
            device.source.screen,
            device.sealed(device.source.plays(3)),
            NOW,
        )
