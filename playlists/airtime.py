"""When a campaign may be shown on a day of a screen, before anybody asks how often.

Its windows and exceptions, within the opening hours; for campaigns other than the owner's within the hours that are
lent; without the windows that a peak campaign keeps for others. Each item moreover only while its approval is valid
and, if it moves, outside the hours that ask for stills.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from playlists.catalogue import Catalogue
from playlists.model import Campaign, Frequency, Per, Priority, Screen
from playlists.windows import SHIFTS, LocalDay, Span, intersect, local_day, merge, subtract


class Shift(NamedTuple):
    """A campaign's airtime on one calendar day, under one frequency.

    ``items``: spans, in ms since midnight, and the items that may be shown in them. ``begins``: the date to which its
    windows belong, for a promise per day.
    """

    campaign: int
    frequency: Frequency
    begins: date | None
    items: tuple[tuple[tuple[Span, ...], tuple[int, ...]], ...]

    @property
    def active(self) -> tuple[Span, ...]:
        """When any of its items may be shown."""
        if len(self.items) == 1:
            return self.items[0][0]
        return merge(span for spans, _ in self.items for span in spans)


class Doors(NamedTuple):
    """A screen's day: when it is open, when to whom, and when nothing may move."""

    open: tuple[Span, ...]
    lent: tuple[Span, ...]
    still: tuple[Span, ...]

    @classmethod
    def of(cls, screen: Screen, local: LocalDay) -> Doors:
        is_open = local.spans(screen.opening, exceptions=screen.exceptions)
        lent = is_open if screen.lent is None else intersect(is_open, local.spans(screen.lent))
        return cls(is_open, lent, merge(s for q in screen.quiet if q.still for s in local.spans(q.windows)))

    def for_campaign(self, campaign: Campaign) -> tuple[Span, ...]:
        """When it may run at all. Lent hours bind neither the owner nor an emergency."""
        return self.open if campaign.own or campaign.priority is Priority.EMERGENCY else self.lent


def shifts_of(catalogue: Catalogue, screen: Screen, day: date) -> list[Shift]:
    """The airtime of every campaign that has any on ``day``, in the order of the catalogue."""
    local = local_day(day, screen.zone)
    doors = Doors.of(screen, local)
    return [
        Shift(index, frequency, begins, items)
        for index, campaign in enumerate(catalogue.campaigns)
        for frequency, begins, spans in _by_frequency(campaign, local, doors)
        if (items := _items(catalogue, index, local, spans, doors.still))
    ]


def _by_frequency(
    campaign: Campaign, local: LocalDay, doors: Doors
) -> Iterator[tuple[Frequency, date | None, tuple[Span, ...]]]:
    """The campaign's spans on this day. Dates with one frequency per hour share theirs; a promise per day does not."""
    near = [local.day + timedelta(days=shift) for shift in SHIFTS]
    days = [day for day in near if campaign.first_day <= day <= campaign.last_day]
    frequencies = [campaign.frequency_on(day) for day in days]
    if frequencies and frequencies[0].per is not Per.DAY and len(set(frequencies)) == 1:
        yield frequencies[0], None, _spans(campaign, local, doors, days[0], days[-1])
        return
    for day, frequency in zip(days, frequencies, strict=True):
        yield frequency, day if frequency.per is Per.DAY else None, _spans(campaign, local, doors, day, day)


def _spans(campaign: Campaign, local: LocalDay, doors: Doors, first: date, last: date) -> tuple[Span, ...]:
    spans = local.spans(campaign.windows, first, last, campaign.exceptions)
    for closure in campaign.closures:
        spans = subtract(spans, local.spans(closure.windows, closure.first_day, closure.last_day))
    return intersect(spans, doors.for_campaign(campaign))


def _items(
    catalogue: Catalogue, index: int, local: LocalDay, spans: Sequence[Span], still: Sequence[Span]
) -> tuple[tuple[tuple[Span, ...], tuple[int, ...]], ...]:
    """The items by the spans in which they may be shown; nothing for those that may not at all."""
    if not spans:
        return ()
    calm = subtract(spans, still) if still else spans
    groups: dict[tuple[Span, ...], list[int]] = {}
    for number in catalogue.items_of(index):
        item = catalogue.items[number]
        valid = [(item.not_before - local.start, item.not_after - local.start)]
        moves = item.entry.rendition.media_type.is_video
        groups.setdefault(intersect(calm if moves else spans, valid), []).append(number)
    return tuple((own, tuple(items)) for own, items in groups.items() if own)
