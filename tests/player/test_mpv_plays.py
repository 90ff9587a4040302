"""A whole player with mpv: what it recorded against what was to be seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from player.surface.mpv.surface import MpvSurface
from playlists.model import Evidence, MediaType, Play, Result
from tests.fake_orders import Item, mp4
from tests.fakes import FakeServer, serving
from tests.player.lab import Lab, lab, name_of
from tests.player.life import acting, root_of
from tests.player.mpv_show import MIDDLE, Show, eventually
from tests.player.rig import RED


@pytest.fixture(scope="module")
def display() -> Iterator[Lab]:
    with lab() as place:
        yield place


@pytest.mark.parametrize("single", [False, True], ids=["windows", "single"])
def test_a_playlist_plays_and_every_play_comes_back_with_proof(
    display: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single: bool
) -> None:
    monkeypatch.setattr("player.report.LATEST_MS", 3000)
    clip = Item("vàng", mp4(tmp_path, "yellow", 2000), MediaType.MP4, 2000, 4)
    with serving() as server:
        server.orders.publish(replace(RED, duration_ms=2000), clip)
        with acting(tmp_path / "player", server, lambda c: on(display, c, single)):

            def complete() -> list[Play]:
                return [play for play in server.plays.values() if play.result is Result.COMPLETE]

            eventually(lambda: {play.entry for play in complete()} == {0, 1}, 60)
        assert {play.evidence for play in complete()} == {Evidence.DECODED}
        assert all(0.95 * play.planned_ms <= play.shown_ms <= play.planned_ms + 500 for play in complete())


def on(display: Lab, clock: Any, single: bool = False) -> MpvSurface:
    return MpvSurface(lambda: clock.read().ms, display.name, single=single)


def test_a_broken_item_gives_its_place_to_another_and_rests_after_two_strikes(display: Lab, tmp_path: Path) -> None:
    with serving() as server:
        broken = Item("hỏng", b"no picture at all", MediaType.MP4, 2000, number=9)
        server.orders.publish(RED, broken)
        with acting(tmp_path / "player", server, lambda clock: on(display, clock)) as (agent, _):
            eventually(lambda: name_of(display.pixel(*MIDDLE)) == "đỏ")

            def rests() -> bool:
                assert name_of(display.pixel(*MIDDLE)) == "đỏ"
                return bool(agent.stage.quarantined(broken.rendition.sha256, agent._clock.mono_ms()))

            eventually(rests, 60, 0.002)


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_no_decoder_outlives_its_agent(display: Lab, server: FakeServer, tmp_path: Path, stopped: bool) -> None:
    run = ["run", "--surface", "mpv", "--server", server.url, "--root", str(root_of(tmp_path))]
    command = [sys.executable, "-P", "-m", "player.cli", *run, "--state", str(tmp_path / "state")]
    show = Show(display, tmp_path)
    agent = subprocess.Popen(command, env={**os.environ, "DISPLAY": display.name, "PYTHONPATH": str(Path.cwd())})
    try:
        eventually(lambda: len(show.decoders()) == 2 and show.seen())
        if stopped:
            for pid in show.decoders():
                os.kill(pid, signal.SIGSTOP)
    finally:
        agent.kill()
        agent.wait()
    eventually(lambda: show.decoders() == [])
