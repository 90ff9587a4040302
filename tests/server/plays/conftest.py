"""Plays databases for tests: a fresh SQLite file, or a database of a real PostgreSQL cluster of our own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

import server.tables  # noqa: F401  every table is known before a schema is made
from server import settings as server_settings
from server.db import PLAYS, upgrade
from server.plays.dictionaries import prepared_dictionaries
from server.plays.ground import writing_engine
from server.plays.writer import Writer
from server.settings import Settings
from tests import postgres
from tests.play_traffic import START


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    """Settings whose plays database is a fresh SQLite file."""
    return _with_schema(server_settings.load({"DATA_DIR": str(tmp_path)}))


@pytest.fixture
def postgresql_settings(tmp_path: Path, cluster: str) -> Settings:
    """Settings whose plays database is a fresh database of the cluster."""
    url = postgres.new_database(cluster, f"plays_{secrets.token_hex(4)}")
    settings = server_settings.load({"DATA_DIR": str(tmp_path)})
    return _with_schema(replace(settings, plays_database_url=url))


def _with_schema(settings: Settings) -> Settings:
    engine = writing_engine(settings)
    upgrade(engine, PLAYS)
    engine.dispose()
    return settings


@pytest.fixture(params=["sqlite", "postgresql"])
def plays_settings(request: pytest.FixtureRequest) -> Settings:
    """The same test on both databases."""
    settings: Settings = request.getfixturevalue(f"{request.param}_settings")
    return settings


@pytest.fixture
def engine(plays_settings: Settings) -> Iterator[Engine]:
    engine = writing_engine(plays_settings)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine: Engine) -> Writer:
    return Writer(engine, prepared_dictionaries(engine, START))
