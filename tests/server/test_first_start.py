"""``cauthang init`` and the small commands around it, as a person runs them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from server import custody, trust, units, users
from server.audit import AuditEvent
from server.db import sessions_for
from server.init import FIRST_ACCOUNTS
from server.settings import Settings, load


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    return load({"DATA_DIR": str(tmp_path / "data")})


def cauthang(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command on this data directory."""
    command = [sys.executable, "-m", "server.cli", *arguments]
    environ = {**os.environ, "DATA_DIR": str(settings.data_dir)}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def passwords(settings: Settings) -> dict[str, str]:
    lines = (settings.data_dir / "first-passwords.txt").read_text().splitlines()
    return dict(line.split() for line in lines)  # type: ignore[misc]


def test_first_start_makes_keys_people_and_trust_and_the_second_changes_nothing(empty: Settings) -> None:
    done = cauthang(empty, "init")
    assert done.returncode == 0, done.stderr
    first = {path: path.read_bytes() for path in empty.data_dir.rglob("*") if path.is_file() and path.suffix != ".db"}
    given = passwords(empty)
    assert set(given) == {name for name, *_ in FIRST_ACCOUNTS}
    assert len(set(given.values())) == len(given)
    assert cauthang(empty, "init").returncode == 0
    assert first == {path: path.read_bytes() for path in first}

    with sessions_for(empty.database_url).reading() as session:
        for username, password in given.items():
            assert users.authenticate(session, username, password), username
        approver = users.by_username(session, "pheduyet")
        assert approver is not None
        ward = units.by_code(session, "phuong")
        key = custody.current(session, approver, ward.id)
        version = trust.latest(session)
        assert key is not None
        assert version is not None
        assert version.read().units["phuong"].approvers == (key.keyid,)
        root = json.loads((empty.data_dir / "root.pub").read_bytes())
        trusted = version.read()
        assert root == {"keys": [trusted.keys[trusted.roles["root"].keys[0]].public], "threshold": 1}


def test_secrets_are_for_their_owner_only(empty: Settings) -> None:
    cauthang(empty, "init")
    assert stat.S_IMODE(empty.data_dir.stat().st_mode) == 0o700
    secret = [*empty.keys_dir.iterdir(), empty.data_dir / "secret.key", empty.data_dir / "first-passwords.txt"]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in secret} == {path.name: 0o600 for path in secret}


def test_lost_key_is_not_replaced_in_silence(empty: Settings) -> None:
    empty.keys_dir.mkdir(parents=True)
    (empty.keys_dir / "log.pem").write_bytes(b"half a backup")
    done = cauthang(empty, "init")
    assert done.returncode == 1
    assert "phục hồi" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (empty.keys_dir / "root.pem").exists()


def test_trust_waits_when_the_root_key_is_elsewhere_and_is_signed_by_command(empty: Settings, tmp_path: Path) -> None:
    cauthang(empty, "init")
    kept = tmp_path / "safe.pem"
    (empty.keys_dir / "root.pem").rename(kept)
    assert cauthang(empty, "user", "password", "pheduyet").returncode == 0
    with sessions_for(empty.database_url).reading() as session:
        assert trust.waiting(session) is not None
    refused = cauthang(empty, "trust", "sign")
    assert refused.returncode == 1
    assert "--key" in refused.stderr
    assert "phiên bản 2" in cauthang(empty, "trust", "sign", "--key", str(kept)).stdout
    with sessions_for(empty.database_url).reading() as session:
        latest = trust.latest(session)
        assert latest is not None
        assert latest.version == 2


def test_password_given_by_command_works_and_is_recorded(empty: Settings) -> None:
    cauthang(empty, "init")
    username, password = cauthang(empty, "user", "password", "quanly").stdout.split()
    with sessions_for(empty.database_url).reading() as session:
        assert users.authenticate(session, username, password)
        assert "password.reset" in session.scalars(select(AuditEvent.action)).all()
    assert cauthang(empty, "user", "password", "khongco").returncode == 1


def test_settings_are_printed_without_secrets(empty: Settings) -> None:
    cauthang(empty, "init")
    printed = cauthang(empty, "settings").stdout
    assert f"DATA_DIR={empty.data_dir}" in printed
    assert (empty.data_dir / "secret.key").read_text() not in printed


def test_wrong_setting_is_one_sentence_and_no_trace() -> None:
    command = [sys.executable, "-m", "server.cli", "settings"]
    environ = {**os.environ, "PORT": "http"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("✗ PORT=http")


def test_command_without_its_library_names_what_to_install(tmp_path: Path) -> None:
    program = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "sqlalchemy":
            raise ModuleNotFoundError("gone", name=name)
sys.meta_path.insert(0, Missing())
from server.cli import main
sys.exit(main(["init"]))
"""
    environ = {**os.environ, "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "cauthang[server]" in done.stderr
