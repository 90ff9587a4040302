"""The wall clock is set under a running player (libfaketime); the monotonic clock goes on as it does in the kernel."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.faults.screen import Screen, standing

YEAR_S = 31_557_600
LEAP_S = 2**31 - 2  # two seconds before 32 bits run over
JUMPS_S = (3600, -3600, 10 * YEAR_S, -10 * YEAR_S, 1, -1, 20 * YEAR_S, 86_400, -86_400)
INSTANTS_S = (0, LEAP_S, calendar.timegm((2000, 1, 1, 0, 0, 0)))


@contextmanager
def settable(folder: Path) -> Iterator[Screen]:
    """A screen whose wall clock is what ``folder/clock`` says: seconds to add."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    assert library, "libfaketime is missing: apt-get install faketime"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clock").write_text("+0")
    environ = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # else every wait of Python returns at once
        "NO_FAKE_STAT": "1",
    }
    with standing(folder, environ=environ) as screen:
        yield screen


@contextmanager
def jumped(screen: Screen, dice: Random) -> Iterator[None]:
    """1970, 2038, an hour, a day, ten years: there and, most times, back."""
    now_s = time.time()
    jump_s = dice.choice((*JUMPS_S, *(instant - now_s for instant in INSTANTS_S)))
    _set(screen, jump_s)
    screen.publish(dice)
    yield
    _set(screen, dice.choice((0, 0, jump_s, 2)))


def _set(screen: Screen, add_s: float) -> None:
    """In one step: the player may look at any moment."""
    beside = screen.folder / "clock.new"
    beside.write_text(f"{add_s:+.3f}")
    beside.rename(screen.folder / "clock")
