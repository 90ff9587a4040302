"""Which of an hour's promised plays find room: all, or by priority as many as the hour holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from playlists.catalogue import Catalogue
from playlists.day_promises import CIRCLE, GOLDEN, budget_of
from playlists.demand import SHORTEST_MS, Budgets, Demand, Hour, total_ms
from playlists.spread import EASY, Job, fit_together, least_strain
from playlists.windows import Span, instant_within

LIGHT = 85, 100  # of an hour: up to this load plays are spread evenly whatever it takes …
PHASES = 12  # … which one of so many choices of where campaigns begin has always allowed
FEW_SPANS = 24
ROUNDING_MS = 2  # ideal starts are whole milliseconds: two of them may be this much further apart than the ideal
TRIALS = 100  # of fitting plays of colliding windows together, in one hour; what found no room by then gives way


class Allotment(NamedTuple):
    """The promised plays of an hour that find room, and per demand how many those are and how long."""

    jobs: tuple[Job, ...]
    planned: tuple[int, ...]
    shown_ms: tuple[int, ...]


class Attempt(NamedTuple):
    """``number`` counts the hours of this kind before this one; ``phase`` varies where campaigns begin."""

    number: int
    phase: int


class Candidate(NamedTuple):
    """A promised play that asks for room: the rank of its demand, its number there, and the ideal distance."""

    rank: int
    play: int
    ideal_ms: int
    gap_ms: int
    wanted: int  # whose turn it is in the campaign's rotation
    bounds: Span  # it must start and end within
    latest_start: int  # and start by then


def allot(catalogue: Catalogue, hour: Hour) -> Allotment:
    """Room for as many promised plays as the hour holds, lower priorities giving way first."""
    return _allot_evenly(catalogue, hour, 0)


def allot_again(catalogue: Catalogue, hour: Hour, first: Allotment, number: int) -> Allotment:
    """The same for the hour of this kind that follows ``number`` others, whose first allotment was ``first``.

    Rotations go on where those ended, as long as that leaves every campaign its plays. So what is lacking depends on
    the kind of hour alone.
    """
    later = _allot_evenly(catalogue, hour, number) if number else first
    return first._replace(jobs=later.jobs) if later.planned == first.planned else first


def _allot_evenly(catalogue: Catalogue, hour: Hour, number: int) -> Allotment:
    """The allotment whose plays are least moved from their ideal starts; the first one, unless it is uneven."""
    first = _allot_well(catalogue, hour, Attempt(number, 0))
    if sum(first.shown_ms) * LIGHT[1] > total_ms(hour.open) * LIGHT[0]:
        return first
    best, least = first, least_strain(first.jobs)
    for phase in range(1, PHASES):
        if least <= EASY:
            break
        other = _allot_well(catalogue, hour, Attempt(number, phase))
        strain = least_strain(other.jobs)
        if strain < least and other.planned == first.planned:
            best, least = other, strain
    return best


def _allot_well(catalogue: Catalogue, hour: Hour, attempt: Attempt) -> Allotment:
    counts = [min(demand.plays, demand.active_ms // SHORTEST_MS) for demand in hour.demands]
    first = _allot(catalogue, hour, counts, attempt)
    if all(planned == demand.plays for planned, demand in zip(first.planned, hour.demands, strict=True)):
        return first
    # What is left of a promise is spread anew over the hour, instead of losing its last plays.
    again = _allot(catalogue, hour, first.planned, attempt)
    return again if again.planned == first.planned else first


def missing_ms(catalogue: Catalogue, demand: Demand, planned: int, shown_ms: int) -> int:
    """The airtime a promise lacks: what it promised less what found room, at least its shortest item a play."""
    if demand.target_ms:
        return max(demand.target_ms - shown_ms, 0)
    durations = [catalogue.durations[i] for i in catalogue.items_of(demand.campaign)]
    rounds, rest = divmod(demand.plays, len(durations))
    promised = rounds * sum(durations) + sum(durations[:rest])
    return max(promised - shown_ms, (demand.plays - planned) * min(durations)) if planned < demand.plays else 0


def _allot(catalogue: Catalogue, hour: Hour, counts: Sequence[int], attempt: Attempt) -> Allotment:
    room = _Room(catalogue, hour)
    for priority in sorted({demand.priority for demand in hour.demands}):
        ranks = [rank for rank, demand in enumerate(hour.demands) if demand.priority == priority and demand.offers]
        asking = [_asking(catalogue, hour, rank, counts[rank], attempt) for rank in ranks]
        room.admit([candidate for _, _, candidate in sorted(one for some in asking for one in some)])
    planned, shown = [0] * len(hour.demands), [0] * len(hour.demands)
    for job in room.jobs:
        planned[job.rank] += 1
        shown[job.rank] += job.duration_ms
    return Allotment(tuple(room.jobs), tuple(planned), tuple(shown))


def _asking(
    catalogue: Catalogue, hour: Hour, rank: int, count: int, attempt: Attempt
) -> Iterator[tuple[int, int, Candidate]]:
    """The plays of one demand, to be sorted among those of its priority: first those with the least choice of time,
    then evenly among equals, so that an overfull hour takes from each of them alike."""
    demand = hour.demands[rank]
    active_ms = demand.active_ms
    gap = demand.gap_ms or active_ms // max(count, 1)
    turn = demand.turn + (attempt.number * demand.plays if demand.goes_on else 0)
    for play, ideal in enumerate(_ideals(catalogue, demand, count, gap, attempt.phase)):
        bounds, latest = _bounds(catalogue, demand, count, play, ideal)
        candidate = Candidate(rank, play, ideal, gap, turn + play, bounds, latest)
        yield active_ms, play * CIRCLE // count, candidate


def _ideals(catalogue: Catalogue, demand: Demand, count: int, gap: int, phase: int) -> Sequence[int]:
    """Where plays would start if they were alone. Those of different campaigns keep out of each other's way."""
    if demand.ideals and len(demand.ideals) == count:
        return demand.ideals
    longest = max(catalogue.durations[offer.item] for offer in demand.offers)
    if demand.largest_gap_ms:
        begin = gap // 2  # half a gap to either side, so that it is kept across the hour's edges too
    else:  # the last one still ends inside
        begin = (demand.campaign + 1) * (2 * phase + 1) * GOLDEN % CIRCLE * max(gap - longest, 0) // CIRCLE
    active_ms = demand.active_ms
    return [instant_within(demand.active, play * active_ms // count + begin) for play in range(count)]


def _bounds(catalogue: Catalogue, demand: Demand, count: int, play: int, ideal: int) -> tuple[Span, int]:
    """Within which span a play must lie, and until when it must start.

    A largest gap leaves plays half of what it is wider than the ideal one. The parts of a story each have their own
    share of the time: only so they stay in order however long they are.
    """
    begin, end = demand.active[0][0], demand.active[-1][1]
    latest = end
    if demand.largest_gap_ms:
        gap = demand.gap_ms or demand.active_ms // count
        slack = max(demand.largest_gap_ms - gap - ROUNDING_MS, 0) // 2
        begin, latest = max(begin, ideal - slack), ideal + slack
    if catalogue.is_story(demand.campaign) and not demand.ideals:
        active_ms = demand.active_ms
        begin = max(begin, instant_within(demand.active, play * active_ms // count))
        end = min(end, instant_within(demand.active, (play + 1) * active_ms // count))
    return (begin, end), latest


class _Ledger:
    """How much of an hour is given away: of its budgets, and within each span that a play can ask for.

    That a span has room left is necessary for another play in it, not sufficient.
    """

    def __init__(self, budgets: Budgets) -> None:
        self._free = list(budgets)
        self._used: dict[Span, int] = {}
        self._known: tuple[Span, ...] = ()
        self._around: dict[Span, tuple[Span, ...]] = {}

    def know(self, spans: Collection[Span]) -> None:
        """Look from now on at these spans as well. With too many of them, only each play's own is looked at."""
        self._known = tuple({*self._known, *spans})
        self._around = {}

    def copy(self) -> _Ledger:
        twin = _Ledger(Budgets(*self._free))
        twin._used, twin._known, twin._around = dict(self._used), self._known, self._around
        return twin

    def free_ms(self, budget: int) -> int:
        """What is left to those who draw on this budget."""
        return min(self._free[: budget + 1])

    def has_room(self, job: Job, budget: int) -> bool:
        return job.duration_ms <= self.free_ms(budget) and all(
            self._used.get(span, 0) + job.duration_ms <= span[1] - span[0] for span in self._spans(job)
        )

    def enter(self, job: Job, budget: int) -> None:
        for number in range(budget + 1):
            self._free[number] -= job.duration_ms
        for span in self._spans(job):
            self._used[span] = self._used.get(span, 0) + job.duration_ms

    def _spans(self, job: Job) -> tuple[Span, ...]:
        own = job.from_ms, job.to_ms
        if own not in self._around:
            few = len(self._known) <= FEW_SPANS
            wider = tuple((a, b) for a, b in self._known if a <= own[0] and own[1] <= b) if few else ()
            self._around[own] = wider or (own,)
        return self._around[own]


class _Room:
    """The time of one hour, given away play by play."""

    def __init__(self, catalogue: Catalogue, hour: Hour) -> None:
        self.jobs: list[Job] = []
        self._catalogue = catalogue
        self._durations = catalogue.durations
        self._demands = hour.demands
        self._shortest = [min((self._durations[o.item] for o in d.offers), default=0) for d in hour.demands]
        self._budget = [_budget(catalogue, demand) for demand in hour.demands]
        self._cycles = [catalogue.cycle(d.campaign, [o.item for o in d.offers]) for d in hour.demands]
        self._spans = [{offer.item: offer.spans for offer in d.offers} for d in hour.demands]
        self._ledger = _Ledger(hour.budgets)
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
            budget = self._budget[candidate.rank]
            small_enough = self._shortest[candidate.rank] <= ledger.free_ms(budget)
            options = self._options(candidate) if small_enough else ()
            job = next((job for job in options if ledger.has_room(job, budget)), None)
            if job is None:
                later.append(candidate)
            else:
                ledger.enter(job, budget)
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
        if self._trials <= 0 or not (len(jobs) > 1 or self._ledger.has_room(jobs[0], self._budget[jobs[0].rank])):
            return False
        self._trials -= 1
        if not fit_together([*self.jobs, *jobs]):
            return False
        self.jobs += jobs
        for job in jobs:
            self._ledger.enter(job, self._budget[job.rank])
        return True

    def _options(self, candidate: Candidate) -> Iterator[Job]:
        """The jobs this play can become, best first: in the span of its ideal start the item whose turn it is, then
        the campaign's others (a story has no others), then spans further away."""
        at, (begin, end) = candidate.ideal_ms, candidate.bounds
        choices = []
        for step, item in enumerate(self._in_turn(candidate)):
            for a, b in self._spans[candidate.rank][item]:
                first, last = max(a, begin), min(b, end, candidate.latest_start + self._durations[item])
                if last - first >= self._durations[item]:
                    choices.append((max(first - at, at - last + 1, 0), step, first, last, item))
        for _, _, first, last, item in sorted(choices) if len(choices) > 1 else choices:
            duration = self._durations[item]
            ideal = min(max(at, first), last - duration)
            yield Job(ideal, candidate.gap_ms, first, last, candidate.rank, item, duration)

    def _in_turn(self, candidate: Candidate) -> Sequence[int]:
        cycle = self._cycles[candidate.rank]
        turn = candidate.wanted % len(cycle)
        if self._catalogue.is_story(self._demands[candidate.rank].campaign):
            return (cycle[turn],)
        return tuple(dict.fromkeys((*cycle[turn:], *cycle[:turn])))


def _budget(catalogue: Catalogue, demand: Demand) -> int:
    return budget_of(demand.priority, own=catalogue.campaigns[demand.campaign].own)
