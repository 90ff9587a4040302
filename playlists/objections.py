"""What is wrong with a wanted campaign before anybody plans it: each objection names what a sentence about it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from playlists.airtime import shifts_of
from playlists.catalogue import Catalogue
from playlists.demand import SHORTEST_MS
from playlists.model import MINUTES_PER_DAY, THOUSAND, Campaign, Frequency, Per, Priority, Screen, Window
from playlists.windows import HOUR_MS, MINUTE_MS, local_day

MOST_CAMPAIGNS = 500  # on one screen: more than an hour has slots of seven seconds, and planned in a few seconds


class Wrong(StrEnum):
    """What is wrong, and which facts of the :class:`Objection` say more."""

    NO_SCREEN = "no-screen"  # the targets reach nothing
    NO_DAYS = "no-days"  # its period is over, or holds no date of this screen
    TOO_MANY_CAMPAIGNS = "too-many-campaigns"  # ``asked`` and ``possible`` on one screen
    EXCEPTION_OUTSIDE = "exception-outside"  # ``day`` is not in the campaign's period
    ITEM_TOO_SHORT = "item-too-short"  # ``item``: ``asked`` and ``possible`` ms
    ITEM_TOO_LONG = "item-too-long"  # ``item``: ``asked`` and ``possible`` ms on this screen
    WINDOW_TOO_SHORT = "window-too-short"  # ``window``: ``possible`` ms for an item of ``asked`` ms
    NEVER_OPEN = "never-open"  # no item may be shown at any time of its windows on this screen
    TOO_OFTEN = "too-often"  # ``asked`` and ``possible`` plays or thousandths, per ``per``
    GAP_TOO_SHORT = "gap-too-short"  # ``asked`` ms between plays of ``possible`` ms each


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing to be put right, for the screen it is about (empty: all of them)."""

    wrong: Wrong
    screen: str = ""
    item: int | None = None
    window: Window | None = None
    day: date | None = None
    per: Per | None = None
    asked: int = 0
    possible: int = 0


Asked = tuple[Screen, Sequence[Campaign], Campaign, Sequence[date]]  # screen, campaigns there, the wanted one, days


def objections_to(cases: Sequence[Asked]) -> tuple[Objection, ...]:
    """Everything wrong, each thing once, in the order of :class:`Wrong`. No plan is made: it costs next to nothing."""
    if not cases:
        return (Objection(Wrong.NO_SCREEN),)
    order = {wrong: number for number, wrong in enumerate(Wrong)}
    found = dict.fromkeys(objection for case in cases for objection in _about(*case))
    return tuple(sorted(found, key=lambda objection: order[objection.wrong]))


def _about(screen: Screen, others: Sequence[Campaign], wanted: Campaign, days: Sequence[date]) -> Iterator[Objection]:
    if len(others) + 1 > MOST_CAMPAIGNS:
        yield Objection(Wrong.TOO_MANY_CAMPAIGNS, screen.id, asked=len(others) + 1, possible=MOST_CAMPAIGNS)
        return
    for exception in wanted.exceptions:
        if not wanted.first_day <= exception.day <= wanted.last_day:
            yield Objection(Wrong.EXCEPTION_OUTSIDE, day=exception.day)
    yield from _about_items(screen, wanted)
    shortest = min(item.duration_ms for item in wanted.items)
    for window in wanted.windows:
        if (length := _length_ms(window)) < shortest:
            yield Objection(Wrong.WINDOW_TOO_SHORT, window=window, asked=shortest, possible=length)
    if not any(local_day(day, screen.zone).length_ms for day in days if wanted.first_day <= day <= wanted.last_day):
        yield Objection(Wrong.NO_DAYS, screen.id)
    elif not any(_can_be_shown(screen, wanted, day) for day in days):
        yield Objection(Wrong.NEVER_OPEN, screen.id)
    else:
        for frequency in {wanted.frequency_on(day): day for day in days}:
            yield from _about_frequency(screen, wanted, frequency, shortest)


def _about_items(screen: Screen, wanted: Campaign) -> Iterator[Objection]:
    longest = min(screen.longest_item_ms or HOUR_MS, HOUR_MS)
    for item in wanted.items:
        number, length = item.entry.item, item.duration_ms
        if length < SHORTEST_MS:
            yield Objection(Wrong.ITEM_TOO_SHORT, item=number, asked=length, possible=SHORTEST_MS)
        elif length > longest:
            yield Objection(Wrong.ITEM_TOO_LONG, screen.id, item=number, asked=length, possible=longest)


def _about_frequency(screen: Screen, wanted: Campaign, frequency: Frequency, shortest: int) -> Iterator[Objection]:
    """Promises that a screen with nothing else on it could not keep."""
    share = THOUSAND if wanted.priority is Priority.EMERGENCY else THOUSAND - screen.reserve
    if wanted.priority is not Priority.EMERGENCY and not wanted.own:
        share -= screen.owners_share
    possible = _possible(frequency, share, shortest)
    if frequency.least > possible:
        yield Objection(Wrong.TOO_OFTEN, screen.id, per=frequency.per, asked=frequency.least, possible=possible)
    if frequency.largest_gap_ms and frequency.largest_gap_ms < shortest:
        yield Objection(Wrong.GAP_TOO_SHORT, asked=frequency.largest_gap_ms, possible=shortest)


def _possible(frequency: Frequency, share: int, shortest: int) -> int:
    """The most that any hour, or day of 25 hours, could hold of a frequency in a share of its time."""
    if frequency.per is Per.AIRTIME:
        return share
    hours = 25 if frequency.per is Per.DAY else 1
    return hours * HOUR_MS * share // THOUSAND // shortest


def _can_be_shown(screen: Screen, wanted: Campaign, day: date) -> bool:
    return bool(shifts_of(Catalogue.of([wanted]), screen, day))


def _length_ms(window: Window) -> int:
    return ((window.to_minute - window.from_minute - 1) % MINUTES_PER_DAY + 1) * MINUTE_MS
