"""The plays database as processes open it: one writer, many readers, and what is checked before it is believed."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from server.db import engine_for
from server.errors import SettingsError
from server.settings import Settings

log = logging.getLogger(__name__)

CHECK_WITHIN_S = 20.0
CACHE_KIB = 64 * 1024
READER_CACHE_KIB = 16 * 1024
_FILE = re.compile(r"sqlite:///(?P<path>[^?]+)")


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL, None for PostgreSQL."""
    found = _FILE.match(url)
    return Path(found["path"]) if found else None


def exists(settings: Settings) -> bool:
    """Whether there is a plays database to read. Its file is made when the schema is first brought up to date."""
    file = sqlite_file(settings.plays_database_url)
    return file is None or file.exists()


def writing_engine(settings: Settings) -> Engine:
    """The engine of the ingest process, the only one that writes and checkpoints."""
    engine = engine_for(settings.plays_database_url, wal=True)
    if engine.dialect.name == "sqlite":
        _tune(engine, CACHE_KIB)
    return engine


def reading_engine(settings: Settings) -> Engine:
    """An engine that cannot write. On SQLite the file is opened read-only, so it cannot checkpoint either.

    That keeps clear of the WAL-reset fault of SQLite 3.7.0 to 3.51.2, which needs two connections that write or
    checkpoint at the same moment.
    """
    file = sqlite_file(settings.plays_database_url)
    if file is None:
        return engine_for(settings.plays_database_url).execution_options(reading=True)
    engine = engine_for(f"sqlite:///file:{file}?mode=ro&uri=true", wal=True)
    _tune(engine, READER_CACHE_KIB)
    return engine.execution_options(reading=True)


def _tune(engine: Engine, cache_kib: int) -> None:
    @event.listens_for(engine, "connect")
    def tune(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute("PRAGMA secure_delete = OFF")  # with it a mass delete locked writers out for minutes
        connection.execute("PRAGMA mmap_size = 0")


class OnlyWriter:
    """Held by the process that writes plays: a file lock that the kernel drops when the process ends, however."""

    def __init__(self, data_dir: Path) -> None:
        self._file = (data_dir / "ingest.lock").open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise SettingsError(
                f"Một tiến trình `cauthang ingest` khác đang ghi dữ liệu lượt phát trong {data_dir}: "
                "chỉ được chạy một; hãy dừng tiến trình kia trước."
            ) from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n".encode())
        self._file.flush()

    def release(self) -> None:
        """Let another process write."""
        self._file.close()


def affected_by_wal_reset(version: tuple[int, ...]) -> bool:
    """Whether this SQLite can corrupt a WAL file that two connections write or checkpoint at once.

    Fixed in 3.51.3, back-ported to 3.50.7 and 3.44.6 (SQLite's own change log).
    """
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)
    return version >= (3, 7, 0) and not fixed


def say_sqlite_version() -> None:
    """Log which SQLite runs, and that the one-writer rule is what protects an affected one."""
    if affected_by_wal_reset(sqlite3.sqlite_version_info):
        log.info("SQLite %s: safe with one writing process, which the lock file enforces", sqlite3.sqlite_version)


def check_file(file: Path) -> None:
    """Let SQLite look for damage, for at most 20 s: a big file is checked in part, its backups in full.

    Raises:
        SettingsError: the file is damaged.
    """
    deadline = time.monotonic() + CHECK_WITHIN_S
    connection = sqlite3.connect(file)
    try:
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 100_000)
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise SettingsError(_damaged(file, str(error))) from error
        log.info("quick_check of %s stopped after %.0f s without finding damage", file, CHECK_WITHIN_S)
        return
    except sqlite3.DatabaseError as error:
        raise SettingsError(_damaged(file, str(error))) from error
    finally:
        connection.close()
    if found != "ok":
        raise SettingsError(_damaged(file, found))


def _damaged(file: Path, found: str) -> str:
    return (
        f"Tệp dữ liệu lượt phát {file} bị hỏng ({found}): hãy giữ lại tệp này, khôi phục bản sao lưu gần nhất rồi "
        "chạy lại; thiết bị sẽ tự gửi lại những lượt phát chưa có biên nhận."
    )
