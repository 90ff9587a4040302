"""What every clock hour of a screen's day owes to which campaign, and when within the hour each item may be shown.

Hours that ask for the same thing are equal values, so each kind of hour is laid out once. All spans of an
:class:`Hour` are milliseconds since its start and lie within opening hours. Promises per day are dealt out to hours
by :mod:`playlists.day_promises`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from playlists.airtime import Doors, Shift, shifts_of
from playlists.catalogue import Catalogue
from playlists.model import THOUSAND, Frequency, Per, Priority, Screen
from playlists.windows import HOUR_MS, Span, local_day

SHORTEST_MS = 1000  # a shorter item is no picture for a street; it also bounds the slots of an hour
EASE = 5, 4  # plays a quarter denser than a largest gap asks leave each of them some room to move


class Offer(NamedTuple):
    """An item (index into the :class:`Catalogue`) and the spans, each long enough for it, in which it may be shown."""

    item: int
    spans: tuple[Span, ...]


class Demand(NamedTuple):
    """A campaign's promise in one hour: ``plays`` of it over its ``active`` spans, its rotation beginning at ``turn``.

    Without offers none of its items can be shown here: too long for its windows, or too short to be seen.
    ``goes_on``: in the next hour of this kind the rotation goes on; else ``turn`` holds as it is. ``target_ms``: the
    airtime that the plays are to fill. ``ideals``: the best starts of a promise per day, ``gap_ms`` apart; without
    them the plays are spread over the active spans.
    """

    campaign: int
    priority: int
    plays: int
    active: tuple[Span, ...]
    offers: tuple[Offer, ...]
    turn: int = 0
    goes_on: bool = True
    target_ms: int = 0
    largest_gap_ms: int = 0
    ideals: tuple[int, ...] = ()
    gap_ms: int = 0

    @property
    def active_ms(self) -> int:
        return total_ms(self.active)


class Budgets(NamedTuple):
    """How much of an hour may be promised: to emergencies, to these and the owner, to all."""

    all_ms: int
    own_ms: int
    lent_ms: int


class Hour(NamedTuple):
    """One kind of hour: everything that decides its layout, and nothing of when it is.

    ``limits``: campaigns that have a maximum, and the most plays of each.
    """

    open: tuple[Span, ...]
    demands: tuple[Demand, ...]
    fillers: tuple[Offer, ...]
    limits: tuple[tuple[int, int], ...]
    budgets: Budgets


Offered = tuple[tuple[Span, ...], tuple[Offer, ...]]  # of a campaign in an hour: when it is active, what it may show


@dataclass(slots=True)
class OpenHour:
    """A clock hour of one date while its demands are collected. ``start``: ms since midnight."""

    start: int
    open: tuple[Span, ...]
    budgets: Budgets
    demands: list[Demand] = field(default_factory=list)
    fillers: list[tuple[int, Offer]] = field(default_factory=list)
    limits: dict[int, int] = field(default_factory=dict)

    def limit(self, campaign: int, plays: int) -> None:
        """A campaign shows at most so many plays here, besides those it may have under another frequency."""
        self.limits[campaign] = self.limits.get(campaign, 0) + plays


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The hours of a date in which the screen is open, by their number, and the airtime of promises per day."""

    hours: dict[int, OpenHour]
    daily: tuple[tuple[Shift, dict[int, Offered]], ...]


Known = dict[tuple[Shift, tuple[Span, ...]], dict[int, Offered]]  # of a screen's days: most are like others


def open_day(catalogue: Catalogue, screen: Screen, day: date, known: Known) -> OpenDay:
    """What the hours of ``day`` owe by themselves: plays per hour, shares of airtime, fillers."""
    local = local_day(day, screen.zone)
    clock = local.hours()
    doors = Doors.of(screen, local)
    hours = {
        number: OpenHour(clock[number][0], spans, _budgets(screen, total_ms(spans)))
        for number, spans in sorted(_by_hour(doors.open, clock).items())
    }
    daily = []
    for shift in shifts_of(catalogue, screen, day):
        alike = shift._replace(begins=None), clock
        if alike not in known:
            known[alike] = _offered(catalogue, screen, shift, clock)
        offered = known[alike]
        if shift.frequency.per is Per.DAY:
            daily.append((shift, offered))
        elif shift.frequency.least or shift.frequency.largest_gap_ms:
            for number, demand in _promised(catalogue, shift, offered, day):
                hours[number].demands.append(demand)
                most = _most(catalogue, shift, demand)
                if most is not None:
                    hours[number].limit(shift.campaign, most)
        else:
            _fill(catalogue, shift, offered, hours)
    return OpenDay(hours, tuple(daily))


def total_ms(spans: Iterable[Span]) -> int:
    return sum(b - a for a, b in spans)


def fill_with(catalogue: Catalogue, campaign: int, offers: Sequence[Offer], hour: OpenHour) -> None:
    """Let a campaign take what time is left in the hour."""
    by_item = {offer.item: offer for offer in offers}
    cycle = catalogue.cycle(campaign, tuple(by_item))
    hour.fillers.extend((turn, by_item[item]) for turn, item in enumerate(cycle))


def in_turn(fillers: Iterable[tuple[int, Offer]]) -> tuple[Offer, ...]:
    """Fillers campaign by campaign: every first item, then every second."""
    return tuple(offer for _, offer in sorted(fillers))


def _budgets(screen: Screen, open_ms: int) -> Budgets:
    own = open_ms * (THOUSAND - screen.reserve) // THOUSAND
    return Budgets(open_ms, own, own - open_ms * screen.owners_share // THOUSAND)


def _promised(
    catalogue: Catalogue, shift: Shift, offered: dict[int, Offered], day: date
) -> Iterator[tuple[int, Demand]]:
    """A promise per hour, or a share, as one demand for each hour.

    A campaign with fewer plays a day than turns goes on tomorrow where it stopped today; the others begin anew every
    day, which keeps equal days equal.
    """
    demands = {number: _demand(catalogue, shift, *offered[number]) for number in sorted(offered)}
    plays = sum(demand.plays for demand in demands.values())
    rounds = len(catalogue.cycle(shift.campaign, catalogue.items_of(shift.campaign)))
    turn = (day - catalogue.campaigns[shift.campaign].first_day).days * plays if plays < rounds else 0
    exact = catalogue.is_story(shift.campaign) or _is_uneven_share(catalogue, shift)
    for number, demand in demands.items():
        if exact:
            placed = _filled(catalogue, demand._replace(turn=turn, goes_on=False))
            turn += placed.plays
            yield number, placed
        else:
            yield number, demand._replace(turn=turn)


def _demand(catalogue: Catalogue, shift: Shift, active: tuple[Span, ...], offers: tuple[Offer, ...]) -> Demand:
    frequency, active_ms = shift.frequency, total_ms(active)
    longest = max((catalogue.durations[offer.item] for offer in offers), default=0)
    target_ms = 0
    if frequency.per is Per.AIRTIME:
        target_ms = frequency.least * active_ms // THOUSAND
        plays = -(-target_ms // (longest or target_ms or 1))
    else:
        plays = -(-frequency.least * active_ms // HOUR_MS)
    plays = max(plays, dense_enough(frequency, active_ms, longest or 1))
    priority = int(catalogue.campaigns[shift.campaign].priority)
    gap = frequency.largest_gap_ms or 0
    return Demand(shift.campaign, priority, plays, active, offers, target_ms=target_ms, largest_gap_ms=gap)


def dense_enough(frequency: Frequency, active_ms: int, longest_ms: int) -> int:
    """The plays at which the largest gap is kept with some ease, as far as the maximum allows."""
    if not frequency.largest_gap_ms:
        return 0
    plays = -(-active_ms * EASE[0] // (frequency.largest_gap_ms * EASE[1]))
    return plays if frequency.most is None else min(plays, _at_most(frequency, active_ms, longest_ms))


def _at_most(frequency: Frequency, active_ms: int, longest_ms: int) -> int:
    """The most plays that a maximum allows in this time, if all were of the longest item."""
    most = frequency.most or 0
    if frequency.per is Per.DAY:
        return most
    return most * active_ms // (HOUR_MS if frequency.per is Per.HOUR else THOUSAND * longest_ms)


def _filled(catalogue: Catalogue, demand: Demand) -> Demand:
    """A share whose items are unequally long: as many of them, from its turn on, as fill the airtime."""
    if not demand.target_ms or not demand.offers:
        return demand
    cycle = catalogue.cycle(demand.campaign, [offer.item for offer in demand.offers])
    plays = filled = 0
    while filled < demand.target_ms:
        filled += catalogue.durations[cycle[(demand.turn + plays) % len(cycle)]]
        plays += 1
    return demand._replace(plays=max(plays, demand.plays if demand.largest_gap_ms else 0))


def _is_uneven_share(catalogue: Catalogue, shift: Shift) -> bool:
    lengths = {catalogue.durations[item] for _, items in shift.items for item in items}
    return shift.frequency.per is Per.AIRTIME and len(lengths) > 1


def _most(catalogue: Catalogue, shift: Shift, demand: Demand) -> int | None:
    """The most plays in an hour of a campaign that has a maximum, or tells a story; never fewer than promised."""
    frequency = shift.frequency
    if catalogue.is_story(shift.campaign):
        return demand.plays
    if frequency.most is None:
        return None
    longest = max((catalogue.durations[offer.item] for offer in demand.offers), default=1)
    return max(demand.plays, _at_most(frequency, demand.active_ms, longest))


def _fill(catalogue: Catalogue, shift: Shift, offered: dict[int, Offered], hours: dict[int, OpenHour]) -> None:
    for number, (active, offers) in offered.items():
        fill_with(catalogue, shift.campaign, offers, hours[number])
        most = _most(catalogue, shift, Demand(shift.campaign, Priority.FILLER, 0, active, offers))
        if most is not None:
            hours[number].limit(shift.campaign, most)


def _offered(catalogue: Catalogue, screen: Screen, shift: Shift, clock: Sequence[Span]) -> dict[int, Offered]:
    """Hour by hour, when a campaign has something to show, and what."""
    parts = [(_by_hour(spans, clock), items) for spans, items in shift.items]
    active = parts[0][0] if len(parts) == 1 else _by_hour(shift.active, clock)
    return {hour: (spans, tuple(_fitting(catalogue, screen, hour, parts))) for hour, spans in active.items()}


def _fitting(
    catalogue: Catalogue, screen: Screen, hour: int, parts: Sequence[tuple[dict[int, tuple[Span, ...]], Sequence[int]]]
) -> list[Offer]:
    """The items that can be started in this hour at all, each with the spans that are long enough for it."""
    longest = screen.longest_item_ms or HOUR_MS
    offers = []
    for by_hour, items in parts:
        for item in items:
            needed = catalogue.durations[item]
            spans = tuple((a, b) for a, b in by_hour.get(hour, ()) if b - a >= needed)
            if spans and SHORTEST_MS <= needed <= longest:
                offers.append(Offer(item, spans))
    return sorted(offers)


def _by_hour(spans: Sequence[Span], clock: Sequence[Span]) -> dict[int, tuple[Span, ...]]:
    """Spans of the day cut at the clock hours and counted from each hour's start."""
    own: dict[int, tuple[Span, ...]] = {}
    for a, b in spans:
        hour = max(bisect_right(clock, (a, clock[-1][1])) - 1, 0)
        while hour < len(clock) and clock[hour][0] < b:
            begin, end = clock[hour]
            if a < end:
                own[hour] = (*own.get(hour, ()), (max(a, begin) - begin, min(b, end) - begin))
            hour += 1
    return own
