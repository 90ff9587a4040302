"""Records in an append-only file: 2 marks, length, CRC-32, JSON. And a play as such a record.

``"c": [count, span_ms]`` makes it a merged one: its durations are sums, and it stands for ``count`` numbers.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Any

from playlists.model import ClockQuality, Evidence, Play, Result, Version
from playlists.play_rows import shares

MARK = b"\xc7\x71"  # two bytes that JSON text never holds, to find the next record behind a damaged one
FRAME = Struct(">2sII")
LONGEST_RECORD = 4096


@dataclass(frozen=True, slots=True)
class Record:
    """One record as found: its place in the file and what it says."""

    offset: int
    end: int
    data: dict[str, Any]


def frame(data: dict[str, Any]) -> bytes:
    """A record as bytes."""
    payload = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return FRAME.pack(MARK, len(payload), zlib.crc32(payload)) + payload


def records_in(content: bytes) -> Iterator[Record]:
    """The whole records of a file, skipping what is damaged between them."""
    offset = content.find(MARK)
    while offset >= 0:
        found = record_at(content, offset)
        if found:
            yield found
        offset = content.find(MARK, found.end if found else offset + 1)


def record_at(content: bytes, offset: int) -> Record | None:
    """The record that begins at ``offset``; None when it is cut or damaged."""
    start = offset + FRAME.size
    if start > len(content):
        return None
    mark, length, crc = FRAME.unpack_from(content, offset)
    payload = content[start : start + min(length, LONGEST_RECORD)]
    if mark != MARK or len(payload) != length or zlib.crc32(payload) != crc:
        return None
    return Record(offset, start + length, json.loads(payload))


def play_data(play: Play, boot: int) -> dict[str, Any]:
    """What the record of a play says."""
    version = [play.version.epoch, play.version.number]
    times = [play.start, play.start_mono_ms, play.planned_ms, play.shown_ms]
    grades = [int(play.result), int(play.evidence), int(play.clock)]
    return {"n": play.n, "boot": boot, "v": version, "e": play.entry, "t": times, "g": grades, "why": play.reason}


def plays_of(data: dict[str, Any]) -> list[Play]:
    """The play in a record, or the plays that a merged one stands for."""
    start, mono_ms, planned_ms, shown_ms = data["t"]
    result, evidence, clock = data["g"]
    play = Play(
        n=data["n"],
        version=Version(*data["v"]),
        entry=data["e"],
        start=start,
        start_mono_ms=mono_ms,
        planned_ms=planned_ms,
        shown_ms=shown_ms,
        result=Result(result),
        evidence=Evidence(evidence),
        clock=ClockQuality(clock),
        reason=data["why"],
    )
    return list(shares(play, *data["c"])) if "c" in data else [play]
