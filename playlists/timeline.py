"""What a screen shows at an instant: from a playlist and the instant alone, so screens with one plan are in step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from playlists.model import Block, Day, Loop, Output, Playlist
from playlists.windows import MINUTE_MS, midnight

FAR_MS = 2**53 - 1


class Show(StrEnum):
    """Why the screen shows what it shows."""

    SLOT = "slot"  # a slot of the plan: the only showing that counts as a play of its campaign
    HOLD = "hold"  # the pause after a slot: its picture stays, nothing is counted
    FALLBACK = "fallback"  # no plan for this moment, or its item may not be shown
    OFF = "off"  # outside the opening hours
    SLATE = "slate"  # nothing at all may be shown


@dataclass(frozen=True, slots=True)
class Showing:
    """One state of the screen from ``start`` until ``end`` (UTC ms), the next instant at which anything can change.

    ``entry`` indexes the playlist's entries; it is ``None`` for OFF and SLATE. ``start`` can lie before the playlist
    was made: the screen then joins in the middle.
    """

    show: Show
    entry: int | None
    start: int
    end: int


def showing_at(playlist: Playlist, instant: int, allowed: Callable[[int], bool]) -> Showing:
    """What the screen shows at ``instant`` (UTC ms); ``allowed`` says which entries it may show and has on disk.

    Never raises for a valid playlist. Every instant of the answer's span gives the same answer while ``allowed`` does.
    """
    planned = _planned_at(playlist, instant)
    if planned.show is Show.OFF or (planned.entry is not None and allowed(planned.entry)):
        return planned
    return _fallback(playlist, instant, allowed, planned)


def output_at(playlist: Playlist, instant: int) -> tuple[Output, int]:
    """How the picture is put out at ``instant`` (UTC ms), and when that changes next: mute or dim where it is quiet."""
    following = bisect_right(playlist.quiet, instant, key=lambda span: span.start)
    until = playlist.quiet[following].start if following < len(playlist.quiet) else FAR_MS
    rule = playlist.quiet[following - 1] if following else None
    if rule is None or rule.end <= instant:
        return playlist.output, until
    output = playlist.output
    volume, brightness = output.volume * rule.volume // 100, output.brightness * rule.brightness // 100
    return replace(output, volume=volume, brightness=brightness), min(rule.end, until)


def _planned_at(playlist: Playlist, instant: int) -> Showing:
    """What the plan alone asks for; FALLBACK without an entry where it asks for nothing."""
    days = playlist.plan.days
    known = bisect_right(days, instant, key=lambda day: day.start) - 1
    if known < 0:
        return Showing(Show.FALLBACK, None, -FAR_MS, days[0].start if days else FAR_MS)
    day, end = days[known], _end_of(playlist, known)
    if instant >= end:
        return Showing(Show.FALLBACK, None, end, days[known + 1].start if known + 1 < len(days) else FAR_MS)
    return _in_day(playlist, day, end, instant)


def _end_of(playlist: Playlist, known: int) -> int:
    """When a day of the plan ends. The next day's start, as signed, beats this machine's own tz database."""
    days = playlist.plan.days
    tomorrow = date.fromisoformat(days[known].date) + timedelta(days=1)
    following = days[known + 1] if known + 1 < len(days) else None
    if following and following.date == tomorrow.isoformat():
        return following.start
    end = midnight(tomorrow, playlist.zone)
    return min(end, following.start) if following else end


def _in_day(playlist: Playlist, day: Day, end: int, instant: int) -> Showing:
    blocks = playlist.plan.programmes[day.programme]
    elapsed = instant - day.start
    index = bisect_right(blocks, elapsed, key=lambda block: block.from_ms) - 1
    if index >= 0 and elapsed < blocks[index].to_ms:
        block = blocks[index]
        return _in_block(block, playlist.plan.loops[block.loop], day.start, instant, end)
    off_from = day.start + (blocks[index].to_ms if index >= 0 else 0)
    off_to = day.start + blocks[index + 1].from_ms if index + 1 < len(blocks) else end
    return Showing(Show.OFF, None, off_from, min(off_to, end))


def _in_block(block: Block, loop: Loop, midnight_at: int, instant: int, day_end: int) -> Showing:
    """Inside a block: the slot at this instant, else the pause up to the next slot that is started."""
    block_start = midnight_at + block.from_ms
    block_end = min(midnight_at + block.to_ms, day_end)
    if not loop.slots:
        return Showing(Show.FALLBACK, None, block_start, block_end)
    turn, offset = divmod(instant - block_start, loop.period_ms)
    base = block_start + turn * loop.period_ms
    before = bisect_right(loop.slots, offset, key=lambda slot: slot.at_ms) - 1
    if before < 0:  # before the first slot of this turn the last one of the turn before holds
        before, base = len(loop.slots) - 1, base - loop.period_ms
    # A slot that would run past the block was never started, nor those after it: go back to one that was.
    while before >= 0 and base + loop.slots[before].end_ms > block_end:
        before -= 1
    if before < 0 and base > block_start:
        before, base = len(loop.slots) - 1, base - loop.period_ms
    if before < 0 or base < block_start:
        return Showing(Show.FALLBACK, None, block_start, _next_start(loop, block_start, 0, block_end))
    slot = loop.slots[before]
    end = base + slot.end_ms
    if instant < end:
        return Showing(Show.SLOT, slot.entry, base + slot.at_ms, end)
    return Showing(Show.HOLD, slot.entry, end, _next_start(loop, base, before + 1, block_end))


def _next_start(loop: Loop, base: int, index: int, block_end: int) -> int:
    """When the slot ``index`` of the turn at ``base`` starts; the block's end if it would run past it."""
    if index == len(loop.slots):
        base, index = base + loop.period_ms, 0
    slot = loop.slots[index]
    return base + slot.at_ms if base + slot.end_ms <= block_end else block_end


def _fallback(playlist: Playlist, instant: int, allowed: Callable[[int], bool], planned: Showing) -> Showing:
    """The fallback items in turn, counted from the epoch so that screens agree; without any, the slate."""
    usable = [entry for entry in playlist.fallback if allowed(entry)]
    if not usable:
        # What is allowed changes with time as well; a slate is looked at again every minute.
        minute = instant - instant % MINUTE_MS
        return _within(planned, Show.SLATE, None, minute, minute + MINUTE_MS)
    lengths = [playlist.entries[entry].rendition.duration_ms for entry in usable]
    offset = instant % sum(lengths)
    at = instant - offset
    for entry, length in zip(usable, lengths, strict=True):
        if instant < at + length:
            return _within(planned, Show.FALLBACK, entry, at, at + length)
        at += length
    raise AssertionError("the offset lies inside the sum of the lengths")


def _within(planned: Showing, show: Show, entry: int | None, start: int, end: int) -> Showing:
    return Showing(show, entry, max(start, planned.start), min(end, planned.end))
