"""What systemd hears: ready once it is, alive only while the screen moves and the loop runs, and why it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from player.keeper import STILL_MS, Keeper, Pulse
from player.surface import Cue
from player.turn import Turn
from playlists.model import MediaType
from tests.fakes import FakeServer, eventually
from tests.player.test_player_cli import command
from tests.player.test_stage import Theatre
from tests.world import World

SECOND_US = 1_000_000


class Systemd:
    """The other end of the socket."""

    def __init__(self, address: str) -> None:
        self.heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def listen(self) -> list[str]:
        """Everything heard so far."""
        while True:
            try:
                self.heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self.heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where systemd listens: older ones in the file system, newer ones may use an abstract name."""
    return str(tmp_path / "n") if request.param == "path" else f"@cauthang-test-{os.getpid()}"


@pytest.fixture
def systemd(address: str) -> Iterator[Systemd]:
    made = Systemd(address)
    yield made
    made.close()


def test_a_listener_that_stopped_reading_holds_nobody_up(systemd: Systemd, address: str) -> None:
    keeper = Keeper({"NOTIFY_SOCKET": address})
    for number in range(5_000):  # far more than a socket keeps
        keeper.beat(number, True, f"turn {number}")
    assert systemd.listen()[0] == "READY=1"


def environ(address: str, watchdog_us: int = 10 * SECOND_US, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": str(watchdog_us), "WATCHDOG_PID": str(os.getpid()), **more}


def test_ready_is_said_once_and_life_twice_in_the_time_of_the_watchdog(systemd: Systemd, address: str) -> None:
    keeper = Keeper(environ(address))
    for mono_ms in range(0, 20_000, 250):
        keeper.beat(mono_ms, alive=True, status="slot: đỏ")
    assert systemd.listen() == ["READY=1", "WATCHDOG=1", "STATUS=slot: đỏ", *["WATCHDOG=1"] * 3]
    keeper.stopping()
    assert systemd.listen()[-1] == "STOPPING=1"


def test_no_sign_of_life_without_frames(systemd: Systemd, address: str) -> None:
    keeper = Keeper(environ(address))
    keeper.beat(0, alive=True, status="")
    for mono_ms in range(250, 60_000, 250):
        keeper.beat(mono_ms, alive=False, status="")
    assert systemd.listen() == ["READY=1", "WATCHDOG=1"]


@pytest.mark.parametrize("changes", [{"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": ""}, {"WATCHDOG_USEC": "x"}])
def test_a_watchdog_of_another_process_or_none_is_not_petted(
    systemd: Systemd, address: str, changes: dict[str, str]
) -> None:
    Keeper(environ(address) | changes).beat(0, alive=True, status="")
    assert systemd.listen() == ["READY=1"]


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-listens"])
def test_without_systemd_nothing_happens(address: str) -> None:
    keeper = Keeper({"NOTIFY_SOCKET": address})
    keeper.beat(0, alive=True, status="x")
    keeper.stopping()


# --- What is a sign of life ---


def pulse_of(theatre: Theatre, pulse: Pulse, ms: int) -> set[bool]:
    """Every answer while so much time passes."""
    found = set()
    for _ in range(ms // 500):
        theatre.passes(500)
        found.add(pulse.beats(theatre.stage.turn, theatre.surface.displayed(), theatre.mono))
    return found


def on(theatre: Theatre) -> Turn:
    theatre.passes(500)
    assert theatre.stage.turn
    return theatre.stage.turn


def test_pictures_live_as_long_as_one_follows_the_other() -> None:
    assert pulse_of(Theatre(World().playing()), Pulse(), 60_000) == {True}


def test_a_video_without_a_new_frame_is_no_sign_of_life() -> None:
    theatre, pulse = Theatre(World().playing()), Pulse()
    turn = on(theatre)
    turn.cue = _as_video(turn)
    assert pulse.beats(turn, True, 0)
    assert pulse.beats(turn, True, STILL_MS - 1)
    assert not pulse.beats(turn, True, STILL_MS)
    turn.frames += 1
    assert pulse.beats(turn, True, STILL_MS)


def test_a_picture_that_never_comes_on_is_no_sign_of_life() -> None:
    theatre, pulse = Theatre(World().playing()), Pulse()
    turn = on(theatre)
    turn.at = -1
    assert pulse.beats(turn, True, 0)
    assert not pulse.beats(turn, True, STILL_MS)


def test_without_a_display_or_after_a_failure_the_loop_is_life_enough() -> None:
    theatre, pulse = Theatre(World().playing()), Pulse()
    turn = on(theatre)
    turn.cue = _as_video(turn)
    for mono_ms in range(0, 60_000, 1000):
        assert pulse.beats(turn, False, mono_ms)
        assert pulse.beats(None, True, mono_ms)
    turn.failed = "cannot be decoded"
    assert pulse.beats(turn, True, 120_000)


def _as_video(turn: Turn) -> Cue:
    return replace(turn.cue, media_type=MediaType.MP4)


# --- The whole process ---


def test_a_real_player_says_ready_lives_and_ends(server: FakeServer, tmp_path: Path) -> None:
    systemd = Systemd(str(tmp_path / "n"))
    line = command(tmp_path, server, 0)
    at_its_start = f'import os; os.environ["WATCHDOG_PID"] = str(os.getpid()); os.execv({sys.executable!r}, {line!r})'
    variables = {**os.environ, **environ(str(tmp_path / "n"), watchdog_us=SECOND_US)}
    process = subprocess.Popen([sys.executable, "-c", at_its_start], env=variables, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: systemd.listen().count("WATCHDOG=1") >= 3, 60)
        assert systemd.heard.count("READY=1") == 1
        eventually(lambda: any(said.startswith("STATUS=slot: ") for said in systemd.listen()), 60)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        stopped_at = len(systemd.listen())
        process.send_signal(signal.SIGCONT)
        process.terminate()
        assert process.wait(60) == 0
        assert "STOPPING=1" in systemd.listen()[stopped_at:]
    finally:
        process.kill()
        process.wait()
        systemd.close()


def test_while_it_waits_for_a_code_the_watchdog_is_patient(server: FakeServer, tmp_path: Path) -> None:
    server.paired = False
    systemd = Systemd(str(tmp_path / "n"))
    variables = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "n"), "WATCHDOG_USEC": str(30 * SECOND_US)}
    variables.pop("WATCHDOG_PID", None)
    process = subprocess.Popen(command(tmp_path, server, 0), env=variables, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: "READY=1" in systemd.listen(), 60)
        assert systemd.heard[0] == f"WATCHDOG_USEC={180 * SECOND_US}"
        server.paired = True
        eventually(lambda: f"WATCHDOG_USEC={30 * SECOND_US}" in systemd.listen(), 60)
    finally:
        process.kill()
        process.wait()
        systemd.close()
