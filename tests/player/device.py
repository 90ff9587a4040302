"""A player as a process of its own, as a device runs it, and what it costs the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes import FakeServer
from tests.player.lab import Lab
from tests.player.life import root_of

ROOT = Path(__file__).parent.parent.parent
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@contextmanager
def device(folder: Path, server: FakeServer, place: Lab) -> Iterator[int]:
    """``cauthang-player run --surface mpv`` on a display while the block runs; its process id."""
    told = ["--server", server.url, "--root", str(root_of(folder)), "--state", str(folder / "state")]
    command = [sys.executable, "-P", "-m", "player.cli", "run", "--surface", "mpv", *told]
    environ = {**os.environ, "DISPLAY": place.name, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as agent:
        try:
            yield agent.pid
        finally:
            agent.terminate()


def children(pid: int) -> list[int]:
    """The processes it started, from all of its threads."""
    found = (task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for line in found for child in line]


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def rss_mb(pid: int) -> float:
    """Memory of a process that lies in RAM now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6
