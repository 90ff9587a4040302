"""Missing numbers with the times between which they were shown: evidence that something is not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select

from playlists.play_rows import MAX_PLAYS
from server.plays.counting import counted
from server.plays.listing import BatchReader, ListedPlay
from server.plays.tables import play_batch, play_device, play_run


@dataclass(frozen=True, slots=True)
class Gap:
    """Plays ``first_n`` to ``last_n`` of a device have not arrived. They were shown after ``after_ms`` (the end of the
    play before; None when there is none) and before ``before_ms`` (the start of the play behind)."""

    device_id: int
    screen_id: int
    first_n: int
    last_n: int
    after_ms: int | None
    before_ms: int

    @property
    def count(self) -> int:
        """How many plays are missing."""
        return self.last_n - self.first_n + 1


def gaps_before(reader: BatchReader, plays: Iterable[ListedPlay]) -> dict[tuple[int, int], list[Gap]]:
    """For each of these plays whose predecessor is missing: the gap before it, by (device, n)."""
    wanted = {(play.device_id, play.n): play for play in plays if play.n > 1}
    devices = {device_id for device_id, _ in wanted}
    found: dict[tuple[int, int], list[Gap]] = {}
    with reader.engine.connect() as connection:
        for device_id in sorted(devices):
            for last_before, first in _edges(connection, device_id):
                play = wanted.get((device_id, first))
                if play is not None:
                    after = _end_of(reader, connection, device_id, last_before)
                    gap = Gap(device_id, play.screen_id, last_before + 1, first - 1, after, play.start)
                    found[device_id, first] = [gap]
    return found


def gaps_of_screens(reader: BatchReader, screen_ids: Sequence[int]) -> list[Gap]:
    """All gaps of these screens' devices, newest numbers first."""
    device = play_device.c
    chosen = select(device.device_id, device.screen_id).where(device.screen_id.in_(screen_ids))
    found: list[Gap] = []
    with reader.engine.connect() as connection:
        for device_id, screen_id in connection.execute(chosen).all():
            for last_before, first in reversed(_edges(connection, device_id)):
                after = _end_of(reader, connection, device_id, last_before)
                row = _row_of(connection, device_id, first)
                before = _start_of(reader, row, first)
                found.append(Gap(device_id, screen_id, last_before + 1, first - 1, after, before))
    return found


def _edges(connection: Connection, device_id: int) -> list[tuple[int, int]]:
    """Pairs (last number before a gap, first number behind it)."""
    run = play_run.c
    chosen = select(run.first_n, run.last_n).where(run.device_id == device_id).order_by(run.first_n)
    runs = [(0, 0), *((first, last) for first, last in connection.execute(chosen))]
    return [(a[1], b[0]) for a, b in pairwise(runs) if b[0] > a[1] + 1]


def _row_of(connection: Connection, device_id: int, n: int) -> Any:
    batch = play_batch.c
    return connection.execute(
        select(play_batch, play_device.c.keyid)
        .join(play_device, play_device.c.device_id == batch.device_id)
        .where(batch.device_id == device_id, batch.first_n.between(n - MAX_PLAYS, n), batch.last_n >= n)
    ).first()


def _start_of(reader: BatchReader, row: Any, n: int) -> int:
    play = reader.plays(row)[n - row.first_n]
    return counted(play, 0, 0, row.received_at).start


def _end_of(reader: BatchReader, connection: Connection, device_id: int, n: int) -> int | None:
    """When play n ended; None without such a play (the gap begins at number 1, or its batch is past retention)."""
    row = _row_of(connection, device_id, n) if n else None
    if row is None:
        return None
    shown_ms: int = reader.plays(row)[n - row.first_n].shown_ms
    return _start_of(reader, row, n) + shown_ms
