"""Sixty transitions of every kind, filmed from the frame buffer."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from player.surface.mpv.surface import MpvSurface
from tests.fakes import eventually, serving
from tests.player.lab import filming, lab, name_of
from tests.player.life import acting
from tests.player.reel_of_six import FILM_S, TRANSITIONS, mixed
from tests.player.verdict import judge, plan_of

MIDDLE = (320, 300)


def test_sixty_transitions_are_never_black_and_in_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with lab() as place, serving() as server:
        server.orders.publish(*mixed(tmp_path))
        with acting(tmp_path / "player", server, lambda c: MpvSurface(lambda: c.read().ms, place.name)) as (agent, _):
            eventually(lambda: agent.stage and agent.stage.turn and name_of(place.pixel(*MIDDLE)), 60)
            with filming(place, *MIDDLE) as film:
                time.sleep(FILM_S)
            expected, instants = plan_of(agent.stage.turn.playlist, film.changes[1][0], film.changes[-1][0])
    verdict = judge(film, expected, instants)
    with capsys.disabled():
        sys.stdout.write(f"\n  mpv: {verdict}\n")
    verdict.assert_never_black(TRANSITIONS)
    verdict.assert_in_time()
