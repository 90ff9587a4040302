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
from dataclasses import dataclass, fields, replace
from itertools import accumulate, chain, count, repeat
from operator import add, attrgetter
from typing import Any, NamedTuple

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
_BUT_ITS_NUMBER = attrgetter(*(field.name for field in fields(Play)[1:]))


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


class Columns(NamedTuple):
    """The plays of a batch column by column, read and checked: an object for each would cost more than reading it."""

    versions: Sequence[Version]
    entries: Sequence[int]
    starts: Sequence[int]
    start_monos_ms: Sequence[int]
    planned_ms: Sequence[int]
    shown_ms: Sequence[int]
    results: Sequence[int]
    evidences: Sequence[int]
    clocks: Sequence[int]
    reasons: Sequence[str]
    merged: Sequence[int]

    def plays(self, first: int) -> tuple[Play, ...]:
        """The plays, numbered from ``first``."""
        values: list[Any] = [*self]
        for at, words in ((6, RESULTS), (7, EVIDENCES), (8, CLOCKS)):
            values[at] = map(words.__getitem__, values[at])
        return tuple(map(Play, count(first), *values))


@dataclass(frozen=True, slots=True)
class Read:
    """A plays document that was read and checked. ``batch`` makes the plays of it; who only counts needs none."""

    device: str
    screen: str
    boot: int
    previous: str
    first: int
    columns: Columns

    def batch(self) -> PlayBatch:
        """The batch of plays."""
        return PlayBatch(self.device, self.screen, self.boot, self.previous, self.columns.plays(self.first))


def load_plays(data: Any) -> PlayBatch:
    """The batch in a parsed plays document. Unknown fields are ignored.

    Raises:
        ValueError: it is not a plays document of our formats.
    """
    return read_plays(data).batch()


def read_plays(data: Any) -> Read:
    """The same, column by column.

    Checked by hand: of all documents only this one comes by the thousand, and the general reader took longer than the
    check of the signature. The tests hold it against a schema.

    Raises:
        ValueError: as :func:`load_plays`.
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
    read = _columns if data["format"] == FORMAT else _merged_columns
    return Read(device, screen, boot, previous, first, read(versions, data.get("start"), data.get("plays")))


def _versions(rows: Any) -> list[Version]:
    require(isinstance(rows, list) and len(rows) <= MAX_VERSIONS, f"a batch names at most {MAX_VERSIONS} playlists")
    require(all(_integers(row, 0) and len(row) == 2 for row in rows), "a version is two numbers")
    return [Version(epoch, number) for epoch, number in rows]


def _columns(versions: Sequence[Version], start: Any, plays: Any) -> Columns:
    """The rows, column by column: a call per value would take longer than all the rest."""
    require(_integers(start) and len(start) == 2, "start is a wall and a monotonic instant")
    require(isinstance(plays, list) and 0 < len(plays) <= MAX_PLAYS, f"a batch carries 1 to {MAX_PLAYS} plays")
    require({list}.issuperset(map(type, plays)), "a play is a row")
    lengths = set(map(len, plays))
    require({ROW_COLUMNS, ROW_COLUMNS + 1}.issuperset(lengths), f"a play has {ROW_COLUMNS} columns")
    steps, skews, *rest = list(zip(*plays, strict=False))[:ROW_COLUMNS]
    require(_integers([*steps, *skews]), "differences are integers")
    require(_integers([*chain.from_iterable(rest)], 0), "durations and entries are integers and not negative")
    playlists, entries, planned, shown, results, evidences, clocks = rest
    require(max(playlists) < len(versions), "a play names a playlist of its batch")
    walls = list(accumulate(steps, initial=start[0]))[1:]
    monos = list(accumulate(map(add, steps, skews), initial=start[1]))[1:]
    require(min(*walls, *monos) >= 0, "instants are not negative")
    require(max(*walls, *monos) <= MAX_INTEGER, "instants are exact")
    for words, said in ((RESULTS, results), (EVIDENCES, evidences), (CLOCKS, clocks)):
        require(words.keys() >= set(said), "a play has known words")
    named = [versions[index] for index in playlists]
    reasons = [_reason(row) for row in plays] if max(lengths) > ROW_COLUMNS else [""] * len(plays)
    alone = [1] * len(plays)
    return Columns(named, entries, walls, monos, planned, shown, results, evidences, clocks, reasons, alone)


def _merged_columns(versions: Sequence[Version], start: Any, rows: Any) -> Columns:
    """The rows of format 2 as the plays they stand for."""
    require(isinstance(rows, list) and {list}.issuperset(map(type, rows)), "a play is a row")
    require({MERGED_COLUMNS}.issuperset(map(len, rows)), f"a merged play has {MERGED_COLUMNS} columns")
    sums = [row[ROW_COLUMNS + 1 :] for row in rows]
    require(
        all(_whole(number, 1, MAX_PLAYS) and _whole(span_ms) for number, span_ms in sums), "merged plays are counted"
    )
    require(sum(number for number, _ in sums) <= MAX_PLAYS, f"a batch carries 1 to {MAX_PLAYS} plays")
    wholes = _columns(versions, start, [row[: ROW_COLUMNS + 1] for row in rows]).plays(1)
    ends = [max(p.start, p.start_mono_ms) + span_ms for p, (_, span_ms) in zip(wholes, sums, strict=True)]
    require(max(ends) <= MAX_INTEGER, "instants are exact")
    parts = zip(wholes, sums, strict=True)
    plays = (play for whole, (number, span_ms) in parts for play in shares(whole, number, span_ms))
    return Columns(*zip(*map(_BUT_ITS_NUMBER, plays), strict=True))


def _reason(row: list[Any]) -> str:
    if len(row) == ROW_COLUMNS:
        return ""
    reason = row[ROW_COLUMNS]
    require(isinstance(reason, str) and len(reason) <= LONGEST_REASON, "a reason is a short text")
    return str(reason)


def _whole(value: Any, lowest: int = 0, highest: int = MAX_INTEGER) -> bool:
    """Whether it is an exact integer between the bounds; ``true`` is none."""
    return type(value) is int and lowest <= value <= highest


def _integers(values: Any, lowest: int = -MAX_INTEGER) -> bool:
    return (
        isinstance(values, list)
        and set(map(type, values)) == {int}
        and min(values) >= lowest
        and max(values) <= MAX_INTEGER
    )
