"""Counters of rate limits in a small SQLite file that all workers of a machine share.

The limits library knows memory (each worker its own), Redis, Memcached and MongoDB (each a service to run). This adds
``sqlite:///path`` to them. The counts may be lost with the power, so the file is written without waiting for the disk.
"""

from __future__ import annotations

import time
from typing import ClassVar

from limits.storage import Storage
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, case, delete, event, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError

from server.db import engine_for

METADATA = MetaData()
WINDOWS = Table(
    "windows",
    METADATA,
    Column("key", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("expires_s", Float, nullable=False),
)
SWEEP_EVERY = 256


class SqliteStorage(Storage):
    """Fixed windows in one table: one upsert a hit."""

    STORAGE_SCHEME: ClassVar[list[str]] = ["sqlite"]  # type: ignore[misc]  # the base class calls it an instance's

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._engine = engine_for(uri)
        event.listen(self._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        self._hits = 0
        METADATA.create_all(self._engine)

    @property
    def base_exceptions(self) -> type[Exception]:
        return OperationalError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count ``amount`` more in the window of ``expiry`` seconds, and return the count."""
        now = time.time()
        fresh = {"key": key, "count": amount, "expires_s": now + expiry}
        running = WINDOWS.c.expires_s > now
        hit = (
            insert(WINDOWS)
            .values(fresh)
            .on_conflict_do_update(
                index_elements=["key"],
                set_={
                    "count": case((running, WINDOWS.c.count + amount), else_=amount),
                    "expires_s": case((running, WINDOWS.c.expires_s), else_=now + expiry),
                },
            )
            .returning(WINDOWS.c.count)
        )
        self._hits += 1
        with self._engine.begin() as connection:
            if self._hits % SWEEP_EVERY == 0:
                connection.execute(delete(WINDOWS).where(WINDOWS.c.expires_s <= now))
            return int(connection.execute(hit).scalar_one())

    def get(self, key: str) -> int:
        """The count of the running window, 0 when there is none."""
        query = select(WINDOWS.c.count).where(WINDOWS.c.key == key, WINDOWS.c.expires_s > time.time())
        with self._engine.connect().execution_options(reading=True) as connection:
            return int(connection.execute(query).scalar() or 0)

    def get_expiry(self, key: str) -> float:
        """When the running window ends, in seconds of the epoch."""
        query = select(WINDOWS.c.expires_s).where(WINDOWS.c.key == key)
        with self._engine.connect().execution_options(reading=True) as connection:
            return float(connection.execute(query).scalar() or time.time())

    def check(self) -> bool:
        """Whether the file answers."""
        try:
            self.get("")
        except OperationalError:
            return False
        return True

    def reset(self) -> int | None:
        """Forget every window; returns how many there were."""
        with self._engine.begin() as connection:
            return connection.execute(delete(WINDOWS)).rowcount

    def clear(self, key: str) -> None:
        """Forget one window."""
        with self._engine.begin() as connection:
            connection.execute(delete(WINDOWS).where(WINDOWS.c.key == key))
