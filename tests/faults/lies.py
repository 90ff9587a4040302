"""The file server, or whoever answers in its place, sends something else than what was approved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.faults.screen import Screen

ANSWERS = ("html", "truncated", "cut", "longer", "changed", "endless", "slow", "redirect", "gzip", "busy")


@contextmanager
def lied_to(screen: Screen, dice: Random) -> Iterator[None]:
    """A login page, half a file, a longer one, one byte changed, no end, a few bytes a second …"""
    screen.server.knobs["*"] = dice.choice(ANSWERS)
    screen.publish(dice)
    yield
    screen.server.knobs.clear()
