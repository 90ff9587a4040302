"""The databases: how a connection behaves, what a transaction is, and which schema a process accepts.

The same code runs on SQLite and PostgreSQL. A transaction says at its start whether it will write:

* ``reading``: SQLite ``query_only`` without ``BEGIN``; PostgreSQL ``READ ONLY``. A write in it is an error, so a GET
  cannot change anything by accident. Each statement sees what is committed when it starts (PostgreSQL's READ
  COMMITTED), and between statements nothing is locked: with SQLite's rollback journal a reader who stayed in a
  transaction, say for the length of an upload, would keep every writer from committing.
* ``writing``: SQLite ``BEGIN IMMEDIATE``; PostgreSQL an ordinary transaction. SQLite's plain ``BEGIN`` takes the write
  lock only at the first write, and a transaction that has read before then fails at once with *database is locked*
  when another one wrote in between; no timeout helps. Taking the lock first makes writers queue (``busy_timeout``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Connection, Date, Engine, Integer, MetaData, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from server.errors import SettingsError

BUSY_TIMEOUT_MS = 10_000

# Names for every constraint, so that a later migration can drop one on both databases.
NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite numbers rows by itself only in a column of type INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")
KeyColumn = Annotated[int, mapped_column(Key, primary_key=True)]
Millis = Annotated[int, mapped_column(BigInteger)]  # an instant: UTC epoch milliseconds

TYPES: dict[Any, Any] = {int: BigInteger().with_variant(Integer, "sqlite"), date: Date}


class Base(DeclarativeBase):
    """Everything the application keeps, except plays."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = TYPES


class PlaysBase(DeclarativeBase):
    """Plays and their roll-ups: written by the ingest process alone, on one machine in a file of their own."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = TYPES


def engine_for(url: str, *, wal: bool = False) -> Engine:
    """An engine whose transactions behave as the top of this module says, on SQLite and PostgreSQL alike.

    ``wal`` is for the plays file, which one process writes while others read.
    """
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True)
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    if url.startswith("sqlite:////"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(connection: Connection) -> None:
    reading = bool(connection.get_execution_options().get("reading"))
    if connection.info.get("reading") is not reading:  # even to what it was: SQLite then compiles every statement anew
        connection.exec_driver_sql(f"PRAGMA query_only = {int(reading)}")
        connection.info["reading"] = reading
    if not reading:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def begin_reading(session: Session) -> Session:
    """The session, in a fresh transaction that can only read."""
    session.rollback()
    session.connection(execution_options={"reading": True})
    return session


def begin_writing(session: Session) -> Session:
    """The session, in a fresh transaction that holds the right to write. What it had loaded is read anew on use.

    After its commit the session reads again: drawing the answer must not hold up other writers.
    """
    session.rollback()
    session.connection(execution_options={"reading": False})
    return session


def ping(session: Session) -> None:
    """Return when the database answers; raise what the driver raises when it does not."""
    session.execute(select(1))


@dataclass(frozen=True)
class Sessions:
    """Opens sessions on one database. ``writing`` commits at its end, or rolls back when an exception leaves it."""

    engine: Engine

    def open(self) -> Session:
        """A session that reads until it is told otherwise (:func:`begin_writing`); the caller closes it."""
        return Session(self.engine.execution_options(reading=True))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session in which a write is an error."""
        with self.open() as session:
            yield begin_reading(session)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in which nobody else writes (SQLite); committed at the end of the block."""
        with self.open() as session:
            yield begin_writing(session)
            session.commit()


def sessions_for(url: str, *, wal: bool = False) -> Sessions:
    """Sessions on the database at this URL."""
    return Sessions(engine_for(url, wal=wal))


@dataclass(frozen=True)
class Schema:
    """One chain of migrations: where its steps are, and the table in which a database remembers how far it is."""

    versions: str
    version_table: str


APP = Schema("versions", "schema_version")
PLAYS = Schema("plays_versions", "plays_schema_version")


def upgrade(engine: Engine, schema: Schema = APP) -> None:
    """Bring the database to the newest schema; each step in a transaction of its own."""
    with engine.connect() as connection:
        command.upgrade(_alembic(schema, connection), "head")
        connection.commit()


def check_schema(engine: Engine, schema: Schema = APP) -> None:
    """Refuse a database that this version of the program does not know.

    Raises:
        SettingsError: the schema is older, newer or absent; the sentence names the command that helps.
    """
    wanted = ScriptDirectory.from_config(_alembic(schema, None)).get_current_head()
    with engine.connect().execution_options(reading=True) as connection:
        found = current_revision(connection, schema)
    if found != wanted:
        raise SettingsError(
            f"Cơ sở dữ liệu đang ở phiên bản {found or 'trống'}, chương trình cần {wanted}: "
            "hãy chạy `cauthang migrate` (hoặc cài đúng phiên bản chương trình)."
        )


def current_revision(connection: Connection, schema: Schema = APP) -> str | None:
    """How far this database is in the chain, or None when it was never migrated."""
    context = MigrationContext.configure(connection, opts={"version_table": schema.version_table})
    return context.get_current_revision()


def _alembic(schema: Schema, connection: Connection | None) -> Config:
    here = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(here))
    config.set_main_option("version_locations", str(here / schema.versions))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=connection, version_table=schema.version_table)
    return config
