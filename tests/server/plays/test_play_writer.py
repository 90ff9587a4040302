"""The writer against everything devices do: repeat, cut anew, come late, contradict themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from playlists.envelope import Kind, open_envelope
from playlists.model import Receipt, Result
from playlists.schemas import load
from server.plays.codec import Codec, Stored
from server.plays.counting import Place
from server.plays.settle import settle
from server.plays.submission import Ack, Busy, Forked, NotStored, Submission
from server.plays.tables import MEASURES, play_batch, play_conflict, play_fork, r_dirty, r_screen_day, r_unit_day
from server.plays.writer import Writer
from tests.play_traffic import (
    EXACT,
    START,
    Device,
    InProcess,
    Message,
    deliver,
    devices,
    door,
    messages,
    stored_plays,
    stored_runs,
    verdict,
)


def receipt(sealed: bytes) -> Receipt:
    found: Receipt = load(Kind.RECEIPT, open_envelope(Kind.RECEIPT, sealed).payload)
    return found


@pytest.fixture
def device() -> Device:
    return devices(7, 1)[0]


def test_traffic_with_repeats_recuts_and_late_batches_is_counted_exactly(writer: Writer, engine: Engine) -> None:
    crowd = devices(11, 8)
    for message in messages(11, crowd, 25):
        deliver(door(InProcess(writer)), message)
    assert verdict(engine, crowd) == EXACT


def test_groups_of_many_batches_count_like_single_ones(writer: Writer, engine: Engine) -> None:
    crowd = devices(12, 5)
    held: list[Submission] = []

    class Hold:
        def submit(self, submission: Submission) -> Ack:
            held.append(submission)
            return Ack(0, ())

    for message in messages(12, crowd, 25):
        deliver(door(Hold()), message)
    for at in range(0, len(held), 64):
        assert all(isinstance(answer, Ack) for answer in writer.commit(held[at : at + 64]))
    assert verdict(engine, crowd) == EXACT


def test_a_fresh_writer_goes_on_where_the_last_one_ended(writer: Writer, engine: Engine, device: Device) -> None:
    first = device.show(30)
    deliver(door(InProcess(writer)), Message(device, first, 0))
    again = Writer(engine, writer.dictionaries)
    deliver(door(InProcess(again)), Message(device, first, 0))
    deliver(door(InProcess(again)), Message(device, device.show(10), 0))
    assert verdict(engine, [device]) == EXACT


def test_a_repeated_batch_gets_the_same_receipt(writer: Writer, device: Device) -> None:
    message = Message(device, device.show(30), 0)
    first = receipt(deliver(door(InProcess(writer)), message))
    assert receipt(deliver(door(InProcess(writer)), message)).last == first.last == 30
    assert first.gaps == ()
    assert first.device == device.source.key.keyid


def test_missing_plays_are_gaps_until_they_come(writer: Writer, engine: Engine, device: Device) -> None:
    plays = device.show(100)
    through = door(InProcess(writer))
    assert receipt(deliver(through, Message(device, plays[10:20], 0))).gaps == ((1, 10),)
    late = receipt(deliver(through, Message(device, plays[50:80], 0)))
    assert (late.last, late.gaps) == (80, ((1, 10), (21, 50)))
    assert stored_runs(engine, device.number) == [(11, 20), (51, 80)]
    closing = receipt(deliver(through, Message(device, plays[:60], 0)))
    assert (closing.last, closing.gaps) == (80, ())
    deliver(through, Message(device, plays[80:], 0))
    assert verdict(engine, [device]) == EXACT


def test_the_same_number_with_other_content_keeps_the_first(writer: Writer, engine: Engine, device: Device) -> None:
    plays = device.show(30)
    through = door(InProcess(writer))
    deliver(through, Message(device, plays, 0))
    forged = tuple(replace(p, result=Result.FAILED, shown_ms=1) if p.n in (4, 5) else p for p in plays)
    for cut in (forged, forged[3:9]):
        with pytest.raises(Forked) as fork:
            deliver(through, Message(device, cut, 0))
        assert fork.value.last == 30
    with engine.connect() as connection:
        conflicts = connection.execute(select(play_conflict.c.n, play_conflict.c.times)).all()
    assert sorted(map(tuple, conflicts)) == [(4, 2), (5, 2)]
    assert verdict(engine, [device]) == EXACT


def test_a_batch_that_forks_is_kept_whole_and_none_of_its_plays_count(
    writer: Writer, engine: Engine, device: Device
) -> None:
    """Its sender numbers all of them anew: those that were new must not be there under their old numbers too."""
    plays = device.show(30)
    through = door(InProcess(writer))
    deliver(through, Message(device, plays, 0))
    twin = device.source.plays(20)
    forged = (*(replace(p, result=Result.FAILED, shown_ms=1) for p in plays[20:]), *twin)
    sealed = device.sealed(forged)
    for _ in range(2):
        with pytest.raises(Forked) as fork:
            through.receive(None, device.sender, device.source.screen, sealed, START)  # type: ignore[arg-type]
        assert fork.value.last == 30
    assert verdict(engine, [device]) == EXACT
    with engine.connect() as connection:
        (row,) = connection.execute(select(play_fork)).all()
    assert (row.first_n, row.last_n) == (21, 50)
    stored = Stored(Codec(row.codec), row.dict_id, row.body, row.sig)
    assert writer.dictionaries.sealed(stored, device.source.key.keyid) == sealed
    assert receipt(deliver(through, Message(device, plays, 0))).last == 30


def test_twins_in_one_group_fork_as_well(writer: Writer, engine: Engine, device: Device) -> None:
    plays = device.show(30)
    forged = tuple(replace(p, shown_ms=1) for p in plays)
    group = Collected()
    for cut in (plays, forged, plays):
        with pytest.raises(Busy):
            deliver(door(group), Message(device, cut, 0))
    answers = writer.commit(group.submissions)
    assert [type(answer) for answer in answers] == [Ack, Forked, Ack]
    assert verdict(engine, [device]) == EXACT


class Collected:
    """Keeps submissions, to be committed together."""

    def __init__(self) -> None:
        self.submissions: list[Submission] = []

    def submit(self, submission: Submission) -> Ack:
        self.submissions.append(submission)
        raise Busy


def test_a_recut_of_true_plays_is_no_conflict(writer: Writer, engine: Engine, device: Device) -> None:
    plays = device.show(60)
    for cut in (plays[:30], plays[20:50], plays[10:60]):
        deliver(door(InProcess(writer)), Message(device, cut, 0))
    with engine.connect() as connection:
        assert connection.execute(select(play_conflict)).all() == []
    assert verdict(engine, [device]) == EXACT


def test_a_batch_the_database_cannot_take_spoils_only_itself(writer: Writer, engine: Engine) -> None:
    good, bad = devices(5, 2)
    held: list[Submission] = []

    class Hold:
        def submit(self, submission: Submission) -> Ack:
            held.append(submission)
            return Ack(0, ())

    deliver(door(Hold()), Message(good, good.show(30), 0))
    deliver(door(Hold()), Message(bad, bad.show(30), 0))
    spoilt = replace(held[1], boot=2**70)
    answers = writer.commit([held[0], spoilt])
    assert isinstance(answers[0], Ack)
    assert isinstance(answers[1], NotStored)
    assert writer.commit([held[1]]) == [Ack(30, ())]
    assert verdict(engine, [good, bad]) == EXACT


def test_stored_batches_come_back_byte_for_byte(writer: Writer, engine: Engine, device: Device) -> None:
    sealed = device.sealed(device.show(30))
    door(InProcess(writer)).receive(None, device.sender, device.source.screen, sealed, device.shown[-1].start)  # type: ignore[arg-type]
    with engine.connect() as connection:
        row = connection.execute(select(play_batch)).one()
    stored = Stored(Codec(row.codec), row.dict_id, row.body, row.sig)
    assert row.codec == Codec.PAYLOAD
    assert writer.dictionaries.sealed(stored, device.source.key.keyid) == sealed


def test_settling_derives_the_units_days_and_late_plays_mark_them_again(writer: Writer, engine: Engine) -> None:
    crowd = devices(13, 6)
    waiting = messages(13, crowd, 8)
    for message in waiting[:30]:
        deliver(door(InProcess(writer)), message)
    assert settle(engine) > 0
    for message in waiting[30:]:
        deliver(door(InProcess(writer)), message)
    settle(engine)
    assert settle(engine) == 0
    with engine.connect() as connection:
        for table in (r_dirty,):
            assert connection.execute(select(table)).all() == []
        screens = connection.execute(select(r_screen_day)).mappings().all()
        units = connection.execute(select(r_unit_day)).mappings().all()
    expected: dict[tuple[int, ...], list[int]] = {}
    for row in screens:
        key = tuple(row[name] for name in ("campaign_id", "day", "unit_id", "item_id", "grade"))
        sums = expected.setdefault(key, [0] * len(MEASURES))
        for at, name in enumerate(MEASURES):
            sums[at] += row[name]
    found = {
        tuple(row[name] for name in ("campaign_id", "day", "unit_id", "item_id", "grade")): [row[m] for m in MEASURES]
        for row in units
    }
    assert found == expected


def test_a_screen_that_moves_to_another_unit_counts_in_both(writer: Writer, engine: Engine, device: Device) -> None:
    through = door(InProcess(writer))
    deliver(through, Message(device, device.show(30), 0))
    moved = replace(device.sender, place=Place(device.sender.place.screen_id, 77, device.sender.place.zone))
    plays = device.show(30)
    through.receive(None, moved, device.source.screen, device.sealed(plays), plays[-1].start)  # type: ignore[arg-type]
    settle(engine)
    with engine.connect() as connection:
        rows = connection.execute(select(r_unit_day)).mappings().all()
    by_unit: dict[int, int] = {}
    for row in rows:
        counts = sum(row[name] for name in ("ok", "partial", "skipped", "failed"))
        by_unit[row["unit_id"]] = by_unit.get(row["unit_id"], 0) + counts
    assert by_unit == {1: 30, 77: 30}


def test_plays_of_an_unknown_playlist_are_kept_under_item_0(writer: Writer, engine: Engine, device: Device) -> None:
    plays = tuple(replace(p, version=replace(p.version, number=2)) for p in device.source.plays(30))
    device.shown.extend(plays)
    deliver(door(InProcess(writer)), Message(device, plays, 0))
    with engine.connect() as connection:
        assert set(connection.scalars(select(r_screen_day.c.item_id))) == {0}
    assert len(stored_plays(engine)) == 30
    assert verdict(engine, [device]) == EXACT
