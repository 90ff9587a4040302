"""Transactions and migrations behave the same on both databases."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect, text
from sqlalchemy.exc import DBAPIError

from server import db, units
from server.app import create_app
from server.db import Sessions, begin_writing
from server.errors import SettingsError
from server.settings import Settings
from server.tables import METADATA, PLAYS_METADATA
from tests import postgres
from tests.cast import WARD_A


@pytest.mark.both_databases
def test_write_in_a_reading_session_is_an_error_and_changes_nothing(sessions: Sessions) -> None:
    with pytest.raises(DBAPIError), sessions.reading() as session:
        units.rename(session, units.by_code(session, WARD_A), "Khác")
    with sessions.reading() as session:
        assert units.by_code(session, WARD_A).name == "Phường A"


@pytest.mark.both_databases
def test_what_leaves_by_an_exception_is_rolled_back(sessions: Sessions) -> None:
    with pytest.raises(RuntimeError), sessions.writing() as session:
        units.rename(session, units.by_code(session, WARD_A), "Khác")
        raise RuntimeError
    with sessions.reading() as session:
        assert units.by_code(session, WARD_A).name == "Phường A"


@pytest.mark.both_databases
def test_after_its_commit_a_writing_session_reads_and_holds_nobody_up(sessions: Sessions) -> None:
    with sessions.open() as first:
        units.rename(begin_writing(first), units.by_code(first, WARD_A), "Phường Một")
        first.commit()
        assert units.by_code(first, WARD_A).name == "Phường Một"
        with sessions.writing() as second:
            units.rename(second, units.by_code(second, WARD_A), "Phường Hai")


def test_second_writer_waits_for_the_first_on_sqlite(sessions: Sessions) -> None:
    order: list[str] = []
    began = threading.Event()

    def second() -> None:
        began.set()
        with sessions.writing():
            order.append("second")

    with sessions.writing() as session:
        other = threading.Thread(target=second)
        other.start()
        assert began.wait(10)
        units.close(session, units.by_code(session, WARD_A), date(2026, 12, 31))
        order.append("first")
    other.join(20)
    assert order == ["first", "second"]


@pytest.mark.both_databases
def test_migrated_schema_is_the_one_the_code_describes(sessions: Sessions) -> None:
    _assert_no_difference(sessions.engine, METADATA, db.APP)


@pytest.mark.both_databases
def test_migrated_schema_of_plays_is_the_one_the_code_describes(sessions: Sessions, settings: Settings) -> None:
    engine = db.engine_for(settings.plays_database_url, wal=True)
    db.upgrade(engine, db.PLAYS)
    _assert_no_difference(engine, PLAYS_METADATA, db.PLAYS)


def test_plays_can_live_beside_everything_else(cluster: str) -> None:
    engine = db.engine_for(postgres.new_database(cluster, "together"))
    for _twice in range(2):
        db.upgrade(engine)
        db.upgrade(engine, db.PLAYS)
    db.check_schema(engine)
    db.check_schema(engine, db.PLAYS)
    assert {db.APP.version_table, db.PLAYS.version_table} <= set(inspect(engine).get_table_names())


@pytest.mark.both_databases
def test_process_does_not_start_on_a_schema_it_does_not_know(sessions: Sessions, settings: Settings) -> None:
    with sessions.engine.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="cauthang migrate"):
        create_app(settings, sessions=sessions)


def test_process_does_not_start_on_an_empty_database(settings: Settings) -> None:
    empty = db.sessions_for(f"sqlite:///{settings.data_dir}/empty.db")
    with pytest.raises(SettingsError, match="trống"):
        create_app(settings, sessions=empty)


@pytest.mark.both_databases
def test_foreign_keys_are_kept(sessions: Sessions) -> None:
    with pytest.raises(DBAPIError), sessions.writing() as session:
        units.by_code(session, WARD_A).parent_id = 987654
        session.flush()


def _assert_no_difference(engine: Engine, metadata: MetaData, schema: db.Schema) -> None:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name in metadata.tables

    with engine.connect() as connection:
        opts = {"version_table": schema.version_table, "include_name": ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=opts), metadata) == []
