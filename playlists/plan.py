"""All campaigns of one screen become its plan: which item, at which millisecond, on which day.

Every hour of the wall clock is laid out by itself, so counts per hour are exact wherever a span begins or ends:

1. :mod:`playlists.demand` says what the hour owes, and when in it which item may be shown;
2. promised plays get room by priority (:mod:`playlists.allotment`); what gets none is a :class:`Shortfall`;
3. they are ordered and placed as evenly as can be (:mod:`playlists.spread`);
4. time between them goes to fillers in rotation, or without fillers to all items (:mod:`playlists.layout`): a promise
   is a minimum;
5. hours that owe the same share one loop, and equal neighbours one block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from playlists.allotment import Allotment, allot, allot_again, missing_ms
from playlists.catalogue import Catalogue
from playlists.day_promises import Daybook, Owed
from playlists.demand import Demand, Hour
from playlists.layout import first_rotation, lay
from playlists.model import Block, Campaign, Day, DayPlan, Entry, Lack, Loop, Plan, Screen, Shortfall, Slot
from playlists.windows import intersect, local_day

# Layouts of one kind of hour: a rotation that has not come round by the last one starts anew, uneven by one play in
# so many hours. Fewer where the plan would outgrow a sealed playlist (256 KiB, about 24 bytes a slot).
ENOUGH_VARIANTS = (4, 2, 1)
MOST_VARIANTS = 24
MOST_SLOTS = 7_000

Blocks = tuple[tuple[int, int, Loop], ...]


def plan_day(campaigns: Iterable[Campaign], screen: Screen, day: date) -> DayPlan:
    """What ``screen`` shows on the local date ``day``.

    Blocks cover the opening hours. Every campaign with a promise plays it in each clock hour, in a part of an hour
    pro rata and rounded up, unless it is named in ``shortfalls``. The order of ``campaigns`` does not matter.
    """
    catalogue = Catalogue.of(campaigns)
    drawn = _draw(_Workshop(Daybook(catalogue, screen)), day, None)
    entries, index = _entries(catalogue, [loop for _, _, loop in drawn.blocks])
    blocks = tuple((a, b, _renumber(loop, index)) for a, b, loop in drawn.blocks)
    return DayPlan(day, local_day(day, screen.zone).start, entries, blocks, drawn.shortfalls)


def plan_days(
    campaigns: Iterable[Campaign], screen: Screen, days: Sequence[date]
) -> tuple[tuple[Entry, ...], Plan, tuple[Shortfall, ...]]:
    """Entries, plan and shortfalls of ``screen`` for several days; equal loops and equal days are stored once."""
    catalogue = Catalogue.of(campaigns)
    drawn = _draw_days(catalogue, screen, days)
    entries, index = _entries(catalogue, [loop for one in drawn for _, _, loop in one.blocks])
    loops: dict[Loop, int] = {}
    numbers = {id(loop): 0 for one in drawn for _, _, loop in one.blocks}
    for loop in {id(loop): loop for one in drawn for _, _, loop in one.blocks}.values():
        numbers[id(loop)] = loops.setdefault(_renumber(loop, index), len(loops))
    programmes: dict[tuple[Block, ...], int] = {}
    dated = []
    for one in drawn:
        programme = tuple(Block(a, b, numbers[id(loop)]) for a, b, loop in one.blocks)
        number = programmes.setdefault(programme, len(programmes))
        dated.append(Day(one.day.isoformat(), local_day(one.day, screen.zone).start, number))
    plan = Plan(tuple(loops), tuple(programmes), tuple(dated))
    return entries, plan, tuple(short for one in drawn for short in one.shortfalls)


def feasible(campaigns: Iterable[Campaign], screen: Screen, days: Sequence[date]) -> tuple[Shortfall, ...]:
    """Which promises cannot be kept on which days: campaign, hour and missing airtime. Empty when all can."""
    return tuple(short for one in _draw_days(Catalogue.of(campaigns), screen, days) for short in one.shortfalls)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A day whose slots still name items of the catalogue; ``last`` is the library item shown up to its midnight."""

    day: date
    blocks: Blocks
    shortfalls: tuple[Shortfall, ...]
    last: int | None


class _Lacking(NamedTuple):
    """What one demand of an hour (by its rank) does not get; the words are those of :class:`Shortfall`."""

    rank: int
    lack: Lack
    promised: int
    planned: int
    missing_ms: int
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Variant:
    """A kind of hour laid out once: a loop per span in which the screen is open, and what it owes still."""

    pieces: Blocks
    lacks: tuple[_Lacking, ...]
    rotation: tuple[int, ...]
    shown: frozenset[int]
    first: int | None
    last: int | None


@dataclass(slots=True, eq=False)
class _Kind:
    """The successive layouts of one kind of hour; ``cycle``: after how many its rotations have come round."""

    hour: Hour
    allotment: Allotment
    variants: list[_Variant] = field(default_factory=list)
    after: dict[tuple[int, int], _Variant] = field(default_factory=dict)
    tried: int = 0
    cycle: int | None = None


class _Workshop:
    """Lays out each kind of hour once for all the days of a plan."""

    def __init__(self, daybook: Daybook) -> None:
        self.daybook = daybook
        self.catalogue = daybook.catalogue
        self._enough = ENOUGH_VARIANTS[0]
        self._kinds: dict[Hour, _Kind] = {}

    def begin(self, enough: int) -> None:
        """From now on only so many layouts of each kind are enough."""
        self._enough = enough
        for kind in self._kinds.values():
            kind.tried, kind.cycle = 0, None

    def kind(self, hour: Hour) -> _Kind:
        """The kind of this hour; looked up once, for an hour is long to compare."""
        found = self._kinds.get(hour)
        if found is None:
            found = self._kinds[hour] = _Kind(hour, allot(self.catalogue, hour))
        return found

    def layout(self, kind: _Kind, ordinal: int, before: int | None) -> _Variant:
        """The ``ordinal``-th hour of its kind in a day, not beginning with the library item ``before`` if it can."""
        while kind.cycle is None and kind.tried <= ordinal:
            if kind.tried == len(kind.variants):
                kind.variants.append(self._lay(kind, kind.tried, None))
            kind.tried += 1
            if _has_come_round(kind.hour, kind.variants[: kind.tried], self._enough):
                kind.cycle = kind.tried
        number = ordinal % (kind.cycle or MOST_VARIANTS)
        variant = kind.variants[number]
        if before is None or variant.first != before:
            return variant
        if (number, before) not in kind.after:
            kind.after[number, before] = self._lay(kind, number, before)
        return kind.after[number, before]

    def _lay(self, kind: _Kind, number: int, before: int | None) -> _Variant:
        hour = kind.hour
        rotation = kind.variants[number - 1].rotation if number else first_rotation(hour)
        allotment = allot_again(self.catalogue, hour, kind.allotment, number)
        slots, after = lay(self.catalogue, hour, allotment.jobs, rotation, before)
        subjects = self.catalogue.subjects
        ends = (subjects[slots[0].entry], subjects[slots[-1].entry]) if slots else (None, None)
        return _Variant(
            tuple(_pieces(hour, slots)),
            tuple(_lacking(self.catalogue, hour, allotment, slots)),
            tuple(after),
            frozenset(slot.entry for slot in slots),
            *ends,
        )


def _draw_days(catalogue: Catalogue, screen: Screen, days: Iterable[date]) -> list[_Drawn]:
    """The days in order, with as many layouts of each kind of hour as a playlist can carry."""
    days = sorted(set(days))
    workshop = _Workshop(Daybook(catalogue, screen))
    for enough in ENOUGH_VARIANTS[:-1]:
        drawn: list[_Drawn] = []
        loops: dict[int, int] = {}
        workshop.begin(enough)
        for one in _draw_in_a_row(workshop, days):
            drawn.append(one)
            loops |= {id(loop): len(loop.slots) for _, _, loop in one.blocks}
            if sum(loops.values()) > MOST_SLOTS:
                break
        else:
            return drawn
    workshop.begin(ENOUGH_VARIANTS[-1])
    return list(_draw_in_a_row(workshop, days))


def _draw_in_a_row(workshop: _Workshop, days: Iterable[date]) -> Iterator[_Drawn]:
    before: int | None = None
    yesterday_end = None
    for day in days:
        local = local_day(day, workshop.daybook.screen.zone)
        if not local.length_ms:
            continue  # a date this zone never had
        drawn = _draw(workshop, day, before if local.start == yesterday_end else None)
        before, yesterday_end = drawn.last, local.start + local.length_ms
        yield drawn


def _draw(workshop: _Workshop, day: date, before: int | None) -> _Drawn:
    local = local_day(day, workshop.daybook.screen.zone)
    blocks: list[tuple[int, int, Loop]] = []
    found: list[tuple[Owed, _Lacking]] = []
    seen: dict[_Kind, int] = {}
    end = 0
    for owed in workshop.daybook.hours(day):
        start, hour, _ = owed
        adjoins = end == start + hour.open[0][0]
        kind = workshop.kind(hour)
        variant = workshop.layout(kind, seen.get(kind, 0), before if adjoins else None)
        seen[kind] = seen.get(kind, 0) + 1
        for a, b, loop in variant.pieces:
            _append(blocks, start + a, start + b, loop)
        found += [(owed, lacking) for lacking in variant.lacks]
        before, end = variant.last, start + hour.open[-1][1]
    shortfalls = tuple(_shortfalls(workshop.daybook, local.start, found))
    return _Drawn(day, tuple(blocks), shortfalls, before if end == local.length_ms else None)


def _shortfalls(daybook: Daybook, midnight: int, found: Sequence[tuple[Owed, _Lacking]]) -> Iterator[Shortfall]:
    """Hour by hour; the hours of a promise per day together, as one."""
    days: dict[tuple[int, date], Shortfall] = {}
    for owed, lacking in found:
        index, begins = owed.hour.demands[lacking.rank].campaign, owed.begins[lacking.rank]
        number = daybook.catalogue.campaigns[index].id
        if begins is None or lacking.lack is Lack.GAP:
            yield Shortfall(number, midnight + owed.start, *lacking[2:5], lacking.lack, lacking.because)
            continue
        start = local_day(begins, daybook.screen.zone).start
        promised = daybook.promise(begins, index).plays
        known = days.get((index, begins)) or Shortfall(number, start, promised, promised, 0, Lack.DAY)
        days[index, begins] = replace(
            known,
            planned=known.planned - (lacking.promised - lacking.planned),
            missing_ms=known.missing_ms + lacking.missing_ms,
            because=tuple(dict.fromkeys((*known.because, *lacking.because))),
        )
    yield from days.values()


def _append(blocks: list[tuple[int, int, Loop]], a: int, b: int, loop: Loop) -> None:
    """Add a block, or lengthen the last one when it ends here with a whole turn of the same loop."""
    if blocks:
        begin, end, same = blocks[-1]
        if end == a and same is loop and (end - begin) % loop.period_ms == 0:
            blocks[-1] = (begin, b, loop)
            return
    blocks.append((a, b, loop))


def _pieces(hour: Hour, slots: Sequence[Slot]) -> Iterator[tuple[int, int, Loop]]:
    """The hour's loops: one per span without a break in the opening hours."""
    for a, b in hour.open:
        own = [slot for slot in slots if a <= slot.at_ms < b]
        yield a, b, Loop(b - a, tuple(Slot(s.at_ms - a, s.entry, s.duration_ms) for s in own) if a else tuple(own))


def _lacking(catalogue: Catalogue, hour: Hour, allotment: Allotment, slots: Sequence[Slot]) -> Iterator[_Lacking]:
    for rank, demand in enumerate(hour.demands):
        planned, shown = allotment.planned[rank], allotment.shown_ms[rank]
        longest = max((catalogue.durations[offer.item] for offer in demand.offers), default=1)
        widest = _widest_gap(catalogue, demand, slots) if demand.largest_gap_ms else 0
        lacks = []
        if demand.target_ms:
            if demand.target_ms - shown >= longest:
                lacks.append((Lack.AIRTIME, demand.plays, planned, demand.target_ms - shown))
        elif planned < demand.plays:
            lack = Lack.DAY if demand.gap_ms else Lack.HOUR
            lacks.append((lack, demand.plays, planned, missing_ms(catalogue, demand, planned, shown)))
        if widest > demand.largest_gap_ms:
            shortest = min(catalogue.durations[offer.item] for offer in demand.offers)
            lacks.append((Lack.GAP, demand.largest_gap_ms, widest, shortest))
        for what in lacks:
            yield _Lacking(rank, *what, _because(catalogue, hour, allotment, rank))


def _because(catalogue: Catalogue, hour: Hour, allotment: Allotment, rank: int) -> tuple[int, ...]:
    """The campaigns that had room where this demand lacks some, the most airtime first."""
    asked = hour.demands[rank]
    holding: dict[int, int] = {}
    for other, demand in enumerate(hour.demands):
        if demand.campaign == asked.campaign or demand.priority > asked.priority:
            continue
        if intersect(demand.active, asked.active):
            number = catalogue.campaigns[demand.campaign].id
            holding[number] = holding.get(number, 0) + allotment.shown_ms[other]
    return tuple(sorted((n for n, shown in holding.items() if shown), key=lambda n: (-holding[n], n)))


def _widest_gap(catalogue: Catalogue, demand: Demand, slots: Sequence[Slot]) -> int:
    """The widest distance between two plays while the campaign's windows are open without a break."""
    starts = [slot.at_ms for slot in slots if catalogue.owners[slot.entry] == demand.campaign]
    gaps = [y - x for a, b in demand.active for x, y in pairwise(s for s in starts if a <= s < b)]
    return max(gaps, default=0)


def _has_come_round(hour: Hour, variants: Sequence[_Variant], enough: int) -> bool:
    """Whether the next hour of this kind may begin with the first layout again: every rotation ended where it began,
    or there are enough layouts to be fair, and every item that finds room at all has had its turn."""
    made = len(variants)
    closed = all(demand.plays * made % max(len(demand.offers), 1) == 0 for demand in hour.demands)
    shown: frozenset[int] = frozenset().union(*(v.shown for v in variants[:-1]))
    news = variants[-1].shown - shown
    items = {offer.item for demand in hour.demands for offer in demand.offers} | {o.item for o in hour.fillers}
    all_had_a_turn = items <= shown | news or not news
    most = MOST_VARIANTS if enough > 1 else 1
    return made >= most or (all_had_a_turn and (closed or made >= enough))


def _entries(catalogue: Catalogue, loops: Iterable[Loop]) -> tuple[tuple[Entry, ...], dict[int, int]]:
    """The playlist's entries, in order and without double, and the catalogue's items as indexes into them."""
    used = {slot.entry for loop in {id(loop): loop for loop in loops}.values() for slot in loop.slots}
    distinct = {catalogue.items[item].entry for item in used}
    entries = sorted(distinct, key=lambda e: (e.campaign, e.item, e.rendition.sha256, e.approval.sha256, e.title))
    places = {entry: place for place, entry in enumerate(entries)}
    return tuple(entries), {item: places[catalogue.items[item].entry] for item in used}


def _renumber(loop: Loop, index: dict[int, int]) -> Loop:
    return Loop(loop.period_ms, tuple(Slot(s.at_ms, index[s.entry], s.duration_ms) for s in loop.slots))
