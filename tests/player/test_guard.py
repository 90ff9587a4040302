"""A player that dies again and again first leaves the videos out, then everything, and says so; calm forgives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from player.guard import WINDOW_MS, Guard, Mode
from tests.fakes import FakeServer, eventually
from tests.player.dying_disk import DyingDisk
from tests.player.life import acting

MINUTE_MS = 60_000
FIRST, SECOND = (1, 1), (1, 2)


class Machine:
    """Boots and minutes, for a guard that is started again and again over one folder."""

    def __init__(self, folder: Path, safe_after: int = 3) -> None:
        self.folder, self.safe_after = folder, safe_after
        self.boot, self.ms = "first", 0

    def start(self, after_ms: int = MINUTE_MS, playlist: tuple[int, int] = FIRST) -> Guard:
        self.ms += after_ms
        guard = Guard(self.folder, self.safe_after, now=lambda: (self.boot, self.ms))
        guard.lives(playlist)
        return guard

    def power_cut(self) -> None:
        self.boot, self.ms = self.boot + "'", 0


def test_three_restarts_in_half_an_hour_leave_pictures_and_six_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    modes = [machine.start().mode for _ in range(8)]
    assert modes == [*[Mode.NORMAL] * 3, *[Mode.STILLS] * 3, *[Mode.SLATE] * 2]


def test_restarts_far_apart_are_no_loop(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert {machine.start(11 * MINUTE_MS).mode for _ in range(20)} == {Mode.NORMAL}


def test_power_cuts_count_though_the_clock_begins_anew(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for _ in range(4):
        machine.power_cut()
        guard = machine.start()
    assert guard.mode is Mode.STILLS


def test_half_an_hour_of_calm_forgives_also_after_another_power_cut(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for _ in range(5):
        guard = machine.start()
    machine.ms += WINDOW_MS
    guard.lives(FIRST)
    assert guard.mode is Mode.NORMAL
    machine.power_cut()
    assert machine.start().mode is Mode.NORMAL


def test_another_playlist_is_a_new_chance(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for _ in range(7):
        guard = machine.start()
    assert guard.mode is Mode.SLATE
    guard.lives(SECOND)
    assert guard.mode is Mode.NORMAL
    assert machine.start(playlist=SECOND).restarts == 1


def test_an_end_that_was_asked_for_is_no_crash(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for _ in range(10):
        guard = machine.start()
        guard.ended_well()
    assert machine.start().mode is Mode.NORMAL


DAMAGED = {"empty": b"", "half": b"{", "torn": b"cauthang 1 1 00\n{}", "noise": bytes(range(100))}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_count_begins_anew(tmp_path: Path, content: bytes) -> None:
    for name in ("starts.a", "starts.b"):
        (tmp_path / name).write_bytes(content)
    assert Machine(tmp_path).start().restarts == 0


def test_a_disk_that_refuses_keeps_nobody_from_playing(tmp_path: Path) -> None:
    disk = DyingDisk(1, OSError(28, os.strerror(28)))
    assert Guard(tmp_path, 3, disk).mode is Mode.NORMAL


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    machine = Machine(tmp_path, safe_after=0)
    assert {machine.start().mode for _ in range(20)} == {Mode.NORMAL}


def test_a_player_that_was_killed_six_times_says_so_and_shows_the_slate(server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "player" / "state").mkdir(parents=True)
    for _ in range(6):
        Guard(tmp_path / "player" / "state", 3)
    with acting(tmp_path / "player", server) as (agent, surface):
        stage = eventually(lambda: agent.stage)
        eventually(lambda: stage.mode is Mode.SLATE)
        eventually(lambda: "RESTARTS" in [f["code"] for f in agent.faults.listed(stage._clock.mono_ms())])
        assert [title for _, title in surface.history if title] == []
