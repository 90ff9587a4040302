"""Sixty transitions of every kind on the page, filmed from the frame buffer behind real Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes import eventually, serving
from tests.player.lab import Lab, filming, lab, name_of
from tests.player.life import living
from tests.player.reel_of_six import FILM_S, TRANSITIONS, mixed
from tests.player.verdict import judge, plan_of

MIDDLE = (320, 300)


@contextmanager
def kiosk(place: Lab, url: str, profile: Path) -> Iterator[None]:
    """Chromium as a device starts it, filling the display."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium not found: run `bash tests/machine.sh`, which installs what tests need"
    look = ["--kiosk", "--window-position=0,0", f"--window-size={place.width},{place.height}"]
    quiet = ["--no-first-run", "--disable-gpu", "--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    command = [found, *look, *quiet, f"--user-data-dir={profile}", url]
    environ = {**os.environ, "DISPLAY": place.name}
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        try:
            yield
        finally:
            browser.terminate()


def test_sixty_transitions_are_never_black_and_in_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with lab() as place, serving() as server:
        server.orders.publish(*mixed(tmp_path))
        with living(tmp_path / "player", server) as life, kiosk(place, life.url, tmp_path / "profile"):
            eventually(lambda: life.agent.stage and life.agent.stage.turn and name_of(place.pixel(*MIDDLE)), 60)
            with filming(place, *MIDDLE) as film:
                time.sleep(FILM_S)
            assert life.agent.stage
            assert life.agent.stage.turn
            expected, instants = plan_of(life.agent.stage.turn.playlist, film.changes[1][0], film.changes[-1][0])
    verdict = judge(film, expected, instants)
    with capsys.disabled():
        sys.stdout.write(f"\n  browser: {verdict}\n")
    verdict.assert_never_black(TRANSITIONS)
    verdict.assert_in_time()
