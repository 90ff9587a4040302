"""What a screen will show over a span of time, and how often: read from a playlist, signed or only drafted.

Rows come from :mod:`playlists.timeline`, so a forecast says what the player does. Counts come from the loops, each
read once, so two weeks cost no more than a day of each kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from playlists.model import Campaign, Entry, OffHours, Output, Playlist, Screen, Shortfall, Version
from playlists.plan import plan_days
from playlists.timeline import Show, showing_at
from playlists.windows import LocalDay, Span, local_day

DRAFT = Version(0, 0)
MOST_DAYS = 400  # of one draft: a year and what hangs over


@dataclass(frozen=True, slots=True)
class Row:
    """What the screen shows from ``start`` until ``end`` (UTC ms); ``entry`` is None where it shows no item."""

    start: int
    end: int
    show: Show
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Draft:
    """The playlist that campaigns would make, unsigned, and the promises it cannot keep."""

    playlist: Playlist
    shortfalls: tuple[Shortfall, ...]


def draft(campaigns: Iterable[Campaign], screen: Screen, start: int, end: int, spare: Sequence[Entry] = ()) -> Draft:
    """What ``screen`` would show from ``start`` to ``end`` (UTC ms), with ``spare`` as its fallback.

    Raises:
        ValueError: the span is empty or longer than :data:`MOST_DAYS` days.
    """
    entries, plan, shortfalls = plan_days(campaigns, screen, days_of(screen.zone, start, end))
    fallback = tuple(range(len(entries), len(entries) + len(spare)))
    playlist = Playlist(
        screen=screen.id,
        unit=screen.id,
        version=DRAFT,
        issued=start,
        expires=end,
        zone=screen.zone,
        trust=0,
        revocation=0,
        previous="",
        entries=(*entries, *spare),
        plan=plan,
        fallback=fallback,
        off_hours=OffHours.BLANK,
        output=Output(),
    )
    return Draft(playlist, shortfalls)


def day_at(zone: str, instant: int) -> LocalDay:
    """The day in which an instant (UTC ms) lies, from one midnight to the next, whatever the wall clock repeats."""
    wall = datetime.fromtimestamp(instant // 1000, UTC).astimezone(ZoneInfo(zone)).date()
    local = local_day(wall, zone)
    return local if instant < local.start + local.length_ms else local_day(wall + timedelta(days=1), zone)


def days_of(zone: str, start: int, end: int) -> list[date]:
    """The local dates that a span (UTC ms) touches.

    Raises:
        ValueError: the span is empty or longer than :data:`MOST_DAYS` days.
    """
    first, last = (day_at(zone, at).day for at in (start, end - 1))
    count = (last - first).days + 1
    if not (start < end and count <= MOST_DAYS):
        raise ValueError(f"a forecast is for 1 to {MOST_DAYS} days")
    return [first + timedelta(days=n) for n in range(count)]


def rows(
    playlist: Playlist, start: int, end: int, allowed: Callable[[int], bool] = lambda _entry: True
) -> Iterator[Row]:
    """What is shown when, without hole or overlap; the first and last rows are cut at the span (UTC ms).

    ``allowed`` says which entries may be shown: by default all.
    """
    at = start
    while at < end:
        showing = showing_at(playlist, at, allowed)
        entry = None if showing.entry is None else playlist.entries[showing.entry]
        yield Row(at, min(showing.end, end), showing.show, entry)
        at = showing.end


def plays(playlist: Playlist, start: int, end: int) -> Iterator[tuple[int, Entry]]:
    """The plays that begin in the span (UTC ms), in order: when, and of what."""
    for day in playlist.plan.days:
        for at, entry in sorted(_starts(playlist, day.programme, (start - day.start, end - day.start))):
            yield day.start + at, playlist.entries[entry]


def counts(playlist: Playlist, start: int, end: int) -> Counter[tuple[int, int]]:
    """How many plays begin in the span, by campaign and clock hour (UTC ms of its start). Fallback counts for none."""
    found: Counter[tuple[int, int]] = Counter()
    whole: dict[tuple[int, tuple[Span, ...]], Counter[tuple[int, int]]] = {}
    for day in playlist.plan.days:
        local = local_day(date.fromisoformat(day.date), playlist.zone)
        kind = (day.programme, local.hours())
        if start <= day.start and day.start + local.length_ms <= end:
            if kind not in whole:
                whole[kind] = _count(playlist, *kind, (0, local.length_ms))
            one = whole[kind]
        else:
            one = _count(playlist, *kind, (start - day.start, end - day.start))
        for (campaign, hour), number in one.items():
            found[campaign, day.start + hour] += number
    return found


def _count(playlist: Playlist, programme: int, hours: Sequence[Span], within: Span) -> Counter[tuple[int, int]]:
    """Plays of one kind of day, by campaign and start of the hour; all times in ms since its midnight."""
    found: Counter[tuple[int, int]] = Counter()
    number = 0
    for at, entry in sorted(_starts(playlist, programme, within)):
        while hours[number][1] <= at:
            number += 1
        found[playlist.entries[entry].campaign, hours[number][0]] += 1
    return found


def _starts(playlist: Playlist, programme: int, within: Span) -> Iterator[tuple[int, int]]:
    """When plays begin on one kind of day, and of which entry; a slot that would run past its block is not begun."""
    plan = playlist.plan
    for block in plan.programmes[programme]:
        loop = plan.loops[block.loop]
        for turn in range(block.from_ms, block.to_ms, loop.period_ms):
            for slot in loop.slots:
                if within[0] <= turn + slot.at_ms < within[1] and turn + slot.end_ms <= block.to_ms:
                    yield turn + slot.at_ms, slot.entry
