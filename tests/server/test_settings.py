"""Settings are read once, strictly, and never show a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.app import create_app
from server.errors import SettingsError
from server.settings import load


def test_nothing_set_means_one_machine_with_files_in_one_folder(tmp_path: Path) -> None:
    settings = load({"DATA_DIR": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/app.db"
    assert settings.plays_database_url == f"sqlite:///{tmp_path}/plays.db"
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.broker_url is None
    assert not settings.https


def test_plays_go_where_everything_goes_on_postgresql() -> None:
    settings = load({"DATABASE_URL": "postgresql://u:p@db/x"})
    assert settings.database_url == settings.plays_database_url == "postgresql+psycopg://u:p@db/x"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("PORT", "８０８０"),
        ("WEB_WORKERS", "0"),
        ("DATABASE_URL", "mysql://db/x"),
        ("DATABASE_URL", "app.db"),
        ("DATABASE_URL", "sqlite://"),
        ("BROKER_URL", "http://broker"),
        ("PUBLIC_URL", "man-hinh.example.vn"),
        ("SECRET_KEY", "short"),
    ],
)
def test_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({name: value})


def test_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("mqtt://bridge:geheim@broker\n")
    assert load({"BROKER_URL_FILE": str(tmp_path / "url")}).broker_url == "mqtt://bridge:geheim@broker"


@pytest.mark.parametrize(
    "environ",
    [
        {"SECRET_KEY_FILE": "/không/có"},
        {"SECRET_KEY_FILE": "/etc/hostname", "SECRET_KEY": "x" * 40},
        {"PORT_FILE": "/etc/hostname"},
    ],
    ids=["unreadable", "both", "no secret"],
)
def test_file_that_cannot_serve_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        load(environ)


def test_printed_settings_show_no_secret(tmp_path: Path) -> None:
    environ = {
        "SECRET_KEY": "s3cret" * 8,
        "DATABASE_URL": "postgresql://app:s3cret@db/x",
        "BROKER_URL": "mqtts://bridge:s3cret@broker:8883",
        "DATA_DIR": str(tmp_path),
    }
    printed = load(environ).masked()
    assert not [name for name, value in printed.items() if "s3cret" in value]
    assert printed["DATABASE_URL"] == "postgresql+psycopg://app:********@db/x"


def test_refusal_does_not_repeat_the_password() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"DATABASE_URL": "mysql://app:s3cret@db/x"})
    assert "s3cret" not in str(refused.value)


def test_application_without_a_secret_key_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cauthang init"):
        create_app(load({"DATA_DIR": str(tmp_path)}))
