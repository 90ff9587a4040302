"""Plays as they travel: rows of small differences, so that thirty plays stay near a kilobyte before compression.

A row is ``[start, skew, version, entry, planned_ms, shown_ms, result, evidence, clock]`` and, when there is one, a
reason. ``start`` counts from the start of the row before (the first from the batch's ``start``); ``skew`` is how far
the monotonic clock disagrees with that difference, zero as long as nobody sets the wall clock; ``version`` indexes
the batch's ``versions``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, count, repeat
from operator import add
from typing import Any

from playlists.model import (
    FORMAT,
    MAX_INTEGER,
    SCREEN_ID,
    SHA256,
    ClockQuality,
    Evidence,
    Play,
    PlayBatch,
    Result,
    Version,
    is_plain,
    require,
)

MAX_PLAYS = 200
MAX_VERSIONS = 100
LONGEST_PREVIOUS = 64
ROW_COLUMNS = 9
LONGEST_REASON = 200
RESULTS = {int(word): word for word in Result}
EVIDENCES = {int(word): word for word in Evidence}
CLOCKS = {int(word): word for word in ClockQuality}


def dump_plays(batch: PlayBatch) -> dict[str, Any]:
    """The plays document of a batch."""
    versions = sorted({play.version for play in batch.plays})
    wall, mono = batch.plays[0].start, batch.plays[0].start_mono_ms
    rows = []
    for play in batch.plays:
        step = play.start - wall
        row: list[Any] = [
            step,
            play.start_mono_ms - mono - step,
            versions.index(play.version),
            play.entry,
            play.planned_ms,
            play.shown_ms,
            int(play.result),
            int(play.evidence),
            int(play.clock),
        ]
        rows.append([*row, play.reason] if play.reason else row)
        wall, mono = play.start, play.start_mono_ms
    return {
        "format": FORMAT,
        "device": batch.device,
        "screen": batch.screen,
        "boot": batch.boot,
        "first": batch.first,
        "previous": batch.previous,
        "versions": [[version.epoch, version.number] for version in versions],
        "start": [batch.plays[0].start, batch.plays[0].start_mono_ms],
        "plays": rows,
    }


def load_plays(data: Any) -> PlayBatch:
    """The batch in a parsed plays document. Unknown fields are ignored.

    Checked by hand: of all documents only this one comes by the thousand, and the general reader took longer than the
    check of the signature. The tests hold it against a schema.

    Raises:
        ValueError: it is not a plays document of our format.
    """
    require(isinstance(data, dict), "a document is an object")
    require(_whole(data.get("format"), FORMAT, FORMAT), f"only format {FORMAT} is understood")
    device, screen, boot, first, previous = map(data.get, ("device", "screen", "boot", "first", "previous"))
    require(isinstance(device, str) and bool(SHA256.fullmatch(device)), "a device is named by its key id")
    require(isinstance(screen, str) and bool(SCREEN_ID.fullmatch(screen)), "a screen is named by its id")
    require(_whole(boot) and _whole(first, 1), "boots and plays are counted")
    require(isinstance(previous, str) and len(previous) <= LONGEST_PREVIOUS, "a batch names the one before")
    require(is_plain(previous), "text is NFC without control characters")
    versions = _versions(data.get("versions"))
    return PlayBatch(device, screen, boot, previous, _plays(first, versions, data.get("start"), data.get("plays")))


def _versions(rows: Any) -> list[Version]:
    require(isinstance(rows, list) and len(rows) <= MAX_VERSIONS, f"a batch names at most {MAX_VERSIONS} playlists")
    require(all(_integers(row) and len(row) == 2 and min(row) >= 0 for row in rows), "a version is two numbers")
    return [Version(epoch, number) for epoch, number in rows]


def _plays(first: int, versions: Sequence[Version], start: Any, plays: Any) -> tuple[Play, ...]:
    """The rows as plays, column by column: a call per value would take longer than all the rest."""
    require(_integers(start) and len(start) == 2, "start is a wall and a monotonic instant")
    require(isinstance(plays, list) and 0 < len(plays) <= MAX_PLAYS, f"a batch carries 1 to {MAX_PLAYS} plays")
    require({list}.issuperset(map(type, plays)), "a play is a row")
    require({ROW_COLUMNS, ROW_COLUMNS + 1}.issuperset(map(len, plays)), f"a play has {ROW_COLUMNS} columns")
    columns = list(zip(*plays, strict=False))[:ROW_COLUMNS]
    require(_integers([*chain.from_iterable(columns)]), "a play is a row of integers")
    steps, skews, playlists, entries, planned, shown, results, evidences, clocks = columns
    require(min(map(min, columns[2:])) >= 0, "durations and entries are not negative")
    require(max(playlists) < len(versions), "a play names a playlist of its batch")
    walls = list(accumulate(steps, initial=start[0]))[1:]
    monos = list(accumulate(map(add, steps, skews), initial=start[1]))[1:]
    require(min(*walls, *monos, 0) == 0, "instants are not negative")
    require(max(*walls, *monos) <= MAX_INTEGER, "instants are exact")
    try:
        words = (
            [RESULTS[word] for word in results],
            [EVIDENCES[word] for word in evidences],
            [CLOCKS[word] for word in clocks],
        )
    except KeyError:
        raise ValueError("a play has known words") from None
    named = [versions[index] for index in playlists]
    reasons = [_reason(row) for row in plays] if max(map(len, plays)) > ROW_COLUMNS else repeat("")
    return tuple(map(Play, count(first), named, entries, walls, monos, planned, shown, *words, reasons))


def _reason(row: list[Any]) -> str:
    if len(row) == ROW_COLUMNS:
        return ""
    reason = row[ROW_COLUMNS]
    require(isinstance(reason, str) and len(reason) <= LONGEST_REASON, "a reason is a short text")
    return str(reason)


def _whole(value: Any, lowest: int = 0, highest: int = MAX_INTEGER) -> bool:
    """Whether it is an exact integer between the bounds; ``true`` is none."""
    return type(value) is int and lowest <= value <= highest


def _integers(values: Any) -> bool:
    return (
        isinstance(values, list)
        and set(map(type, values)) == {int}
        and min(values) >= -MAX_INTEGER
        and max(values) <= MAX_INTEGER
    )
