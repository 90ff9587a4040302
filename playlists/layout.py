"""One kind of hour laid out: every slot at its millisecond, promised plays in their places and fillers between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from playlists.catalogue import Catalogue
from playlists.demand import Hour, Offer, total_ms
from playlists.model import Slot
from playlists.spread import Job, Place, arrange


class Zone(NamedTuple):
    """A span of the hour with one choice of fillers: which may begin here and the latest end of each.

    ``spare``: what fills it once no filler may be shown any more. ``alone``: whatever is shown here is the same
    library item, so it may follow itself; ``lone``: whatever fills time is, and repeats rather than stand still.
    """

    from_ms: int
    to_ms: int
    fill: dict[int, int]
    spare: dict[int, int]
    shortest_ms: int
    alone: bool
    lone: bool


def lay(
    catalogue: Catalogue, hour: Hour, jobs: Sequence[Job], rotation: Sequence[int], before: int | None
) -> tuple[list[Slot], list[int]]:
    """The slots of the hour (entry = index of the item), and the filler rotation as it stands afterwards.

    ``before`` is the library item shown just before this hour, which it then does not begin with if it can.
    """
    hand = _Hand(catalogue, hour, jobs, rotation, before)
    places = arrange(jobs)
    for at in range(len(places)):
        hand.lead_up_to(places[at])
        if hand.may_swap(places, at):
            places[at], places[at + 1] = places[at + 1], places[at]._replace(earliest_ms=places[at].job.from_ms)
        hand.show(places[at].job.item, max(hand.now, places[at].earliest_ms))
    hand.run_out()
    return hand.slots, hand.rotation


def first_rotation(hour: Hour) -> tuple[int, ...]:
    """Everything that may fill time in this hour: fillers, then every campaign's first item, every second …"""
    promised = [(turn, o.item) for demand in hour.demands for turn, o in enumerate(demand.offers)]
    return (*(offer.item for offer in hour.fillers), *(item for _, item in sorted(promised)))


def _zones(catalogue: Catalogue, hour: Hour) -> list[Zone]:
    """The open time of the hour, cut where a choice begins or ends; without fillers all promised items are fillers."""
    promised = [offer for demand in hour.demands for offer in demand.offers]
    spans = {span for offer in (*hour.fillers, *promised) for span in offer.spans} | set(hour.open)
    edges = sorted({edge for span in spans for edge in span})
    zones = []
    for a, b in pairwise(edges):
        fillers, own = _ends(hour.fillers, a), _ends(promised, a)
        shortest = min((catalogue.durations[i] for i in (*fillers, *own)), default=b - a + 1)
        fill, spare = (fillers, own) if fillers else (own, {})
        zones.append(Zone(a, b, fill, spare, shortest, _are_one(catalogue, (*fill, *spare)), _are_one(catalogue, fill)))
    return zones


def _are_one(catalogue: Catalogue, items: Iterable[int]) -> bool:
    return len({catalogue.subjects[item] for item in items}) == 1


def _ends(offers: Sequence[Offer], at: int) -> dict[int, int]:
    """The items that may be shown at an instant, and until when."""
    return {offer.item: b for offer in offers for a, b in offer.spans if a <= at < b}


class _Hand:
    """Lays slots one after the other through an hour, and remembers what the viewer saw last."""

    def __init__(
        self, catalogue: Catalogue, hour: Hour, jobs: Sequence[Job], rotation: Sequence[int], before: int | None
    ) -> None:
        self.slots: list[Slot] = []
        self._catalogue = catalogue
        self._durations = catalogue.durations
        self._subjects = catalogue.subjects
        self._zones = _zones(catalogue, hour)
        self._zone = 0
        self._fills = frozenset(item for zone in self._zones for item in (*zone.fill, *zone.spare))
        self.rotation = [item for item in rotation if item in self._fills]
        self.now = self._zones[0].from_ms
        self._last = before
        self._stories = {rank for rank, d in enumerate(hour.demands) if catalogue.is_story(d.campaign)}
        self._left = dict(hour.limits)  # plays that may be added to those promised
        for job in jobs:
            campaign = hour.demands[job.rank].campaign
            if campaign in self._left:
                self._left[campaign] -= 1
        promised_ms = sum(job.duration_ms for job in jobs if not self._is_own(job.item))
        self._lent_ms = total_ms(hour.open) - (hour.budgets.own_ms - hour.budgets.lent_ms) - promised_ms
        self._shares = hour.budgets.own_ms > hour.budgets.lent_ms

    def lead_up_to(self, place: Place) -> None:
        """Fillers until the promised play is nearer to its best start than another filler would leave it."""
        following = self._subjects[place.job.item]
        while True:
            item = self._next_filler(place.latest_ms, following)
            if item is None:
                if not self._skip_to_next_zone(place.best_ms):
                    return
                continue
            middle = self.now + self._durations[item] // 2
            if self.now >= place.earliest_ms and middle > place.best_ms and not self._repeats(place):
                return
            self._fill_with(item)

    def run_out(self) -> None:
        """Fillers to the end of the hour, the last one other than the hour's first item, which may come next."""
        following = self._subjects[self.slots[0].entry] if self.slots else None
        end = self._zones[-1].to_ms
        while True:
            item = self._next_filler(end, following)
            if item is not None:
                self._fill_with(item)
            elif not self._skip_to_next_zone(end):
                return

    def may_swap(self, places: list[Place], at: int) -> bool:
        """Whether a repetition is avoided by the next promised play going first, without making this one late."""
        if not self._repeats(places[at]) or at + 1 == len(places) or self._repeats(places[at + 1]):
            return False
        other = places[at + 1]
        if other.job.rank == places[at].job.rank and other.job.rank in self._stories:
            return False
        return max(self.now, other.earliest_ms) + other.job.duration_ms <= places[at].latest_ms

    def show(self, item: int, at_ms: int) -> None:
        self.slots.append(Slot(at_ms, item, self._durations[item]))
        self.now = at_ms + self._durations[item]
        self._last = self._subjects[item]
        if item in self._fills:
            self.rotation.remove(item)
            self.rotation.append(item)

    def _fill_with(self, item: int) -> None:
        campaign = self._catalogue.owners[item]
        if campaign in self._left:
            self._left[campaign] -= 1
        if not self._is_own(item):
            self._lent_ms -= self._durations[item]
        self.show(item, self.now)

    def _is_own(self, item: int) -> bool:
        return self._catalogue.campaigns[self._catalogue.owners[item]].own

    def _choice(self, zone: Zone) -> dict[int, int]:
        """What may fill time now: no campaign beyond its maximum, nor the owner's share while the owner has items."""
        if not self._left and not self._shares:
            return zone.fill
        fill = {i: end for i, end in zone.fill.items() if self._left.get(self._catalogue.owners[i], 1) > 0}
        if not fill:
            fill = {i: end for i, end in zone.spare.items() if self._left.get(self._catalogue.owners[i], 1) > 0}
        own = {i: end for i, end in fill.items() if self._is_own(i)} if self._shares else {}
        return {i: end for i, end in fill.items() if i in own or self._durations[i] <= self._lent_ms} if own else fill

    def _at_now(self) -> Zone:
        while self._zone + 1 < len(self._zones) and self._zones[self._zone].to_ms <= self.now:
            self._zone += 1
        return self._zones[self._zone]

    def _skip_to_next_zone(self, until_ms: int) -> bool:
        """Leave the rest of a zone empty that nothing fits in; whether there is another one before ``until_ms``."""
        end = self._at_now().to_ms
        if end >= until_ms or end <= self.now:
            return False
        self.now = end
        return True

    def _next_filler(self, until_ms: int, following: int | None) -> int | None:
        """The filler that waited longest, fits before ``until_ms`` and repeats neither neighbour."""
        zone = self._at_now()
        room = until_ms - self.now
        if room < zone.shortest_ms:
            return None
        fill = self._choice(zone)
        for item in self.rotation:
            duration = self._durations[item]
            if duration > room or self.now + duration > fill.get(item, 0):
                continue
            if zone.lone or self._differs(self._subjects[item], following, room - duration - zone.shortest_ms):
                return item
        return None

    def _differs(self, subject: int, following: int | None, spare_ms: int) -> bool:
        """Not what was shown last; nor what comes next, unless there is time for something between."""
        return subject != self._last and (subject != following or spare_ms >= 0)

    def _repeats(self, place: Place) -> bool:
        return self._subjects[place.job.item] == self._last and not self._at_now().alone
