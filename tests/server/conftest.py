"""A server with its people, made once and copied for each test. The cast: tests/cast.py.

``@pytest.mark.both_databases`` runs a test on SQLite and on PostgreSQL; without it, on SQLite.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask

from playlists.files import replace_file
from playlists.keys import SigningKey
from server import db, trust, users
from server.app import create_app
from server.db import Sessions
from server.settings import Settings, load
from server.web.language import TRANSLATIONS
from tests import cast, postgres

NUMBERS = itertools.count()
ENGINES = ("sqlite", "postgresql")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_databases: run on SQLite and on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases")
        metafunc.parametrize("database_url", ENGINES if both else ENGINES[:1], indirect=True)


@pytest.fixture(scope="session", autouse=True)
def translations() -> None:
    """The catalogues compiled, as the build does it."""
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        with source.open("rb") as catalogue, source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(catalogue))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with keys and a SQLite database with the cast."""
    users.HASHER = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)  # each test signs somebody in
    folder = tmp_path_factory.mktemp("template")
    (folder / "keys").mkdir()
    for role in trust.ROLES:
        replace_file(folder / "keys" / f"{role}.pem", SigningKey.generate().pem())
    replace_file(folder / "keys" / "broker.secret", b"s" * 32)
    _populated(f"sqlite:///{folder}/app.db", folder)
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The URL of a running PostgreSQL."""
    with postgres.cluster() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(cluster: str, template: Path) -> str:
    """The name of a PostgreSQL database with the cast, to be copied."""
    _populated(postgres.new_database(cluster, "with_cast"), template)
    return "with_cast"


@pytest.fixture
def data_dir(tmp_path: Path, template: Path) -> Path:
    """This test's copy of the data directory."""
    shutil.copytree(template, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, data_dir: Path) -> str:
    """This test's database, with the cast in it."""
    if request.param == "sqlite":
        return f"sqlite:///{data_dir}/app.db"
    name = request.getfixturevalue("postgresql_template")
    return postgres.new_database(request.getfixturevalue("cluster"), f"test_{next(NUMBERS)}", name)


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """Settings of a server on this machine, without https."""
    return load(
        {
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": database_url,
            "PLAYS_DATABASE_URL": f"sqlite:///{data_dir}/plays.db",
            "SECRET_KEY": "k" * 48,
            "PUBLIC_URL": "http://localhost",
        }
    )


@pytest.fixture
def sessions(settings: Settings) -> Iterator[Sessions]:
    """Sessions on this test's database."""
    opened = db.sessions_for(settings.database_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def app(settings: Settings, sessions: Sessions) -> Flask:
    """The web application on this test's database."""
    made = create_app(settings, sessions=sessions)
    made.test_client_class = cast.Browser
    return made


@pytest.fixture
def client(app: Flask) -> cast.Browser:
    """A browser in which nobody is signed in."""
    return app.test_client()  # type: ignore[return-value]


@pytest.fixture
def login(app: Flask) -> Callable[[str], cast.Browser]:
    """``login(username)`` is a browser in which this person is signed in."""

    def as_person(username: str) -> cast.Browser:
        browser: cast.Browser = app.test_client()  # type: ignore[assignment]
        answer = browser.sign_in(username)
        assert answer.status_code == 302, answer.text
        return browser

    return as_person


def _populated(url: str, folder: Path) -> None:
    opened = db.sessions_for(url)
    db.upgrade(opened.engine)
    keys = {role: SigningKey.from_pem((folder / "keys" / f"{role}.pem").read_bytes()) for role in trust.ROLES}
    with opened.writing() as session:
        cast.populate(session, keys)
    opened.engine.dispose()
