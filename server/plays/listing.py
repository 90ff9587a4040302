"""Plays as people read them: newest first, decoded from the stored batches as far as somebody looks.

The order is (start, device, n), all falling. Rows of ``play_batch`` are walked by their latest play; a play is given
out once no row that is still to come can hold a later one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from playlists.envelope import Kind
from playlists.model import MAX_INTEGER, ClockQuality, Evidence, Play, PlayBatch, Result, Version
from playlists.schemas import load
from server.plays.codec import Codec, Dictionaries, Stored
from server.plays.counting import SPAN_MS, Grade, counted
from server.plays.dictionaries import load_dictionaries
from server.plays.resolver import Resolved, Resolver, entry_of
from server.plays.tables import play_batch, play_device

MOST_STREAMS = 24  # up to here each screen is walked by its own index; beyond, all screens by time together
FIRST_CHUNK, LARGEST_CHUNK = 8, 256
RESULT_COUNTS = {
    Result.COMPLETE: "n_ok",
    Result.PARTIAL: "n_partial",
    Result.SKIPPED: "n_skipped",
    Result.FAILED: "n_failed",
}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """The place of a play in the order; a page goes on behind the last one shown."""

    start: int
    device_id: int
    n: int

    def __str__(self) -> str:
        return f"{self.start}.{self.device_id}.{self.n}"

    @classmethod
    def parse(cls, text: str) -> Position | None:
        """The position written in a link; None when it is none."""
        parts = text.split(".")
        if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) <= 16 for p in parts):
            return None
        return cls(*map(int, parts))


@dataclass(frozen=True, slots=True)
class Filters:
    """Which plays: of these screens only (None: every screen), between two instants (half open), of one kind."""

    screen_ids: tuple[int, ...] | None
    from_ms: int | None = None
    to_ms: int | None = None
    item_id: int | None = None
    campaign_id: int | None = None
    result: Result | None = None

    @property
    def whole(self) -> bool:
        """Whether every play of the screens and days is shown, so that neighbours have neighbouring numbers."""
        return self.item_id is None and self.campaign_id is None and self.result is None


@dataclass(frozen=True, slots=True)
class ListedPlay:
    """One play with what its playlist entry was. ``timed`` False: the device's clock could not be believed.

    ``merged`` above 1: the device kept only the sums of that many plays; time and durations are shares of them.
    """

    device_id: int
    screen_id: int
    n: int
    start: int
    timed: bool
    planned_ms: int
    shown_ms: int
    result: Result
    evidence: Evidence
    clock: ClockQuality
    reason: str
    item_id: int
    campaign_id: int
    title: str
    rendition_sha256: str
    merged: int = 1

    @property
    def position(self) -> Position:
        return Position(self.start, self.device_id, self.n)


class BatchReader:
    """Decodes rows of ``play_batch``; looks up dictionaries that were added since."""

    def __init__(self, engine: Engine, resolver: Resolver) -> None:
        self.engine = engine
        self.resolver = resolver
        self._dictionaries = Dictionaries()

    def plays(self, row: Any) -> tuple[Play, ...]:
        """The accepted plays of a row."""
        if row.dict_id not in self._dictionaries:
            with self.engine.connect() as connection:
                self._dictionaries = load_dictionaries(connection)
        stored = Stored(Codec(row.codec), row.dict_id, row.body, row.sig)
        batch: PlayBatch = load(Kind.PLAYS, self._dictionaries.payload(stored, row.keyid))
        return batch.plays[row.first_n - batch.first : row.last_n - batch.first + 1]

    def listed(self, session: Session, row: Any) -> Iterator[ListedPlay]:
        """The plays of a row with their entries."""
        version: Version | None = None
        entries: Sequence[Resolved] = ()
        for play in self.plays(row):
            if play.version is not version:
                version = play.version
                entries = self.resolver.entries(session, row.screen_id, version)
            entry = entry_of(entries, play.entry)
            believed = counted(play, entry.item_id, entry.campaign_id, row.received_at)
            yield ListedPlay(
                row.device_id,
                row.screen_id,
                play.n,
                believed.start,
                believed.grade == Grade.MEASURED,
                play.planned_ms,
                play.shown_ms,
                play.result,
                play.evidence,
                play.clock,
                play.reason,
                entry.item_id,
                entry.campaign_id,
                entry.title,
                entry.rendition_sha256,
                play.merged,
            )


@dataclass
class Walk:
    """Gives out plays newest first. For who must stop somewhere: ``decoded`` counts the rows looked into, and every
    play from ``reached`` on was given out."""

    reader: BatchReader
    filters: Filters
    behind: Position | None = None
    decoded: int = 0
    reached: int = MAX_INTEGER

    @property
    def got_further(self) -> bool:
        """Whether going on behind ``reached`` would find other plays than this walk was asked for."""
        return self.behind is None or self.reached < self.behind.start

    def plays(self, session: Session) -> Iterator[ListedPlay | None]:
        """The plays; None after a row in which nothing fitted, so that the caller can stop."""
        waiting: list[tuple[tuple[int, int, int], ListedPlay]] = []
        for row in self._rows():
            while waiting and -waiting[0][0][0] > row.t_max:
                yield heapq.heappop(waiting)[1]
            self.decoded, self.reached = self.decoded + 1, row.t_max + 1
            for play in self.reader.listed(session, row):
                if self._fits(play):
                    heapq.heappush(waiting, ((-play.start, -play.device_id, -play.n), play))
            yield None
        while waiting:
            yield heapq.heappop(waiting)[1]

    def _fits(self, play: ListedPlay) -> bool:
        wanted = self.filters
        return (
            (self.behind is None or play.position < self.behind)
            and (wanted.from_ms is None or play.start >= wanted.from_ms)
            and (wanted.to_ms is None or play.start < wanted.to_ms)
            and wanted.item_id in (None, play.item_id)
            and wanted.campaign_id in (None, play.campaign_id)
            and wanted.result in (None, play.result)
        )

    def _rows(self) -> Iterator[Any]:
        """Rows by falling ``t_max``: one stream per screen while they are few, one for all otherwise."""
        screens = self.filters.screen_ids
        if screens is None or len(screens) > MOST_STREAMS:
            return self._stream(self._chosen(screens))
        streams = [self._stream(self._chosen((screen_id,))) for screen_id in screens]
        return heapq.merge(*streams, key=lambda row: (row.t_max, row.id), reverse=True)

    def _stream(self, chosen: Select[Any]) -> Iterator[Any]:
        """Chunk by chunk, each its own short read: a long one would keep the write-ahead log from being reset."""
        batch, size = play_batch.c, FIRST_CHUNK
        last: Any = None
        while True:
            chunk = chosen.order_by(batch.t_max.desc(), batch.id.desc()).limit(size)
            if last is not None:
                chunk = chunk.where(
                    (batch.t_max <= last.t_max) & ((batch.t_max < last.t_max) | (batch.id < last.id)),
                )
            with self.reader.engine.connect() as connection:
                rows = connection.execute(chunk).all()
            yield from rows
            if len(rows) < size:
                return
            last, size = rows[-1], min(2 * size, LARGEST_CHUNK)

    def _chosen(self, screens: Sequence[int] | None) -> Select[Any]:
        batch, wanted = play_batch.c, self.filters
        chosen = select(play_batch, play_device.c.keyid).join(play_device, play_device.c.device_id == batch.device_id)
        if screens is not None and len(screens) == 1:
            chosen = chosen.where(batch.screen_id == screens[0])
        elif screens is not None:  # "+ 0": not by the screens' index, which would sort all their history first
            chosen = chosen.where((batch.screen_id + 0).in_(screens))
        behind = self.behind.start + 1 if self.behind else None
        newest = min((t for t in (wanted.to_ms, behind) if t is not None), default=None)
        if newest is not None:
            chosen = chosen.where(batch.t_min < newest, batch.t_max < newest + SPAN_MS)
        if wanted.from_ms is not None:
            chosen = chosen.where(batch.t_max >= wanted.from_ms)
        if wanted.result is not None:
            chosen = chosen.where(batch[RESULT_COUNTS[wanted.result]] > 0)
        return chosen
