"""What ``cauthang up`` refuses before it starts anything, and what it tells a person."""

import socket
from pathlib import Path

import pytest

from server import settings
from server.errors import StartError
from server.first_start import passwords_file, summary
from server.up import only_one, refuse_busy, waves


def a_setup(data_dir: Path, **others: str) -> settings.Settings:
    return settings.load({"DATA_DIR": str(data_dir), **others})


def test_second_start_on_the_same_data_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(StartError, match="DATA_DIR"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_busy_port_is_refused_with_the_setting_that_helps() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=f"SCREEN_PORT={port + 1} make run"):
            refuse_busy("127.0.0.1", "SCREEN_PORT", port)
    refuse_busy("127.0.0.1", "SCREEN_PORT", port)


def test_passwords_are_shown_the_first_time_and_only_pointed_at_later(tmp_path: Path) -> None:
    here = a_setup(tmp_path)
    passwords_file(here).write_text("soanthao abc-def\n")
    assert "soanthao abc-def" in summary(here, is_first=True)
    later = summary(here, is_first=False)
    assert "abc-def" not in later
    assert str(passwords_file(here)) in later


def test_broker_of_somebody_else_is_not_started(tmp_path: Path) -> None:
    assert waves(a_setup(tmp_path))[0][0].name == "broker"
    names = [
        step.name
        for wave in waves(a_setup(tmp_path, BROKER_URL="mqtt://bridge:x@broker.example:1883"))
        for step in wave
    ]
    assert names == ["ingest", "web", "worker", "bridge", "virtual-screen"]


def test_probes_knock_at_this_machine_when_we_listen_everywhere(tmp_path: Path) -> None:
    screen = waves(a_setup(tmp_path, HOST="0.0.0.0", PORT="8123"))[-1][-1]
    assert "http://127.0.0.1:8123" in screen.command
