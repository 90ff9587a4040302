"""The one writer of the plays database: groups of batches become rows, runs and roll-ups in one transaction.

Exact under duplicates, re-cut and late batches, lost acknowledgements and SIGKILL, because the run table alone says
which plays are new, and everything that counts them commits with it. Two shortcuts that look as good were wrong by
+10 % and -11 % (counting whole batches; a second transaction for roll-ups): the tests keep both as counter-examples.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from playlists.envelope import Kind
from playlists.errors import Refusal
from playlists.model import Play, Result
from playlists.play_rows import MAX_PLAYS
from playlists.schemas import load
from server.plays.codec import Codec, Dictionaries, Stored, digest
from server.plays.counting import CellKey, Numbers, add_to_cells, cut_by_time
from server.plays.runs import Run, gaps, known_ranges, merged, new_ranges, shortened
from server.plays.statements import Statements
from server.plays.submission import Ack, Forked, NotStored, Sender, Submission

log = logging.getLogger(__name__)

NOT_STORABLE = (ValueError, LookupError, OverflowError, Refusal)
RESULTS = tuple(map(int, Result))
GROUP = 64  # batches per commit; at 5 ms per flush 64 make 28 times the plays per second of 1 (measured)
MOST_DEVICES_REMEMBERED = 50_000
Rows = list[tuple[Any, ...]]


@dataclass
class _Group:
    """What one transaction is about to write."""

    runs: dict[int, list[Run]] = field(default_factory=dict)
    batches: Rows = field(default_factory=list)
    cells: dict[CellKey, list[int]] = field(default_factory=dict)
    devices: Rows = field(default_factory=list)
    places: set[tuple[int, int]] = field(default_factory=set)
    taken: dict[int, list[Submission]] = field(default_factory=dict)
    conflicts: Rows = field(default_factory=list)
    forks: Rows = field(default_factory=list)


class Unwritable(Exception):  # noqa: N818
    """Nothing can be written now: disk full, database gone. Nothing was written; try again later."""


class Writer:
    """Commits batches. One instance, in one process, is the only one that writes the database."""

    def __init__(self, engine: Engine, dictionaries: Dictionaries) -> None:
        self.engine = engine
        self.dictionaries = dictionaries
        self._do = Statements(engine.dialect)
        self._runs: dict[int, list[Run]] = {}
        self._devices: set[tuple[int, int]] = set()
        self._places: set[tuple[int, int]] = set()
        self._connection: Connection | None = None
        driver: Any = engine.dialect.loaded_dbapi
        self._away: tuple[type[Exception], ...] = (OperationalError, driver.OperationalError)
        self._spoilt: tuple[type[Exception], ...] = (SQLAlchemyError, driver.Error, *NOT_STORABLE)

    def commit(self, group: Sequence[Submission]) -> list[Ack | NotStored | Forked]:
        """Store a group and say for each batch what is committed; an answer means the data is on disk.

        A batch that the database cannot take spoils only itself: the others are stored one by one.

        Raises:
            Unwritable: nothing can be written now (disk full, database gone). Nothing was.
        """
        try:
            return [*self._commit_together(group)]
        except self._away as error:
            self._forget(group)
            raise Unwritable(str(error)) from error
        except self._spoilt as error:
            self._forget(group)
            if len(group) == 1:
                log.exception("batch from %d of device %d not stored", group[0].first, group[0].sender.device_id)
                return [NotStored(str(error)[:200])]
            log.warning("a group of %d batches failed, storing them one by one", len(group))
            return [answer for submission in group for answer in self.commit([submission])]

    def _forget(self, group: Sequence[Submission]) -> None:
        """What a failed transaction left behind is read from the disk again."""
        for submission in group:
            self._runs.pop(submission.sender.device_id, None)
        self.close()

    def close(self) -> None:
        """Let go of the connection; the next commit opens one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit_together(self, group: Sequence[Submission]) -> list[Ack | Forked]:
        work = _Group()
        connection = self._connection = self._connection or self.engine.connect()
        with connection.begin():
            agreed = [self._take(connection, work, submission) for submission in group]
            self._write(connection, work)
        self._remember(work)
        return [
            self._ack(submission.sender.device_id) if agrees else Forked(self._runs[submission.sender.device_id][-1][1])
            for submission, agrees in zip(group, agreed, strict=True)
        ]

    def _take(self, connection: Connection, work: _Group, submission: Submission) -> bool:
        """Decide which plays are new, and prepare what they add. False: some came before with other content."""
        sender = submission.sender
        runs = work.runs.get(sender.device_id)
        if runs is None:
            runs = self._runs_of(connection, sender.device_id)
        work.runs.setdefault(sender.device_id, runs)
        fresh = new_ranges(runs, submission.first, submission.last)
        if fresh != [(submission.first, submission.last)]:
            again = self._sent_otherwise(connection, work, submission, runs)
            if again:
                self._keep_as_evidence(work, submission, again)
                return False
        work.runs[sender.device_id] = merged(runs, submission.first, submission.last)
        work.taken.setdefault(sender.device_id, []).append(submission)
        if not fresh:
            return True
        stored = self.dictionaries.store(submission.parts, sender.keyid)
        for first, last in fresh:
            plays = submission.plays[first - submission.first : last - submission.first + 1]
            for begin, end in cut_by_time(plays):
                stretch = plays[begin:end]
                work.batches.append(_batch_row(submission, first + begin, first + end - 1, stretch, stored))
            add_to_cells(work.cells, sender.place, plays)
        if (sender.device_id, sender.place.screen_id) not in self._devices:
            work.devices.append((sender.device_id, sender.keyid, sender.public, sender.place.screen_id))
        work.places.add((sender.place.unit_id, sender.place.screen_id))
        return True

    def _runs_of(self, connection: Connection, device_id: int) -> list[Run]:
        """Known from memory, since nobody else writes; read once per device and life of the process."""
        known = self._runs.get(device_id)
        if known is None:
            rows = self._do.runs_of_device.run(connection, device_id=device_id)
            known = self._runs[device_id] = [(first, last) for first, last in rows]
        return known

    def _write(self, connection: Connection, work: _Group) -> None:
        do = self._do
        put, drop = _run_changes(self._runs, work.runs)
        do.drop_run.run_many(connection, drop)
        do.put_run.run_many(connection, put)
        do.add_batch.run_many(connection, work.batches)
        cells = sorted(work.cells.items())
        do.add_to_screen_day.run_many(connection, [(*key, *measures) for key, measures in cells])
        do.mark_dirty.run_many(connection, sorted({(unit, day) for _screen, day, unit, *_rest in work.cells}))
        do.note_unit_screen.run_many(connection, sorted(work.places - self._places))
        do.note_device.run_many(connection, sorted(set(work.devices)))
        do.note_conflict.run_many(connection, work.conflicts)
        do.keep_fork.run_many(connection, work.forks)

    def _remember(self, work: _Group) -> None:
        """After the commit only: memory never knows more than the disk."""
        if len(self._runs) > MOST_DEVICES_REMEMBERED:
            self._runs.clear()
        self._runs.update(work.runs)
        self._devices.update((device_id, screen_id) for device_id, _, _, screen_id in work.devices)
        self._places |= work.places

    def _ack(self, device_id: int) -> Ack:
        runs = self._runs[device_id]
        return Ack(runs[-1][1], shortened(gaps(runs)))

    def _sent_otherwise(
        self, connection: Connection, work: _Group, submission: Submission, runs: Sequence[Run]
    ) -> list[int]:
        """The numbers of this batch that came before with other content."""
        payload = submission.parts.payload
        sent: dict[int, Play] | None = None
        found: set[int] = set()
        for first, last in known_ranges(runs, submission.first, submission.last):
            for kept_first, kept_last, kept_payload in self._kept(connection, work, submission.sender, (first, last)):
                if kept_payload == payload:
                    continue
                sent = sent or _plays_by_number(payload)
                kept = _plays_by_number(kept_payload)
                shared = range(max(first, kept_first), min(last, kept_last) + 1)
                found.update(n for n in shared if kept[n] != sent[n])
        return sorted(found)

    def _kept(self, connection: Connection, work: _Group, sender: Sender, run: Run) -> Iterator[tuple[int, int, bytes]]:
        """What is stored, or about to be with this group, over a range: first, last and payload of each batch."""
        rows = self._do.batches_over.run(
            connection, device=sender.device_id, first=run[0], last=run[1], earliest=run[0] - MAX_PLAYS
        )
        for first, last, codec, dict_id, body, signature in rows:
            stored = Stored(Codec(codec), dict_id, body, signature)
            yield first, last, self.dictionaries.payload(stored, sender.keyid)
        for submission in work.taken.get(sender.device_id, ()):
            if submission.first <= run[1] and submission.last >= run[0]:
                yield submission.first, submission.last, submission.parts.payload

    def _keep_as_evidence(self, work: _Group, submission: Submission, numbers: Sequence[int]) -> None:
        """The first word stays; the batch that says otherwise is kept whole and counts for nothing."""
        sender, at = submission.sender, submission.received_at
        log.warning("device %d sent play %d again with other content", sender.device_id, numbers[0])
        name = digest(submission.parts.payload)
        work.conflicts += [(sender.device_id, n, at, at, 1, name) for n in numbers]
        stored = self.dictionaries.store(submission.parts, sender.keyid)
        place = (sender.device_id, name, sender.place.screen_id, submission.first, submission.last, at)
        work.forks.append((*place, int(stored.codec), stored.dict_id, stored.body, stored.signature))


def _plays_by_number(payload: bytes) -> dict[int, Play]:
    return {play.n: play for play in load(Kind.PLAYS, payload).plays}


def _batch_row(
    submission: Submission, first: int, last: int, plays: Sequence[Numbers], stored: Stored
) -> tuple[Any, ...]:
    """The row that says: plays first..last of this body are accepted here. In the order of the table's columns."""
    place = submission.sender.place
    starts, _items, _campaigns, _shown, results, _grades = zip(*plays, strict=True)
    return (
        submission.sender.device_id,
        place.screen_id,
        place.unit_id,
        first,
        last,
        submission.boot,
        min(starts),
        max(starts),
        submission.received_at,
        *map(results.count, RESULTS),
        int(stored.codec),
        stored.dict_id,
        stored.body,
        stored.signature,
    )


def _run_changes(before: dict[int, list[Run]], after: dict[int, list[Run]]) -> tuple[Rows, Rows]:
    """Rows to put and keys to drop so that the table says ``after``."""
    put: Rows = []
    drop: Rows = []
    for device_id, runs in sorted(after.items()):
        old, new = dict(before[device_id]), dict(runs)
        put += [(device_id, first, last) for first, last in new.items() if old.get(first) != last]
        drop += [(device_id, first) for first in old if first not in new]
    return put, drop
