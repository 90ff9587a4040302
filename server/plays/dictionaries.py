"""The dictionaries of a plays database: read, made at first start, renewed as real batches arrive, never deleted."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, func, select

from server.plays.codec import (
    Codec,
    Dictionaries,
    Stored,
    digest,
    shortened_for_training,
    trained,
)
from server.plays.samples import sample_batches
from server.plays.statements import Statements
from server.plays.tables import play_batch, play_device, zdict

SAMPLES = 1_000
FEWEST_BATCHES = 2_000
GROWTH = 20  # trained again when there are this many times more batches: a handful of dictionaries in all


class LostDictionary(RuntimeError):  # noqa: N818
    """A dictionary does not have the digest that was recorded with it: evidence would be unreadable. Restore it."""


def load_dictionaries(connection: Connection) -> Dictionaries:
    """Every dictionary of this database.

    Raises:
        LostDictionary: one of them is damaged.
    """
    known: dict[int, bytes] = {}
    for number, data, sha256 in connection.execute(select(zdict.c.id, zdict.c.bytes, zdict.c.sha256)):
        if digest(data) != sha256:
            raise LostDictionary(f"dictionary {number} in zdict is damaged: restore the plays database from a backup")
        known[number] = bytes(data)
    return Dictionaries(known)


def prepared_dictionaries(engine: Engine, now_ms: int) -> Dictionaries:
    """The dictionaries, with a first one trained on made-up traffic when there is none yet.

    Raises:
        LostDictionary: one of them is damaged.
    """
    with engine.connect().execution_options(reading=True) as connection:
        dictionaries = load_dictionaries(connection)
    if not dictionaries.newest:
        from playlists.schemas import dump  # noqa: PLC0415  needed once in the life of a database

        samples = [shortened_for_training(dump(b), b.device) for b in sample_batches(1, 40, 800)]
        _adopt(engine, dictionaries, samples, 0, now_ms)
    return dictionaries


def renew_if_due(engine: Engine, dictionaries: Dictionaries, now_ms: int) -> bool:
    """Train on the newest real batches when there are many more than at the last training."""
    with engine.connect().execution_options(reading=True) as connection:
        count = connection.scalar(select(func.max(play_batch.c.id))) or 0
        trained_at = connection.scalar(select(func.max(zdict.c.batches))) or 0
        if count < max(FEWEST_BATCHES, GROWTH * trained_at):
            return False
        samples = _real_samples(connection, dictionaries)
    _adopt(engine, dictionaries, samples, count, now_ms)
    return True


def _real_samples(connection: Connection, dictionaries: Dictionaries) -> list[bytes]:
    batch = play_batch.c
    rows = connection.execute(
        select(play_device.c.keyid, batch.codec, batch.dict_id, batch.body, batch.sig)
        .join(play_device, play_device.c.device_id == batch.device_id)
        .order_by(batch.id.desc())
        .limit(SAMPLES)
    )
    return [
        shortened_for_training(dictionaries.payload(Stored(Codec(codec), dict_id, body, sig), keyid), keyid)
        for keyid, codec, dict_id, body, sig in rows
    ]


def _adopt(engine: Engine, dictionaries: Dictionaries, samples: list[bytes], batches: int, now_ms: int) -> None:
    """Commit the new dictionary before the first batch uses it."""
    data = trained(samples)
    number = dictionaries.newest + 1
    with engine.begin() as connection:
        Statements(engine.dialect).add_dictionary.run(
            connection, id=number, created_at=now_ms, batches=batches, bytes=data, sha256=digest(data)
        )
    dictionaries.add(number, data)
