"""One hour of shares of airtime, planned by us and by the npm package ``@xiboplayer/schedule``: how exact, how even.

The package is fetched into a temporary folder when the benchmark runs and is no part of what we ship. It knows shares
of voice beside ordinary layouts, so that is what both are asked.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from playlists.model import Frequency, Per, Screen, Window
from playlists.plan import plan_day
from tests.playlists.oracle import a_campaign, shown_in

PACKAGE = "@xiboplayer/schedule@0.5.20"
LONGEST_S = 40  # of npm, which may have to go out for it
ROUNDS = 20
NORMAL_S = 10
# Percent of the hour and seconds of each item: Xibo 3736 (six alike), unequal shares, and odd lengths.
HOURS = {
    "six of 10 %, 30 s": [(10, 30)] * 6,
    "1, 5, 20 and 40 %": [(1, 15), (5, 15), (20, 15), (40, 15)],
    "over-full: six of 20 %": [(20, 30)] * 6,
    "odd lengths": [(3, 17), (11, 23), (7, 31), (25, 13), (9, 41)],
}


@dataclass(frozen=True, slots=True)
class Measured:
    """An hour as it was planned: seconds off the shares, all and the worst; the worst bunching; how long it took.

    ``bunching``: the largest gap between plays of one campaign, in ideal gaps of its share. ``whole_s``: how long the
    hour became.
    """

    off_s: float
    worst_s: float
    bunching: float
    whole_s: float
    took_ms: float


def ours(shares: Sequence[tuple[int, int]]) -> Measured:
    """The hour from nine to ten on a screen that is open then."""
    nine = (Window(9 * 60, 10 * 60),)
    asked = [
        replace(a_campaign(n, 0, seconds, windows=nine), frequency=Frequency(Per.AIRTIME, percent * 10))
        for n, (percent, seconds) in enumerate(shares, 1)
    ]
    screen, normal = Screen("s-1", "Asia/Ho_Chi_Minh", nine), a_campaign(99, 0, NORMAL_S, NORMAL_S)
    start = time.perf_counter()
    for _ in range(ROUNDS):
        plan = plan_day([*asked, normal], screen, date(2026, 7, 6))
    took_ms = (time.perf_counter() - start) * 1000 / ROUNDS
    shown = list(shown_in(plan))
    return _measured([(s.entry.campaign, s.start / 1000, (s.end - s.start) / 1000) for s in shown], shares, took_ms)


def theirs(shares: Sequence[tuple[int, int]], folder: Path) -> Measured:
    """The same shares from the package in ``folder``, played one after the other."""
    asked = [{"id": n, "percent": percent, "seconds": seconds} for n, (percent, seconds) in enumerate(shares, 1)]
    question = json.dumps({"shares": asked, "normal": NORMAL_S, "rounds": ROUNDS})
    script = folder / "hour.mjs"
    script.write_bytes(Path(__file__).with_name("_xibo_schedule.mjs").read_bytes())
    done = subprocess.run(
        ["node", script], input=question, capture_output=True, text=True, timeout=LONGEST_S, check=True
    )
    answer = json.loads(done.stdout)
    at, plays = 0.0, []
    for campaign, seconds in answer["loop"]:
        plays.append((campaign, at, float(seconds)))
        at += seconds
    return _measured(plays, shares, answer["took_ms"])


def _measured(plays: Sequence[tuple[int, float, float]], shares: Sequence[tuple[int, int]], took_ms: float) -> Measured:
    off, bunching = [], 0.0
    for number, (percent, _) in enumerate(shares, 1):
        own = [(at, seconds) for campaign, at, seconds in plays if campaign == number]
        off.append(abs(sum(seconds for _, seconds in own) - percent * 36))
        gaps = [b - a for (a, _), (b, _) in pairwise(own)]
        bunching = max([bunching, *(gap * len(own) / 3600 for gap in gaps)])
    whole = plays[-1][1] + plays[-1][2] - plays[0][1]
    return Measured(sum(off), max(off), bunching, whole, took_ms)


def compared() -> dict[str, tuple[Measured, Measured]] | str:
    """Every hour, ours and theirs; or a sentence that says why they could not be asked."""
    if not (shutil.which("npm") and shutil.which("node")):
        return "npm or node is missing on this machine: @xiboplayer/schedule was not asked"
    with TemporaryDirectory() as folder:
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PACKAGE]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_S)
            return {name: (ours(shares), theirs(shares, Path(folder))) for name, shares in HOURS.items()}
        except (subprocess.SubprocessError, ValueError) as error:
            return f"{PACKAGE} could not be asked: {error}"
