"""Promised plays of one hour, put in order and in place so that every campaign's plays are as even as can be.

A play has an ideal start, and ``gap_ms`` is the ideal distance between plays of its campaign. Its *strain* is how far
from the ideal it starts, in 64ths of that distance. While no strain passes :data:`EASY` (a quarter), no two plays of
a campaign are further apart than one and a half times the ideal.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

EASY = 16
WHOLE = 64


class Job(NamedTuple):
    """A promised play: ideal start, ideal distance, the span it must lie in, and which item it shows how long (ms).

    ``rank``: which of the hour's demands it is for.
    """

    ideal_ms: int
    gap_ms: int
    from_ms: int
    to_ms: int
    rank: int
    item: int
    duration_ms: int

    def earliest(self, strain: int) -> int:
        return max(self.from_ms, self.ideal_ms - self.gap_ms * strain // WHOLE)

    def latest(self, strain: int) -> int:
        return min(self.to_ms - self.duration_ms, self.ideal_ms + self.gap_ms * strain // WHOLE)


class Place(NamedTuple):
    """Where a job may start without breaking any other's limits, and where it is best."""

    job: Job
    earliest_ms: int
    best_ms: int
    latest_ms: int


def fit_together(jobs: Sequence[Job]) -> bool:
    """Whether an order is found in which every job lies in its span. True is proof; False is not, spans being free."""
    spans = {(job.from_ms, job.to_ms) for job in jobs}
    if len(spans) <= 1:
        return sum(job.duration_ms for job in jobs) <= sum(b - a for a, b in spans)
    return _fits(_by_deadline(jobs, _limit(jobs)), _limit(jobs))


def least_strain(jobs: Sequence[Job]) -> int:
    """The strain of the jobs in the best order that :func:`arrange` knows."""
    return _best_order(tuple(jobs))[0] if jobs else 0


def arrange(jobs: Sequence[Job]) -> list[Place]:
    """The jobs in the order of least strain, each with its limits. They must :func:`fit_together`."""
    if not jobs:
        return []
    strain, order = _best_order(tuple(jobs))
    easy = max(strain, EASY)
    best = zip(_earliest(order, strain), _latest(order, strain), strict=True)
    return [
        Place(job, early, (a + b) // 2, late)
        for job, early, late, (a, b) in zip(order, _earliest(order, easy), _latest(order, easy), best, strict=True)
    ]


@lru_cache(maxsize=4)  # an hour is asked about as it is allotted, and again as it is laid out
def _best_order(jobs: tuple[Job, ...]) -> tuple[int, Sequence[Job]]:
    limit = _limit(jobs)
    orders = [_by_deadline(jobs, EASY), sorted(jobs), _by_deadline(jobs, limit)]
    strain, at = min((_least_strain(order, limit), at) for at, order in enumerate(orders))
    return strain, orders[at]


def _limit(jobs: Sequence[Job]) -> int:
    """A strain that no job can reach inside its span: only the spans count then."""
    return WHOLE * (2 + max((job.to_ms // job.gap_ms for job in jobs), default=0))


def _by_deadline(jobs: Sequence[Job], strain: int) -> list[Job]:
    """Earliest deadline first. A job that would make one not yet ready come late lets shorter ones go before it."""
    waiting = sorted(jobs, key=lambda job: (job.earliest(strain), job))
    # The last moment at which everything that is still waiting at each index can be begun in time.
    urgent = [job.latest(strain) for job in waiting]
    for i in range(len(urgent) - 2, -1, -1):
        urgent[i] = min(urgent[i], urgent[i + 1])
    ready: list[tuple[int, Job]] = []
    order: list[Job] = []
    now = at = 0
    while at < len(waiting) or ready:
        if not ready:
            now = max(now, waiting[at].earliest(strain))
        while at < len(waiting) and waiting[at].earliest(strain) <= now:
            heapq.heappush(ready, (waiting[at].latest(strain), waiting[at]))
            at += 1
        job = _next_ready(ready, now, urgent[at] if at < len(waiting) else None)
        if job is None:
            now = waiting[at].earliest(strain)
            continue
        order.append(job)
        now += job.duration_ms
    return order


def _next_ready(ready: list[tuple[int, Job]], now: int, urgent: int | None) -> Job | None:
    """Take from the heap the first job that ends before the urgent one must begin; None when waiting is better."""
    due, job = ready[0]
    if urgent is None or now + job.duration_ms <= urgent or urgent < now:
        return heapq.heappop(ready)[1]
    shorter = min((one for one in ready if now + one[1].duration_ms <= urgent), default=None)
    if shorter is None:
        return heapq.heappop(ready)[1] if due <= now else None
    ready.remove(shorter)
    heapq.heapify(ready)
    return shorter[1]


def _least_strain(order: Sequence[Job], limit: int) -> int:
    """The least strain at which jobs in this order fit, by bisection; more than ``limit`` when they never do."""
    low, high = (-1, EASY) if _fits(order, EASY) else (EASY, limit + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(order, middle) else (middle, high)
    return high


def _fits(order: Sequence[Job], strain: int) -> bool:
    free = 0
    for ideal, gap, begin, end, _, _, duration in order:
        slack = gap * strain // WHOLE
        start = max(free, begin, ideal - slack)
        free = start + duration
        if start > ideal + slack or free > end:
            return False
    return True


def _earliest(order: Sequence[Job], strain: int) -> list[int]:
    starts, free = [], 0
    for job in order:
        starts.append(max(free, job.earliest(strain)))
        free = starts[-1] + job.duration_ms
    return starts


def _latest(order: Sequence[Job], strain: int) -> list[int]:
    starts: list[int] = []
    for job in reversed(order):
        latest = job.latest(strain)
        starts.append(min(latest, starts[-1] - job.duration_ms) if starts else latest)
    return starts[::-1]
