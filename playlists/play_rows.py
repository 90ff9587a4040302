"""Plays as they travel: rows of small differences, so that thirty plays stay near a kilobyte before compression.

A row is ``[start, skew, version, entry, planned_ms, shown_ms, result, evidence, clock]`` and, when there is one, a
reason. ``start`` counts from the start of the row before (the first from the batch's ``start``); ``skew`` is how far
the monotonic clock disagrees with that difference, zero as long as nobody sets the wall clock; ``version`` indexes
the batch's ``versions``.

A device that merged old plays says so in format 2: there each row has its reason and then ``count`` and ``span_ms``.
Such a row stands for ``count`` plays with as many numbers, the first at ``start`` and the last ``span_ms`` later; its
durations are sums. Who reads it gets ``count`` plays again, each with its share (:func:`shares`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
MERGED_FORMAT = 2
MERGED_COLUMNS = ROW_COLUMNS + 3
LONGEST_REASON = 200
RESULTS = {int(word): word for word in Result}
EVIDENCES = {int(word): word for word in Evidence}
CLOCKS = {int(word): word for word in ClockQuality}


def dump_plays(batch: PlayBatch) -> dict[str, Any]:
    """The plays document of a batch."""
    versions = sorted({play.version for play in batch.plays})
    wall, mono = batch.plays[0].start, batch.plays[0].start_mono_ms
    merged = any(play.merged > 1 for play in batch.plays)
    rows = []
    for play, number, span_ms in summed(batch.plays) if merged else zip(batch.plays, repeat(1), repeat(0)):
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
        if merged:
            row += [play.reason, number, span_ms]
        rows.append([*row, play.reason] if play.reason and not merged else row)
        wall, mono = play.start, play.start_mono_ms
    return {
        "format": MERGED_FORMAT if merged else FORMAT,
        "device": batch.device,
        "screen": batch.screen,
        "boot": batch.boot,
        "first": batch.first,
        "previous": batch.previous,
        "versions": [[version.epoch, version.number] for version in versions],
        "start": [batch.plays[0].start, batch.plays[0].start_mono_ms],
        "plays": rows,
    }


def shares(whole: Play, number: int, span_ms: int) -> Iterator[Play]:
    """The ``number`` plays that ``whole`` sums up: numbered from its ``n``, spread evenly over ``span_ms``."""
    for at in range(number):
        after_ms = span_ms * at // (number - 1) if number > 1 else 0
        yield replace(
            whole,
            n=whole.n + at,
            start=whole.start + after_ms,
            start_mono_ms=whole.start_mono_ms + after_ms,
            planned_ms=whole.planned_ms // number + (at < whole.planned_ms % number),
            shown_ms=whole.shown_ms // number + (at < whole.shown_ms % number),
            merged=number,
        )


def summed(plays: Sequence[Play]) -> Iterator[tuple[Play, int, int]]:
    """The plays with each merged stretch as one again: its sum, how many it stands for, its span in ms."""
    at = 0
    while at < len(plays):
        part = plays[at : at + plays[at].merged]
        require(len(part) == part[0].merged, "a merged row is never cut")
        planned_ms, shown_ms = sum(play.planned_ms for play in part), sum(play.shown_ms for play in part)
        yield replace(part[0], planned_ms=planned_ms, shown_ms=shown_ms), len(part), part[-1].start - part[0].start
        at += len(part)


def load_plays(data: Any) -> PlayBatch:
    """The batch in a parsed plays document. Unknown fields are ignored.

    Checked by hand: of all documents only this one comes by the thousand, and the general reader took longer than the
    check of the signature. The tests hold it against a schema.

    Raises:
        ValueError: it is not a plays document of our formats.
    """
    require(isinstance(data, dict), "a document is an object")
    require(_whole(data.get("format"), FORMAT, MERGED_FORMAT), f"no format above {MERGED_FORMAT} is understood")
    device, screen, boot, first, previous = map(data.get, ("device", "screen", "boot", "first", "previous"))
    require(isinstance(device, str) and bool(SHA256.fullmatch(device)), "a device is named by its key id")
    require(isinstance(screen, str) and bool(SCREEN_ID.fullmatch(screen)), "a screen is named by its id")
    require(_whole(boot) and _whole(first, 1), "boots and plays are counted")
    require(isinstance(previous, str) and len(previous) <= LONGEST_PREVIOUS, "a batch names the one before")
    require(is_plain(previous), "text is NFC without control characters")
    versions = _versions(data.get("versions"))
    read = _plays if data["format"] == FORMAT else _merged_plays
    return PlayBatch(device, screen, boot, previous, read(first, versions, data.get("start"), data.get("plays")))


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


def _merged_plays(first: int, versions: Sequence[Version], start: Any, rows: Any) -> tuple[Play, ...]:
    """The rows of format 2 as the plays they stand for."""
    require(isinstance(rows, list) and {list}.issuperset(map(type, rows)), "a play is a row")
    require({MERGED_COLUMNS}.issuperset(map(len, rows)), f"a merged play has {MERGED_COLUMNS} columns")
    sums = [row[ROW_COLUMNS + 1 :] for row in rows]
    require(
        all(_whole(number, 1, MAX_PLAYS) and _whole(span_ms) for number, span_ms in sums), "merged plays are counted"
    )
    require(sum(number for number, _ in sums) <= MAX_PLAYS, f"a batch carries 1 to {MAX_PLAYS} plays")
    wholes = _plays(first, versions, start, [row[: ROW_COLUMNS + 1] for row in rows])
    ends = [max(p.start, p.start_mono_ms) + span_ms for p, (_, span_ms) in zip(wholes, sums, strict=True)]
    require(max(ends) <= MAX_INTEGER, "instants are exact")
    numbers = accumulate((number for number, _ in sums), initial=first)
    parts = zip(wholes, numbers, sums, strict=False)
    return tuple(p for whole, n, (number, span_ms) in parts for p in shares(replace(whole, n=n), number, span_ms))


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
