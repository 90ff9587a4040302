"""What every clock hour of a screen's day owes to which campaign, and when within the hour each item may be shown.

Hours that ask for the same thing are equal values, so each kind of hour is laid out once. All spans of an
:class:`Hour` are milliseconds since its start and lie within opening hours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from playlists.model import Campaign, PlannedItem, Screen
from playlists.windows import HOUR_MS, LocalDay, Span, intersect, local_day, merge

SHORTEST_MS = 1000  # a shorter item is no picture for a street; it also bounds the slots of an hour


class Offer(NamedTuple):
    """An item (index into the :class:`Catalogue`) and the spans, each long enough for it, in which it may be shown."""

    item: int
    spans: tuple[Span, ...]


class Demand(NamedTuple):
    """A campaign's promise in one hour: ``plays`` of it over its ``active`` spans, its rotation beginning at ``turn``.

    Without offers none of its items can be shown here: too long for its windows, or too short to be seen.
    """

    campaign: int
    priority: int
    plays: int
    active: tuple[Span, ...]
    offers: tuple[Offer, ...]
    turn: int

    @property
    def active_ms(self) -> int:
        return total_ms(self.active)


class Hour(NamedTuple):
    """One kind of hour: everything that decides its layout, and nothing of when it is."""

    open: tuple[Span, ...]
    demands: tuple[Demand, ...]
    fillers: tuple[Offer, ...]


@dataclass(frozen=True)
class Catalogue:
    """Campaigns and their items in one fixed order, so that a plan does not depend on the order of the input."""

    campaigns: tuple[Campaign, ...]

    @classmethod
    def of(cls, campaigns: Iterable[Campaign]) -> Catalogue:
        """Higher priorities come first: what a campaign gets never depends on those below it."""
        return cls(tuple(sorted(campaigns, key=lambda c: (c.priority, c.id, c.name, c.first_day, c.last_day))))

    @cached_property
    def items(self) -> tuple[PlannedItem, ...]:
        return tuple(item for campaign in self.campaigns for item in sorted(campaign.items, key=_rank))

    @cached_property
    def first_item(self) -> tuple[int, ...]:
        """Per campaign, the index of its first item."""
        starts, at = [], 0
        for campaign in self.campaigns:
            starts.append(at)
            at += len(campaign.items)
        return tuple(starts)

    def items_of(self, campaign: int) -> range:
        first = self.first_item[campaign]
        return range(first, first + len(self.campaigns[campaign].items))

    @cached_property
    def durations(self) -> tuple[int, ...]:
        return tuple(item.duration_ms for item in self.items)

    @cached_property
    def subjects(self) -> tuple[int, ...]:
        """Per item, the library item: two campaigns can show the same one, and a viewer sees it twice."""
        return tuple(item.entry.item for item in self.items)


def hours_of(catalogue: Catalogue, screen: Screen, day: date) -> list[tuple[int, Hour]]:
    """The clock hours of ``day`` in which the screen is open, in order: start (ms since midnight) and what it owes."""
    local = local_day(day, screen.zone)
    opening = local.spans(screen.opening)
    clock = local.hours()
    demands: dict[int, list[Demand]] = {}
    fillers: dict[int, list[tuple[int, Offer]]] = {}
    for index, campaign in enumerate(catalogue.campaigns):
        for hour, (active, offers) in _offers(catalogue, index, local, opening, clock).items():
            if campaign.frequency.least:
                plays = -(-campaign.frequency.least * total_ms(active) // HOUR_MS)
                demand = Demand(index, int(campaign.priority), plays, active, offers, 0)
                demands.setdefault(hour, []).append(demand)
            else:
                fillers.setdefault(hour, []).extend(enumerate(offers))
    hours = [
        (clock[number][0], Hour(is_open, tuple(demands.get(number, ())), _in_turn(fillers.get(number, ()))))
        for number, is_open in sorted(_by_hour(opening, clock).items())
    ]
    return _with_turns(catalogue, day, hours)


def total_ms(spans: Iterable[Span]) -> int:
    return sum(b - a for a, b in spans)


def _rank(item: PlannedItem) -> tuple[int, str, str, int, int]:
    entry = item.entry
    return entry.item, entry.rendition.sha256, entry.approval.sha256, item.not_before, item.not_after


def _offers(
    catalogue: Catalogue, index: int, local: LocalDay, opening: Sequence[Span], clock: Sequence[Span]
) -> dict[int, tuple[tuple[Span, ...], tuple[Offer, ...]]]:
    """Hour by hour, when a campaign has something to show, and what: windows ∩ opening hours ∩ validity of items."""
    campaign = catalogue.campaigns[index]
    windows = intersect(local.spans(campaign.windows, campaign.first_day, campaign.last_day), opening)
    if not windows:
        return {}
    valid: dict[tuple[Span, ...], list[int]] = {}
    for i in catalogue.items_of(index):
        item = catalogue.items[i]
        span = (item.not_before - local.start, item.not_after - local.start)
        valid.setdefault(intersect(windows, [span]), []).append(i)
    parts = [(_by_hour(spans, clock), items) for spans, items in valid.items()]
    active = parts[0][0] if len(parts) == 1 else _by_hour(merge(s for spans in valid for s in spans), clock)
    return {hour: (spans, tuple(_fitting(catalogue, hour, parts))) for hour, spans in active.items()}


def _fitting(
    catalogue: Catalogue, hour: int, parts: Sequence[tuple[dict[int, tuple[Span, ...]], list[int]]]
) -> list[Offer]:
    """The items that can be started in this hour at all, each with the spans that are long enough for it."""
    offers = []
    for by_hour, items in parts:
        for item in items:
            needed = catalogue.durations[item]
            spans = tuple((a, b) for a, b in by_hour.get(hour, ()) if b - a >= needed)
            if spans and needed >= SHORTEST_MS:
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


def _in_turn(offers: Iterable[tuple[int, Offer]]) -> tuple[Offer, ...]:
    """Fillers campaign by campaign: every first item, then every second."""
    return tuple(offer for _, offer in sorted(offers))


def _with_turns(catalogue: Catalogue, day: date, hours: list[tuple[int, Hour]]) -> list[tuple[int, Hour]]:
    """A campaign with fewer plays a day than items goes on tomorrow where it stopped today.

    The others begin anew every day, which keeps equal days equal.
    """
    plays: dict[int, int] = {}
    for _, hour in hours:
        for demand in hour.demands:
            plays[demand.campaign] = plays.get(demand.campaign, 0) + demand.plays
    turns = {
        index: (day - catalogue.campaigns[index].first_day).days * count
        for index, count in plays.items()
        if count < len(catalogue.campaigns[index].items)
    }
    if not turns:
        return hours
    return [
        (start, hour._replace(demands=tuple(d._replace(turn=turns.get(d.campaign, 0)) for d in hour.demands)))
        for start, hour in hours
    ]
