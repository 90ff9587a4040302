"""Which of an hour's promised plays find room: all, or by priority as many as the hour holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from playlists.demand import SHORTEST_MS, Catalogue, Demand, Hour, total_ms
from playlists.spread import Job, fit_together
from playlists.windows import Span

GOLDEN = 0x9E3779B9  # 2**32 divided by the golden ratio: multiples of it spread over 2**32 better than any others
CIRCLE = 2**32
FEW_SPANS = 24
TRIALS = 100  # of fitting plays of colliding windows together, in one hour; what found no room by then gives way


class Allotment(NamedTuple):
    """The promised plays of an hour that find room, and per demand how many those are and how long."""

    jobs: tuple[Job, ...]
    planned: tuple[int, ...]
    shown_ms: tuple[int, ...]


class Candidate(NamedTuple):
    """A promised play that asks for room: the rank of its demand, its number there, and the ideal distance."""

    rank: int
    play: int
    ideal_ms: int
    gap_ms: int
    wanted: int  # whose turn it is in the campaign's rotation


def allot(catalogue: Catalogue, hour: Hour, number: int) -> Allotment:
    """Room for as many promised plays as the hour holds, lower priorities giving way first.

    ``number`` counts the hours of this kind before this one: rotations go on where those ended, as long as that leaves
    every campaign its plays. So what is lacking depends on the hour alone.
    """
    first = _allot_well(catalogue, hour, 0)
    later = _allot_well(catalogue, hour, number) if number else first
    return first._replace(jobs=later.jobs) if later.planned == first.planned else first


def _allot_well(catalogue: Catalogue, hour: Hour, number: int) -> Allotment:
    counts = [min(demand.plays, demand.active_ms // SHORTEST_MS) for demand in hour.demands]
    first = _allot(catalogue, hour, counts, number)
    if all(planned == demand.plays for planned, demand in zip(first.planned, hour.demands, strict=True)):
        return first
    # What is left of a promise is spread anew over the hour, instead of losing its last plays.
    again = _allot(catalogue, hour, first.planned, number)
    return again if again.planned == first.planned else first


def missing_ms(catalogue: Catalogue, demand: Demand, planned: int, shown_ms: int) -> int:
    """The airtime a promise lacks: what it promised less what found room, at least its shortest item a play."""
    durations = [catalogue.durations[i] for i in catalogue.items_of(demand.campaign)]
    rounds, rest = divmod(demand.plays, len(durations))
    promised = rounds * sum(durations) + sum(durations[:rest])
    return max(promised - shown_ms, (demand.plays - planned) * min(durations)) if planned < demand.plays else 0


def _allot(catalogue: Catalogue, hour: Hour, counts: Sequence[int], number: int) -> Allotment:
    room = _Room(catalogue, hour)
    for priority in sorted({demand.priority for demand in hour.demands}):
        room.admit(_candidates(catalogue, hour, counts, priority, number))
    planned, shown = [0] * len(hour.demands), [0] * len(hour.demands)
    ranks = {demand.campaign: rank for rank, demand in enumerate(hour.demands)}
    for job in room.jobs:
        planned[ranks[job.campaign]] += 1
        shown[ranks[job.campaign]] += job.duration_ms
    return Allotment(tuple(room.jobs), tuple(planned), tuple(shown))


def _candidates(catalogue: Catalogue, hour: Hour, counts: Sequence[int], priority: int, number: int) -> list[Candidate]:
    """The plays of one priority: those with the least choice of time first, then evenly among equals, so that an
    overfull hour takes from each of them alike."""
    order: list[tuple[int, int, Candidate]] = []
    for rank, (demand, count) in enumerate(zip(hour.demands, counts, strict=True)):
        if demand.priority != priority or not demand.offers:
            continue
        active_ms = demand.active_ms
        gap = active_ms // max(count, 1)
        # Plays of different campaigns keep out of each other's way; the last one still ends inside.
        longest = max(catalogue.durations[offer.item] for offer in demand.offers)
        phase = (rank + 1) * GOLDEN % CIRCLE * max(gap - longest, 0) // CIRCLE
        for play in range(count):
            at = play * active_ms // count + phase
            wanted = demand.turn + number * demand.plays + play
            candidate = Candidate(rank, play, _instant(demand.active, at), gap, wanted)
            order.append((active_ms, play * CIRCLE // count, candidate))
    return [candidate for _, _, candidate in sorted(order)]


def _instant(active: Sequence[Span], at: int) -> int:
    """The instant at which a campaign has been active for ``at`` ms, the time between its spans not counting."""
    for a, b in active:
        if at < b - a:
            return a + at
        at -= b - a
    return active[-1][1]


class _Ledger:
    """How much of an hour is given away: in all, and within each span that a play can ask for.

    That a span has room left is necessary for another play in it, not sufficient.
    """

    def __init__(self, free_ms: int) -> None:
        self.free_ms = free_ms
        self._used: dict[Span, int] = {}
        self._around: dict[Span, tuple[Span, ...]] = {}

    def know(self, spans: Collection[Span]) -> None:
        """Look from now on at these spans as well. With too many of them, only each play's own is looked at."""
        known = {*self._around, *spans}
        few = len(known) <= FEW_SPANS
        self._around = {
            (a, b): tuple((x, y) for x, y in known if x <= a and b <= y) if few else ((a, b),) for a, b in known
        }

    def copy(self) -> _Ledger:
        twin = _Ledger(self.free_ms)
        twin._used, twin._around = dict(self._used), self._around
        return twin

    def has_room(self, job: Job) -> bool:
        around = self._around[job.from_ms, job.to_ms]
        return job.duration_ms <= self.free_ms and all(
            self._used.get(span, 0) + job.duration_ms <= span[1] - span[0] for span in around
        )

    def enter(self, job: Job) -> None:
        self.free_ms -= job.duration_ms
        for span in self._around[job.from_ms, job.to_ms]:
            self._used[span] = self._used.get(span, 0) + job.duration_ms


class _Room:
    """The time of one hour, given away play by play."""

    def __init__(self, catalogue: Catalogue, hour: Hour) -> None:
        self.jobs: list[Job] = []
        self._durations = catalogue.durations
        self._demands = hour.demands
        self._shortest = [min((self._durations[o.item] for o in d.offers), default=0) for d in hour.demands]
        self._ledger = _Ledger(total_ms(hour.open))
        self._trials = TRIALS

    def admit(self, candidates: Sequence[Candidate]) -> None:
        """Take in as many as fit, in order; what is in stays in."""
        demands = [self._demands[rank] for rank in {candidate.rank for candidate in candidates}]
        self._ledger.know({span for demand in demands for offer in demand.offers for span in offer.spans})
        while candidates and self._trials > 0:
            likely, later = self._likely(candidates)
            self._admit_all(likely)
            candidates = later if likely else []

    def _likely(self, candidates: Sequence[Candidate]) -> tuple[list[tuple[Candidate, Job]], list[Candidate]]:
        """Those that fit if only lengths count, with a job for each; and those the rest of the hour is too short for.

        The latter are asked again when some of the former turn out not to fit.
        """
        likely: list[tuple[Candidate, Job]] = []
        later: list[Candidate] = []
        ledger = self._ledger.copy()
        for candidate in candidates:
            small_enough = self._shortest[candidate.rank] <= ledger.free_ms
            job = next(filter(ledger.has_room, self._options(candidate)), None) if small_enough else None
            if job is None:
                later.append(candidate)
            else:
                ledger.enter(job)
                likely.append((candidate, job))
        return likely, later

    def _admit_all(self, likely: Sequence[tuple[Candidate, Job]]) -> None:
        """Together if they fit, else half by half, which finds the few that do not in few trials."""
        if not likely or self._take([job for _, job in likely]):
            return
        if len(likely) == 1:
            any(self._take([job]) for job in self._options(likely[0][0]) if job != likely[0][1])
            return
        middle = len(likely) // 2
        self._admit_all(likely[:middle])
        self._admit_all(likely[middle:])

    def _take(self, jobs: Sequence[Job]) -> bool:
        if self._trials <= 0 or not (len(jobs) > 1 or self._ledger.has_room(jobs[0])):
            return False
        self._trials -= 1
        if not fit_together([*self.jobs, *jobs]):
            return False
        self.jobs += jobs
        for job in jobs:
            self._ledger.enter(job)
        return True

    def _options(self, candidate: Candidate) -> Iterator[Job]:
        """The jobs this play can become, best first: in the span of its ideal start the item whose turn it is, then
        the campaign's others, then spans further away."""
        demand = self._demands[candidate.rank]
        at = candidate.ideal_ms
        turn = candidate.wanted % len(demand.offers)
        offers = (*demand.offers[turn:], *demand.offers[:turn])
        choices = [
            (max(a - at, at - b + 1, 0), step, a, b, offer.item)
            for step, offer in enumerate(offers)
            for a, b in offer.spans
        ]
        for _, _, a, b, item in sorted(choices) if len(choices) > 1 else choices:
            duration = self._durations[item]
            ideal = min(max(at, a), b - duration)
            yield Job(ideal, candidate.gap_ms, a, b, demand.campaign, item, duration)
