"""RELIABILITY.md: what every fault did to the player, written from the tallies of the runs and by nothing else."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.faults.catalogue import FAULTS
from tests.faults.fault import Tally
from tests.machine import ROOT

PAGE = ROOT / "RELIABILITY.md"
HEAD = """\
# What the player survives

Written by `make reliability`: every row is the tally of one run of `tests/faults`, in which a judge compared what the
display showed, what the player's journal held and what the server had received. `SEED=` repeats a run.

* **Worst recovery**: the longest time until the screen played again after the fault; for faults that must not stop it,
  the longest time without a new picture, the fault included. Time in which other programs of the test machine held
  the processor while the player waited for it (schedstat) is not counted.
* **Dark**: the longest time without a picture while something approved was on the device, in a player that had begun.
* **Lost**: plays whose record was reported durable, and which are neither in the journal nor on the server.
  **Doubled**: plays that are there twice, or were never shown. **Unapproved**: pictures that nobody approved.

The figures come from ext4 on a virtual disk: a real SD card can also lose what it had confirmed. The player is the real
command in a process of its own; its display is one in memory where the row does not name a browser or mpv, and plays
are handed in after less than a second instead of fifteen.

| Fault | Rounds | Survived | Worst recovery | Dark | Plays | Lost | Doubled | Unapproved | Seed | Date | Commit |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def write(tallies: list[Tally], page: Path = PAGE) -> None:
    """Replace the rows of these faults; those of other faults that still exist stay as they were measured."""
    rows = {line.split(" | ")[0]: line for line in _lines(page) if line.startswith("| ")}
    rows |= {f"| {tally.fault.name}": row(tally) for tally in tallies}
    known = [rows[name] for name in (f"| {fault.name}" for fault in FAULTS) if name in rows]
    page.write_text(HEAD + "".join(f"{line}\n" for line in known), "utf-8")


def row(tally: Tally) -> str:
    """One fault as a row."""
    figures = (tally.done, tally.survived, _seconds(tally.worst_ms), _seconds(tally.dark_ms), tally.told)
    harm = (tally.lost, tally.doubled, tally.unapproved)
    when = (tally.seed, time.strftime("%Y-%m-%d", time.gmtime()), _commit())
    return "| " + " | ".join(map(str, (tally.fault.name, *figures, *harm, *when))) + " |"


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s" if ms else "0"


def _lines(page: Path) -> list[str]:
    return page.read_text("utf-8").splitlines() if page.exists() else []


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=10).stdout.strip() or "unknown"
