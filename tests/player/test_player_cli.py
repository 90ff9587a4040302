"""The command as it is installed: a real process, its signals, its sentences."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from player.cli import main
from player.commands import Commands
from player.store import Slots
from tests.fakes import FakeServer, eventually
from tests.world import NOW, key


def command(folder: Path, server: FakeServer, port: int) -> list[str]:
    root = folder / "root.pub"
    root.write_text(json.dumps({"keys": [key("root").public], "threshold": 1}))
    return [
        *(sys.executable, "-m", "player.cli", "run"),
        *("--server", server.url, "--root", str(root), "--state", str(folder / "state"), "--port", str(port)),
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_in_time(server: FakeServer, tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(command(tmp_path, server, 0), stderr=subprocess.PIPE, text=True)
    try:
        eventually((tmp_path / "state/journal/plays").exists)
        eventually(lambda: any((tmp_path / "state").glob("state-*.?")))
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(15) == 0
        assert time.monotonic() - began < 8
        assert process.stderr and "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.wait()


def test_while_it_waits_for_a_code_it_ends_as_well(server: FakeServer, tmp_path: Path) -> None:
    server.paired = False
    process = subprocess.Popen(command(tmp_path, server, 0))
    try:
        eventually(lambda: server.codes)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def test_a_taken_port_gets_a_sentence(server: FakeServer, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        run = subprocess.run(
            command(tmp_path, server, other.getsockname()[1]), capture_output=True, text=True, timeout=20, check=False
        )
    assert run.returncode == 2
    assert "đang bận" in run.stderr and "--port" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_missing_root_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["run", "--server", "http://127.0.0.1:1", "--root", str(tmp_path / "no"), "--state", str(tmp_path / "s")]
    assert main([*options, "--port", "0"]) == 2
    assert "root.pub" in capsys.readouterr().err


def test_status_says_what_is_shown(server: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state"
    assert main(["status", "--state", str(state)]) == 2
    process = subprocess.Popen(command(tmp_path, server, 0), stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: {p.name for p in (state / "files").glob("*")} == set(server.files()))
        capsys.readouterr()

        def said() -> str:
            main(["status", "--state", str(state)])
            return capsys.readouterr().out

        text = eventually(lambda: found if "Đang phát theo lịch: “" in (found := said()) else None)
        for words in ("đang chạy", "1.1 (mới)", "Sảnh A", "Có 2/2 tệp", "(theo lịch)", "đợt số", "0 lượt chờ gửi"):
            assert words in text
        assert "không ghi lượt phát nào" in text  # no page is open
    finally:
        process.terminate()
        process.wait(15)
    text = said()
    assert "không chạy" in text and "1.1 (mới)" in text and "Có 2/2 tệp" in text


def asked(name: str, number: str = "1", **more: object) -> bytes:
    return json.dumps({"format": 1, "id": number, "command": name, **more}).encode()


def cannot(_: object) -> str:
    raise LookupError("unsupported")


def test_commands_are_done_once_each_and_answered() -> None:
    done: list[str] = []
    commands = Commands({"blank": lambda command: done.append(command.name) or "blank", "screenshot": cannot})
    answer = commands.answer(asked("blank"), NOW)
    assert answer == {"format": 1, "id": "1", "command": "blank", "ok": True, "text": "blank", "at": NOW}
    assert commands.answer(asked("blank"), NOW) is None
    late = commands.answer(asked("blank", "2", until=NOW - 1), NOW)
    assert late and (late["ok"], late["text"]) == (False, "Lệnh đến quá muộn nên không thực hiện.")
    missing = commands.answer(asked("format-disk", "3"), NOW)
    assert missing and (missing["ok"], missing["text"]) == (False, "Trình phát không có lệnh này.")
    unable = commands.answer(asked("screenshot", "4"), NOW)
    assert unable and (unable["ok"], unable["text"]) == (False, "unsupported")
    assert done == ["blank"]


def test_a_command_that_comes_again_to_the_next_start_is_not_repeated(tmp_path: Path) -> None:
    done: list[str] = []
    deeds = {"restart": lambda command: done.append(command.id) or "restarting"}
    for _ in range(3):
        commands = Commands(deeds, Slots(tmp_path, "commands"))
        commands.answer(asked("restart", "17"), NOW)
    assert done == ["17"]


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b'{"format":2}', b"x" * 10_000, b'{"format":1,"until":"x"}', b"[" * 4000]
)
def test_a_command_of_no_known_form_is_answered_and_not_done(payload: bytes) -> None:
    answer = Commands({}).answer(payload, NOW)
    assert answer and answer["ok"] is False
