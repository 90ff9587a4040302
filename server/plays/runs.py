"""The arithmetic of ranges of play numbers: which are new, what is received, what is missing. Pure.

A run is ``(first, last)``, both included. The runs of a device are ascending and neither touch nor overlap.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

Run = tuple[int, int]

MAX_GAPS = 200


def new_ranges(runs: Sequence[Run], first: int, last: int) -> list[Run]:
    """The parts of ``first..last`` that no run holds yet, ascending."""
    found: list[Run] = []
    at = max(0, bisect_right(runs, (first, first)) - 1)
    for known_first, known_last in runs[at:]:
        if known_first > last or first > last:
            break
        if known_last < first:
            continue
        if first < known_first:
            found.append((first, known_first - 1))
        first = known_last + 1
    if first <= last:
        found.append((first, last))
    return found


def merged(runs: Sequence[Run], first: int, last: int) -> list[Run]:
    """The runs after ``first..last`` arrived: what touches or overlaps it has become one."""
    if runs and runs[-1][0] <= first <= runs[-1][1] + 1:  # the usual batch continues the newest run
        return [*runs[:-1], (runs[-1][0], max(runs[-1][1], last))]
    left = bisect_left(runs, first - 1, key=lambda run: run[1])
    right = bisect_right(runs, last + 1, key=lambda run: run[0])
    touched = runs[left:right]
    if touched:
        first, last = min(first, touched[0][0]), max(last, touched[-1][1])
    return [*runs[:left], (first, last), *runs[right:]]


def known_ranges(runs: Sequence[Run], first: int, last: int) -> list[Run]:
    """The parts of ``first..last`` that were received before, ascending."""
    return [
        (max(first, known_first), min(last, known_last))
        for known_first, known_last in runs
        if known_first <= last and known_last >= first
    ]


def gaps(runs: Sequence[Run]) -> list[Run]:
    """The missing ranges below the highest received number. Numbers start at 1."""
    found: list[Run] = []
    expected = 1
    for first, last in runs:
        if first > expected:
            found.append((expected, first - 1))
        expected = last + 1
    return found


def shortened(missing: Sequence[Run], most: int = MAX_GAPS) -> tuple[Run, ...]:
    """At most ``most`` ranges that cover all of ``missing``: the oldest become one wide range.

    A receipt lists what it does *not* confirm, so widening an old gap is safe: at worst a player sends a play
    again, which changes nothing.
    """
    excess = len(missing) - most
    if excess <= 0:
        return tuple(missing)
    return ((missing[0][0], missing[excess][1]), *missing[excess + 1 :])
