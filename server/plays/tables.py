"""The tables of the plays database, portable between SQLite and PostgreSQL.

Instants are UTC epoch milliseconds; days in roll-ups are local dates as days since 1970-01-01. The order of each key
is the order of its reads: the year of one screen takes 2.4 ms screen-first and 1.4 s day-first (measured).
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from server.db import Key, PlaysBase

HOURS = tuple(f"h{hour:02d}" for hour in range(24))
MEASURES = ("ok", "partial", "skipped", "failed", "shown_ms", *HOURS)


def _number(name: str) -> Column[int]:
    return Column(name, Key, nullable=False)


def _small(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False)


def _measures() -> list[Column[int]]:
    return [_number(name) if name == "shown_ms" else Column(name, Integer, nullable=False) for name in MEASURES]


metadata = PlaysBase.metadata

# A row says: the plays first_n..last_n of this body are accepted here. An ordinary rowid table on SQLite: a body past
# 1,000 bytes would spill every row of a WITHOUT ROWID table into a page of its own (+326 %, measured).
play_batch = Table(
    "play_batch",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    _number("device_id"),
    _number("screen_id"),
    _number("unit_id"),
    _number("first_n"),
    _number("last_n"),
    _number("boot"),
    _number("t_min"),
    _number("t_max"),
    _number("received_at"),
    _small("n_ok"),
    _small("n_partial"),
    _small("n_skipped"),
    _small("n_failed"),
    _small("codec"),
    _number("dict_id"),
    Column("body", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    UniqueConstraint("device_id", "first_n"),
    Index("ix_play_batch_screen_time", "screen_id", "t_max"),
    Index("ix_play_batch_time", "t_max"),
)

play_run = Table(
    "play_run",
    metadata,
    _number("device_id"),
    _number("first_n"),
    _number("last_n"),
    PrimaryKeyConstraint("device_id", "first_n"),
    sqlite_with_rowid=False,
)

play_device = Table(
    "play_device",
    metadata,
    Column("device_id", Key, primary_key=True, autoincrement=False),
    Column("keyid", String(64), nullable=False),
    Column("public", String(64), nullable=False),
    Column("screen_id", Key, nullable=False, index=True),
)

zdict = Table(
    "zdict",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    _number("created_at"),
    _number("batches"),
    Column("bytes", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
)

play_void = Table(
    "play_void",
    metadata,
    _number("device_id"),
    _number("n"),
    Column("reason", String(200), nullable=False),
    Column("by", String(100), nullable=False),
    _number("at"),
    PrimaryKeyConstraint("device_id", "n"),
    sqlite_with_rowid=False,
)

# The same number with other content: the first stays, the second is a sign of a cloned disk or of tampering.
play_conflict = Table(
    "play_conflict",
    metadata,
    _number("device_id"),
    _number("n"),
    _number("first_at"),
    _number("last_at"),
    _number("times"),
    Column("batch_sha256", String(64), nullable=False),
    PrimaryKeyConstraint("device_id", "n"),
    sqlite_with_rowid=False,
)

# The batch that brought them, whole: no play of it counts, because its sender will number them anew.
play_fork = Table(
    "play_fork",
    metadata,
    _number("device_id"),
    Column("batch_sha256", String(64), nullable=False),
    _number("screen_id"),
    _number("first_n"),
    _number("last_n"),
    _number("received_at"),
    _small("codec"),
    _number("dict_id"),
    Column("body", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    PrimaryKeyConstraint("device_id", "batch_sha256"),
)

SCREEN_DAY_KEY = ("screen_id", "day", "unit_id", "item_id", "campaign_id", "grade")
r_screen_day = Table(
    "r_screen_day",
    metadata,
    _number("screen_id"),
    Column("day", Integer, nullable=False),
    _number("unit_id"),
    _number("item_id"),
    _number("campaign_id"),
    _small("grade"),
    *_measures(),
    PrimaryKeyConstraint(*SCREEN_DAY_KEY),
    sqlite_with_rowid=False,
)

UNIT_DAY_KEY = ("campaign_id", "day", "unit_id", "item_id", "grade")
r_unit_day = Table(
    "r_unit_day",
    metadata,
    _number("campaign_id"),
    Column("day", Integer, nullable=False),
    _number("unit_id"),
    _number("item_id"),
    _small("grade"),
    *_measures(),
    PrimaryKeyConstraint(*UNIT_DAY_KEY),
    Index("ix_r_unit_day_unit", "unit_id", "day"),
    sqlite_with_rowid=False,
)

r_dirty = Table(
    "r_dirty",
    metadata,
    _number("unit_id"),
    Column("day", Integer, nullable=False),
    PrimaryKeyConstraint("unit_id", "day"),
    sqlite_with_rowid=False,
)

# Which screens ever counted under a unit: settling one unit then touches its screens' key ranges and nothing else.
r_unit_screen = Table(
    "r_unit_screen",
    metadata,
    _number("unit_id"),
    _number("screen_id"),
    PrimaryKeyConstraint("unit_id", "screen_id"),
    sqlite_with_rowid=False,
)
