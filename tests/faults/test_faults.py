"""Every fault the player must survive, in a few rounds; `make soak` runs the many and writes RELIABILITY.md.

The few have one seed, the many another each time; it is printed, and SEED=… repeats a run.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault, Tally, by_place, run
from tests.faults.reliability import write

ASKED = os.environ.get("SEED")
FEW_SEED = int(ASKED or 1)
MANY_SEED = int(ASKED or random.SystemRandom().randrange(10**6))
MINUTES = float(os.environ.get("MINUTES") or "inf")
NAMES = [fault.name for fault in FAULTS]
GROUPS = by_place(FAULTS)


@pytest.fixture(scope="module")
def tallies() -> Iterator[list[Tally]]:
    """The tallies of the long runs; they go into RELIABILITY.md."""
    done: list[Tally] = []
    yield done
    if done:
        write(done)


@pytest.mark.parametrize("faults", GROUPS.values(), ids=GROUPS)
def test_the_screen_survives(faults: list[Fault], tmp_path: Path) -> None:
    sys.stderr.write(f"SEED={FEW_SEED}\n")  # pytest shows it when the test fails
    tallies = run(faults, tmp_path, FEW_SEED, lambda fault: fault.short)
    assert all(tally.done for tally in tallies)
    assert {tally.fault.name: tally.trouble for tally in tallies if tally.trouble} == {}


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_the_screen_survives_many(fault: Fault, tmp_path: Path, tallies: list[Tally]) -> None:
    sys.stderr.write(f"SEED={MANY_SEED}\n")
    until = time.monotonic() + MINUTES * 60 / len(FAULTS)
    tallies += run([fault], tmp_path, MANY_SEED, lambda fault: fault.long, until)
    assert tallies[-1].done
    assert tallies[-1].trouble == ()
