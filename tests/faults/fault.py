"""What a fault is, how its rounds are run, and what comes out as one row of RELIABILITY.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.judge import Judge, Verdict
from tests.faults.screen import Screen, mono_ms

AGAIN_S = 10.0  # a process
COLD_S = 20.0  # a machine
Strike = Callable[[Screen, Random], AbstractContextManager[None]]
Place = Callable[[Path], AbstractContextManager[Screen]]


@dataclass(frozen=True)
class Fault:
    """One way to be hurt. ``rounds`` gives a verdict a round, from a folder, a seed and how many are wanted.

    ``short`` rounds are part of ``make test``, ``long`` ones of ``make soak``; ``within_s`` bounds the recovery.
    """

    name: str
    rounds: Callable[[Path, int, int], Iterator[Verdict]]
    short: int
    long: int
    within_s: float = AGAIN_S

    def survived(self, verdict: Verdict) -> bool:
        """Whether a round ended as it should."""
        return verdict.harmless and verdict.recovery_ms is not None and verdict.recovery_ms <= self.within_s * 1000


@dataclass(frozen=True)
class Struck:
    """Rounds on a screen in ``place``: ``strike`` hurts it when it is entered and heals it when it is left.

    It lasts between so and so many seconds, short times more often; the first round as short as can be.
    ``plays_on``: the fault must not stop the pictures even while it lasts.
    """

    place: Place
    strike: Strike
    lasts_s: tuple[float, float] = (0.01, 0.01)
    plays_on: bool = False

    def __call__(self, folder: Path, seed: int, count: int) -> Iterator[Verdict]:
        with self.place(folder) as screen:
            judge = Judge(screen)
            for number in range(count):
                verdict = self.round(screen, judge, seed, number)
                yield judge.settled(verdict) if number == count - 1 else verdict

    def round(self, screen: Screen, judge: Judge, seed: int, number: int) -> Verdict:
        """One round, the same for the same seed and number."""
        dice, (shortest_s, longest_s) = Random(f"{seed} {number}"), self.lasts_s
        time.sleep(dice.uniform(0.1, 1))  # so that it strikes at any moment
        begun_ms = mono_ms()
        with self.strike(screen, dice):
            time.sleep(shortest_s * (longest_s / shortest_s) ** (dice.random() if number else 0))
        return judge.verdict(begun_ms, mono_ms(), self.plays_on)


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


def run(fault: Fault, folder: Path, seed: int, rounds: int, until: float = float("inf")) -> Tally:
    """So many rounds, or fewer when the time (monotonic seconds) is over."""
    tally = Tally(fault, seed)
    for verdict in fault.rounds(folder, seed, rounds):
        tally.add(verdict)
        if time.monotonic() > until:
            break
    return tally


def run_together(faults: Sequence[Fault], folder: Path, seed: int) -> list[Tally]:
    """A few rounds of each of these faults, one after the other, on one screen in the place that they share."""
    tallies = [Tally(fault, seed) for fault in faults]
    with faults[0].rounds.place(folder) as screen:  # type: ignore[attr-defined]
        judge = Judge(screen)
        for tally in tallies:
            for number in range(tally.fault.short):
                tally.add(tally.fault.rounds.round(screen, judge, seed, number))  # type: ignore[attr-defined]
        tallies[-1].add(judge.settled())
    return tallies


def by_place(faults: Sequence[Fault]) -> dict[str, list[Fault]]:
    """The faults that can share a screen, by the name of their place; every other one alone, by its own."""
    groups: dict[str, list[Fault]] = {}
    for fault in faults:
        shared = isinstance(fault.rounds, Struck)
        groups.setdefault(fault.rounds.place.__name__ if shared else fault.name, []).append(fault)
    return groups
