"""What a fault is, how its rounds are run, and what comes out as one row of RELIABILITY.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.judge import Judge, Verdict
from tests.faults.screen import Screen, mono_ms

AGAIN_S = 10.0  # a process
COLD_S = 20.0  # a machine
Strike = Callable[[Screen, Random], AbstractContextManager[None]]
Place = Callable[[Path], AbstractContextManager[Any]]
On = Callable[[Any, Path, int, int], Iterator[Verdict]]


@dataclass(frozen=True)
class Fault:
    """One way to be hurt. ``on`` gives a verdict a round; told are what stands in ``place``, folder, seed, count.

    ``short`` rounds are part of ``make test``, ``long`` ones of ``make soak``; ``within_s`` bounds the recovery;
    ``settled`` looks once more when all rounds are over.
    """

    name: str
    place: Place
    on: On
    short: int
    long: int
    within_s: float = AGAIN_S
    settled: Callable[[Any], Verdict] | None = None

    def survived(self, verdict: Verdict) -> bool:
        """Whether a round ended as it should."""
        return verdict.harmless and verdict.recovery_ms is not None and verdict.recovery_ms <= self.within_s * 1000


def struck(strike: Strike, lasts_s: tuple[float, float] = (0.01, 0.01), plays_on: bool = False) -> On:
    """Rounds on a screen: ``strike`` hurts it when it is entered and heals it when it is left.

    It lasts between so and so many seconds, short times more often; the first round as short as can be.
    ``plays_on``: the fault must not stop the pictures even while it lasts.
    """

    def on(screen: Screen, _folder: Path, seed: int, count: int) -> Iterator[Verdict]:
        judge, (shortest_s, longest_s) = Judge(screen), lasts_s
        for number in range(count):
            dice = Random(f"{seed} {number}")
            time.sleep(dice.uniform(0.1, 1))  # so that it strikes at any moment
            begun_ms = mono_ms()
            with strike(screen, dice):
                time.sleep(shortest_s * (longest_s / shortest_s) ** (dice.random() if number else 0))
            yield judge.verdict(begun_ms, mono_ms(), plays_on)

    return on


def settled(screen: Screen) -> Verdict:
    """Whether the last orders reach the screen, and every play the server."""
    return Judge(screen).settled()


@dataclass
class Tally:
    """The rounds of one fault, added up. ``trouble`` are the rounds that were not survived, in words."""

    fault: Fault
    seed: int
    done: int = 0
    survived: int = 0
    worst_ms: int = 0
    dark_ms: int = 0
    told: int = 0
    lost: int = 0
    doubled: int = 0
    unapproved: int = 0
    trouble: tuple[str, ...] = ()

    def add(self, verdict: Verdict) -> None:
        fine = self.fault.survived(verdict)
        self.done, self.survived = self.done + 1, self.survived + fine
        self.worst_ms = max(self.worst_ms, verdict.recovery_ms or 0)
        self.dark_ms = max(self.dark_ms, verdict.dark_ms)
        self.told = max(self.told, verdict.told)
        self.lost += verdict.lost
        self.doubled += verdict.doubled + verdict.invented
        self.unapproved += verdict.unapproved
        if not fine:
            self.trouble = (*self.trouble, f"round {self.done - 1}: {verdict}")

    def settle(self, verdict: Verdict) -> None:
        """What was found when all rounds were over counts against the last one."""
        if not verdict.harmless:
            self.done, self.survived = self.done - 1, self.survived - 1
            self.add(verdict)


def run(
    faults: Sequence[Fault], folder: Path, seed: int, count: Callable[[Fault], int], until: float = float("inf")
) -> list[Tally]:
    """So many rounds of each of these faults, which share a place; fewer when the time (monotonic seconds) is over."""
    tallies = [Tally(fault, seed) for fault in faults]
    with faults[0].place(folder) as it:
        for tally in tallies:
            for verdict in tally.fault.on(it, folder, seed, count(tally.fault)):
                tally.add(verdict)
                if time.monotonic() > until:
                    break
        if faults[-1].settled:
            tallies[-1].settle(faults[-1].settled(it))
    return tallies


def by_place(faults: Sequence[Fault]) -> dict[str, list[Fault]]:
    """The faults that have short rounds, by the name of their place."""
    groups: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.short:
            groups.setdefault(fault.place.__name__, []).append(fault)
    return groups
