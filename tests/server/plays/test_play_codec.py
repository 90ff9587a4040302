"""Stored batches: small, byte-exact, and readable for as long as the dictionaries are."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, update

from playlists.envelope import Kind, open_envelope
from playlists.schemas import dump, seal
from server.plays import dictionaries as shelf
from server.plays.codec import (
    Codec,
    DamagedBatch,
    Dictionaries,
    Stored,
    UnknownDictionary,
    parts_of,
    shortened_for_training,
    trained,
)
from server.plays.dictionaries import LostDictionary, load_dictionaries, prepared_dictionaries, renew_if_due
from server.plays.samples import SampleDevice, sample_batches
from server.plays.tables import play_batch, zdict
from server.plays.writer import Writer
from tests.play_traffic import EXACT, START, InProcess, deliver, devices, door, messages, verdict


def dictionary(seed: int) -> bytes:
    return trained([shortened_for_training(dump(b), b.device) for b in sample_batches(seed, 30, 400)])


def test_a_batch_of_any_age_comes_back_byte_for_byte() -> None:
    shelf_of_three = Dictionaries()
    device = SampleDevice(4, START)
    kept: list[tuple[bytes, Stored]] = []
    for number in (0, 1, 2):
        if number:
            shelf_of_three.add(number, dictionary(number))
        sealed = seal(device.batch(device.plays(30)), device.key)
        opened = open_envelope(Kind.PLAYS, sealed)
        parts = parts_of(sealed, opened.payload, device.key.keyid, opened.signatures[device.key.keyid])
        kept.append((sealed, shelf_of_three.store(parts, device.key.keyid)))
    assert [stored.dict_id for _, stored in kept] == [0, 1, 2]
    assert all(shelf_of_three.sealed(stored, device.key.keyid) == sealed for sealed, stored in kept)


def test_the_dictionary_halves_a_batch() -> None:
    device = SampleDevice(4, START)
    payload = dump(device.batch(device.plays(30)))
    parts = parts_of(b"", payload, device.key.keyid, b"s" * 64)
    parts = type(parts)(payload, b"s" * 64)
    without = len(Dictionaries().store(parts, device.key.keyid).body)
    with_one = len(Dictionaries({1: dictionary(9)}).store(parts, device.key.keyid).body)
    assert with_one < 0.65 * without


def test_a_missing_dictionary_and_a_damaged_body_are_said_plainly() -> None:
    empty = Dictionaries()
    with pytest.raises(UnknownDictionary):
        empty.payload(Stored(Codec.PAYLOAD, 7, b"x", b""), "ab")
    with pytest.raises(DamagedBatch):
        empty.payload(Stored(Codec.PAYLOAD, 0, b"not zstd", b""), "ab")


def test_the_first_dictionary_is_made_once_and_kept(engine: Engine) -> None:
    assert prepared_dictionaries(engine, START).newest == 1
    assert prepared_dictionaries(engine, START + 1).newest == 1
    with engine.connect() as connection:
        assert connection.execute(select(zdict.c.id, zdict.c.created_at)).all() == [(1, START)]


def test_a_damaged_dictionary_stops_the_start(engine: Engine) -> None:
    prepared_dictionaries(engine, START)
    with engine.begin() as connection:
        connection.execute(update(zdict).values(bytes=b"damaged"))
    with engine.connect() as connection, pytest.raises(LostDictionary):
        load_dictionaries(connection)


def test_real_batches_train_the_next_dictionary_and_the_old_ones_stay(
    writer: Writer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "FEWEST_BATCHES", 100)
    crowd = devices(21, 6)
    waiting = messages(21, crowd, 30)
    for at, message in enumerate(waiting):
        deliver(door(InProcess(writer)), message)
        if at == 120:
            assert renew_if_due(engine, writer.dictionaries, START)
            assert not renew_if_due(engine, writer.dictionaries, START)
    with engine.connect() as connection:
        assert set(connection.scalars(select(play_batch.c.dict_id))) == {1, 2}
        assert set(load_dictionaries(connection)._decompressors) == {0, 1, 2}
    assert verdict(engine, crowd) == EXACT
