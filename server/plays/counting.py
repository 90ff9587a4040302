"""What counts how: grades, plausible times, and the day-wide cells that new plays add up to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import repeat
from typing import NamedTuple

from playlists.model import ClockQuality, Play, Result
from playlists.play_rows import Columns
from server.plays.days import QUARTER_MS, local_day_and_hour

DAY_MS = 24 * 60 * 60 * 1000
OLDEST_MS = 400 * DAY_MS
MOST_SHOWN_MS = DAY_MS
SPAN_MS = 4 * 60 * 60 * 1000  # no row of play_batch spans more: readers by time look this far around, and no further

Numbers = tuple[int, int, int, int, int, int]  # a Counted, or as many plain numbers in its order
CellKey = tuple[int, int, int, int, int, int]
_SHOWN, _HOURS = 4, 5  # after the four results
_COMPLETE = int(Result.COMPLETE)
_WIDTH = _HOURS + 24


class Grade(IntEnum):
    """Where a count comes from; kept apart in every key, never added together."""

    MEASURED = 0
    UNTIMED = 1  # measured, but the device's clock could not be believed
    IMPORTED = 2
    DECLARED = 3


_MEASURED, _UNTIMED, _UNKNOWN = Grade.MEASURED, Grade.UNTIMED, ClockQuality.UNKNOWN  # a member costs a look-up each


class Counted(NamedTuple):
    """One play as the roll-ups see it."""

    start: int
    item_id: int
    campaign_id: int
    shown_ms: int
    result: int
    grade: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where plays count: the screen, its unit at the time of receipt, and its zone."""

    screen_id: int
    unit_id: int
    zone: str


def counted(play: Play, item_id: int, campaign_id: int, received_at: int) -> Counted:
    """The play with its time believed, or lowered to grade UNTIMED: a bad clock marks a play, it never drops it.

    A start outside the 400 days before receipt and the day after it is replaced by the time of receipt.
    """
    start, shown_ms = play.start, play.shown_ms
    believable = received_at - OLDEST_MS <= start <= received_at + DAY_MS
    return Counted(
        start if believable else received_at,
        item_id,
        campaign_id,
        shown_ms if shown_ms <= MOST_SHOWN_MS else MOST_SHOWN_MS,
        play.result,
        _MEASURED if believable and play.clock is not _UNKNOWN else _UNTIMED,
    )


def all_counted(plays: Columns, entries: Sequence[tuple[int, int]], received_at: int) -> list[Numbers]:
    """:func:`counted` of every play of a batch, ``entries`` being item and campaign of each.

    In nearly every batch there is nothing to lower or to replace, and then its columns are the answer.
    """
    ordinary = (
        received_at - OLDEST_MS <= min(plays.starts)
        and max(plays.starts) <= received_at + DAY_MS
        and max(plays.shown_ms) <= MOST_SHOWN_MS
        and _UNKNOWN not in plays.clocks
    )
    if not ordinary:
        whole = plays.plays(1)
        return [counted(play, *entry, received_at) for play, entry in zip(whole, entries, strict=True)]
    items, campaigns = zip(*entries, strict=True)
    return list(zip(plays.starts, items, campaigns, plays.shown_ms, plays.results, repeat(int(_MEASURED))))


def add_to_cells(cells: dict[CellKey, list[int]], place: Place, plays: Iterable[Numbers]) -> None:
    """Add plays to day-wide cells: four results, time shown, and the complete plays of each local hour."""
    screen_id, unit_id, zone = place.screen_id, place.unit_id, place.zone
    quarter = day = hour = -1
    for start, item_id, campaign_id, shown_ms, result, grade in plays:
        if start // QUARTER_MS != quarter:  # neighbours share their quarter of an hour, and so day and hour
            quarter = start // QUARTER_MS
            day, hour = local_day_and_hour(zone, start)
        key = (screen_id, day, unit_id, item_id, campaign_id, grade)
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = [0] * _WIDTH
        cell[result] += 1
        cell[_SHOWN] += shown_ms
        if result == _COMPLETE:
            cell[_HOURS + hour] += 1


def cut_by_time(plays: Sequence[Numbers]) -> list[tuple[int, int]]:
    """Positions ``(from, to)``, end exclusive, of stretches that span at most 4 hours; a usual batch is one."""
    starts = [play[0] for play in plays]
    if max(starts) - min(starts) <= SPAN_MS:
        return [(0, len(plays))]
    cuts: list[tuple[int, int]] = []
    begin = 0
    earliest = latest = starts[0]
    for at, start in enumerate(starts):
        earliest, latest = min(earliest, start), max(latest, start)
        if latest - earliest > SPAN_MS:
            cuts.append((begin, at))
            begin, earliest, latest = at, start, start
    return [*cuts, (begin, len(plays))]
