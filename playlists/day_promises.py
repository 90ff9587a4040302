"""Promises per day, dealt out to the hours of their windows: to the play, and where there is room.

A window that crosses midnight belongs to its first day, and so does a promise: its plays may lie on two dates. They
are spread evenly over the whole of it, prime windows first where the campaign asks; a play whose hour is full goes to
the nearest hour that is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from playlists.catalogue import Catalogue
from playlists.demand import (
    Budgets,
    Demand,
    Hour,
    Known,
    Offered,
    OpenDay,
    OpenHour,
    dense_enough,
    fill_with,
    in_turn,
    total_ms,
)
from playlists.demand import open_day as without_daily
from playlists.model import Priority, Screen
from playlists.windows import Span, instant_within, intersect, local_day

GOLDEN = 0x9E3779B9  # 2**32 divided by the golden ratio: multiples of it spread over 2**32 better than any others
CIRCLE = 2**32
FULL = 95, 100  # of what an hour may promise: beyond, plays seldom find room where they are wanted

Place = tuple[date, int]  # a clock hour: its date and number


class Owed(NamedTuple):
    """A clock hour of a date and what it owes. ``begins``: per demand the date whose promise it is part of, if any."""

    start: int
    hour: Hour
    begins: tuple[date | None, ...]


class Part(NamedTuple):
    """The part of a promise per day that falls into one hour: the first play's number, and the best starts."""

    first: int
    plays: int
    ideals: tuple[int, ...]
    extra: int | None  # plays beyond the promise, where there is a maximum


class DayPromise(NamedTuple):
    """A promise per day: its plays, the ideal distance between them, and its parts."""

    plays: int
    gap_ms: int
    parts: dict[Place, Part]


class Stretch(NamedTuple):
    """Where in an hour a promise may be kept. Spans are ms since the hour's start."""

    place: Place
    spans: tuple[Span, ...]

    @property
    def length_ms(self) -> int:
        return total_ms(self.spans)


@dataclass(slots=True)
class Daybook:
    """What each hour of each date owes on one screen; every date is looked at once."""

    catalogue: Catalogue
    screen: Screen
    _days: dict[date, OpenDay] = field(default_factory=dict)
    _promises: dict[date, dict[int, DayPromise]] = field(default_factory=dict)
    _owed: dict[date, list[Owed]] = field(default_factory=dict)
    _known: Known = field(default_factory=dict)

    def hours(self, day: date) -> list[Owed]:
        """The clock hours of ``day`` in which the screen is open, in order."""
        if day not in self._owed:
            self._owed[day] = self._collect(day)
        return self._owed[day]

    def promise(self, begins: date, campaign: int) -> DayPromise:
        """How a promise per day that begins on a date is dealt out."""
        return self._promised(begins)[campaign]

    def _collect(self, day: date) -> list[Owed]:
        open_day = self._day(day)
        daily: dict[int, list[tuple[Demand, date]]] = {}
        fillers: dict[int, list[tuple[int, Offered]]] = {}
        limits: dict[int, dict[int, int]] = {}
        for shift, offered in open_day.daily:
            assert shift.begins is not None  # noqa: S101 - what is promised per day has one; said for the type checker
            promise = self._promised(shift.begins)[shift.campaign]
            for number, (active, offers) in offered.items():
                part = promise.parts.get((day, number))
                if part is None:
                    continue
                if not shift.frequency.least and not shift.frequency.largest_gap_ms:
                    fillers.setdefault(number, []).append((shift.campaign, (active, offers)))
                elif part.plays or part.extra != 0:  # what is owed elsewhere may still fill time here
                    demand = self._demand(shift.campaign, shift.begins, promise, part, (active, offers))
                    gap = shift.frequency.largest_gap_ms or 0
                    daily.setdefault(number, []).append((demand._replace(largest_gap_ms=gap), shift.begins))
                if part.extra is not None:
                    of_hour = limits.setdefault(number, {})
                    of_hour[shift.campaign] = of_hour.get(shift.campaign, 0) + part.plays + part.extra
        return [
            self._as_owed(hour, daily.get(number, []), fillers.get(number, []), limits.get(number, {}))
            for number, hour in open_day.hours.items()
        ]

    def _day(self, day: date) -> OpenDay:
        if day not in self._days:
            self._days[day] = without_daily(self.catalogue, self.screen, day, self._known)
        return self._days[day]

    def _promised(self, begins: date) -> dict[int, DayPromise]:
        if begins not in self._promises:
            dates = (begins, begins + timedelta(days=1))
            known = {day: self._day(day) for day in dates if local_day(day, self.screen.zone).length_ms}
            self._promises[begins] = _Dealer(self.catalogue, self.screen, begins, known).deal()
        return self._promises[begins]

    def _demand(self, campaign: int, begins: date, promise: DayPromise, part: Part, offered: Offered) -> Demand:
        rounds = len(self.catalogue.cycle(campaign, self.catalogue.items_of(campaign)))
        since = (begins - self.catalogue.campaigns[campaign].first_day).days
        turn = part.first + (since * promise.plays if promise.plays < rounds else 0)
        priority = int(self.catalogue.campaigns[campaign].priority)
        return Demand(
            campaign, priority, part.plays, *offered, turn % rounds, False, ideals=part.ideals, gap_ms=promise.gap_ms
        )

    def _as_owed(
        self,
        hour: OpenHour,
        daily: Sequence[tuple[Demand, date]],
        fillers: Sequence[tuple[int, Offered]],
        limits: dict[int, int],
    ) -> Owed:
        whole = OpenHour(hour.start, hour.open, hour.budgets, fillers=[*hour.fillers], limits={**hour.limits})
        for campaign, plays in limits.items():
            whole.limit(campaign, plays)
        for campaign, (_, offers) in fillers:
            fill_with(self.catalogue, campaign, offers, whole)
        dated: list[tuple[Demand, date | None]] = [(demand, None) for demand in hour.demands]
        dated = sorted([*dated, *daily], key=lambda pair: (pair[0].priority, pair[0].campaign, pair[1] or date.min))
        demands = tuple(demand for demand, _ in dated)
        limited = tuple(sorted(whole.limits.items()))
        kind = Hour(hour.open, demands, in_turn(whole.fillers), limited, hour.budgets)
        return Owed(hour.start, kind, tuple(begins for _, begins in dated))


class _Dealer:
    """Deals out the promises per day that begin on one date, the highest priority first."""

    def __init__(self, catalogue: Catalogue, screen: Screen, begins: date, days: dict[date, OpenDay]) -> None:
        self._catalogue, self._screen, self._begins = catalogue, screen, begins
        self._daily = [(day, s, o) for day, known in days.items() for s, o in known.daily if s.begins == begins]
        self._hours = {(day, number): h for day, known in days.items() for number, h in known.hours.items()}
        self._dealt: dict[Place, list[tuple[int, int]]] = {}  # priority and airtime of what this dealer gave each hour
        self._prime = {
            day: local_day(day, screen.zone).spans(screen.prime, begins, begins) if screen.prime else () for day in days
        }

    def deal(self) -> dict[int, DayPromise]:
        """Every promise, by its campaign."""
        return {campaign: self._one(campaign) for campaign in sorted({s.campaign for _, s, _ in self._daily})}

    def _one(self, campaign: int) -> DayPromise:
        shifts = [(day, offered) for day, shift, offered in self._daily if shift.campaign == campaign]
        frequency = next(s.frequency for _, s, _ in self._daily if s.campaign == campaign)
        possible = [
            Stretch((day, number), active)
            for day, offered in shifts
            for number, (active, offers) in sorted(offered.items())
            if offers
        ]
        # Where nothing can be shown the promise still stands, and is then said to be short.
        stretches = possible or [Stretch((day, n), active) for day, o in shifts for n, (active, _) in sorted(o.items())]
        whole_ms = sum(stretch.length_ms for stretch in stretches)
        longest = max((self._catalogue.durations[i] for i in self._catalogue.items_of(campaign)), default=1)
        plays = max(frequency.least, dense_enough(frequency, whole_ms, longest))
        starts = self._starts(campaign, stretches, plays, longest)
        extra = None if frequency.most is None else max(frequency.most - plays, 0)
        if self._catalogue.is_story(campaign):
            extra = 0
        parts = self._parts(campaign, stretches, starts, extra, longest)
        return DayPromise(plays, whole_ms // max(plays, 1), parts)

    def _starts(self, campaign: int, stretches: Sequence[Stretch], plays: int, longest: int) -> list[list[int]]:
        """Per stretch, the best starts of the plays it gets."""
        asked = self._catalogue.campaigns[campaign]
        prime = [self._in_prime(stretch) for stretch in stretches] if asked.prime_first else []
        first = min(plays, sum(min(self._room(campaign, p.place, longest), p.length_ms // longest) for p in prime))
        starts = self._even(campaign, prime, first) if first else [[] for _ in stretches]
        others = self._even(campaign, stretches, plays - first)
        starts = [sorted([*these, *those]) for these, those in zip(starts, others, strict=True)]
        self._move(campaign, stretches, starts, longest)
        return starts

    def _in_prime(self, stretch: Stretch) -> Stretch:
        day, number = stretch.place
        start = self._hours[day, number].start
        prime = [(a - start, b - start) for a, b in self._prime[day]]
        return Stretch(stretch.place, intersect(stretch.spans, prime))

    def _even(self, campaign: int, stretches: Sequence[Stretch], plays: int) -> list[list[int]]:
        """Plays at equal distances over the stretches; the phase keeps campaigns out of each other's way."""
        whole = sum(stretch.length_ms for stretch in stretches)
        phase = (campaign + 1) * GOLDEN % CIRCLE
        wanted = [(play * CIRCLE + phase) * whole // (plays * CIRCLE) for play in range(plays)]
        starts: list[list[int]] = []
        passed = at = 0
        for stretch in stretches:
            own: list[int] = []
            while at < plays and wanted[at] < passed + stretch.length_ms:
                own.append(instant_within(stretch.spans, wanted[at] - passed))
                at += 1
            starts.append(own)
            passed += stretch.length_ms
        return starts

    def _room(self, campaign: int, place: Place, longest: int, full: tuple[int, int] = FULL) -> int:
        """How many plays an hour has room for beside what it owes to this priority and those above."""
        hour, asked = self._hours[place], self._catalogue.campaigns[campaign]
        limit = hour.budgets[budget_of(asked.priority, own=asked.own)] * full[0] // full[1]
        promised = sum(self._airtime(demand) for demand in hour.demands if demand.priority <= asked.priority)
        dealt = sum(length for priority, length in self._dealt.get(place, ()) if priority <= asked.priority)
        return max((limit - promised - dealt) // longest, 0)

    def _airtime(self, demand: Demand) -> int:
        longest = max((self._catalogue.durations[offer.item] for offer in demand.offers), default=0)
        return demand.target_ms or demand.plays * longest

    def _move(self, campaign: int, stretches: Sequence[Stretch], starts: list[list[int]], longest: int) -> None:
        """Plays whose hour is full go to the nearest that is not; first none is filled to the brim."""
        moved = set()
        for full in (FULL, (1, 1)):
            room = [self._room(campaign, stretch.place, longest, full) for stretch in stretches]
            free = [have - len(own) for have, own in zip(room, starts, strict=True)]
            for number in [n for n, left in enumerate(free) for _ in range(-left)]:
                near = _nearest(number, [n for n, left in enumerate(free) if left > 0])
                if near is None:
                    break
                free[near] -= 1
                starts[number].pop()
                starts[near].append(0)
                moved |= {number, near}
        for number in moved:
            starts[number] = _spread(stretches[number], len(starts[number]))

    def _parts(
        self, campaign: int, stretches: Sequence[Stretch], starts: list[list[int]], extra: int | None, longest: int
    ) -> dict[Place, Part]:
        parts: dict[Place, Part] = {}
        whole = sum(stretch.length_ms for stretch in stretches)
        priority = int(self._catalogue.campaigns[campaign].priority)
        number = passed = 0
        for stretch, own in zip(stretches, starts, strict=True):
            begun, passed = passed, passed + stretch.length_ms
            more = None if extra is None else extra * passed // whole - extra * begun // whole
            parts[stretch.place] = Part(number, len(own), tuple(own), more)
            number += len(own)
            self._dealt.setdefault(stretch.place, []).append((priority, len(own) * longest))
        return parts


def budget_of(priority: Priority | int, *, own: bool) -> int:
    """Which of an hour's :class:`~playlists.demand.Budgets` a campaign draws on, by its index."""
    return 0 if priority == Priority.EMERGENCY else 1 if own else len(Budgets._fields) - 1


def _nearest(number: int, others: Sequence[int]) -> int | None:
    return min(others, key=lambda other: (abs(other - number), other), default=None)


def _spread(stretch: Stretch, plays: int) -> list[int]:
    length = stretch.length_ms
    return [instant_within(stretch.spans, (2 * play + 1) * length // (2 * plays)) for play in range(plays)]
