"""The real ingest process, killed again and again while devices send: nothing lost, nothing doubled, no wrong cell.

``PLAYS_SEED`` repeats a run.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from server.db import PLAYS, upgrade
from server.plays.client import IngestClient
from server.plays.counting import add_to_cells
from server.plays.ground import sqlite_file, writing_engine
from server.plays.submission import Ack, Busy, Forked, Submission
from server.plays.writer import Writer, _Group
from server.settings import Settings
from tests.play_traffic import (
    EXACT,
    IngestProcess,
    InProcess,
    Message,
    deliver,
    devices,
    door,
    integrity,
    messages,
    verdict,
)

SEED = int(os.environ.get("PLAYS_SEED", "20260921"))
KILLS = 20
SOAK_KILLS = 60
SENDERS = 4


def send_until_acknowledged(
    settings: Settings, waiting: SimpleQueue[Message], begun: Callable[[], None], end: threading.Event
) -> None:
    """What devices do: send, and send again after any silence."""
    client = IngestClient(settings.ingest_socket, answer_within_s=5)
    while not end.is_set():
        try:
            message = waiting.get_nowait()
        except Empty:
            return
        while not end.is_set():
            try:
                deliver(door(client), message)
                begun()
                break
            except Busy:
                time.sleep(0.005)


def run_with_kills(settings: Settings, traffic: Sequence[Message], kills: int, seed: int) -> int:
    """Deliver all of the traffic while killing the process; returns the number of kills done."""
    pick = random.Random(seed)
    waiting: SimpleQueue[Message] = SimpleQueue()
    for message in traffic:
        waiting.put(message)
    acknowledged, end = threading.Semaphore(0), threading.Event()
    process, done = IngestProcess(settings), 0
    process.start()
    senders = [
        threading.Thread(target=send_until_acknowledged, args=(settings, waiting, acknowledged.release, end))
        for _ in range(SENDERS)
    ]
    try:
        for sender in senders:
            sender.start()
        share = len(traffic) // (kills + 2)
        for _ in range(kills):
            for _ in range(pick.randrange(1, 2 * share)):
                if not acknowledged.acquire(timeout=30):
                    break
            time.sleep(pick.random() * 0.004)  # somewhere between two acknowledgements
            process.kill()
            done += 1
            process.start()
        for sender in senders:
            sender.join(120)
    finally:
        end.set()
        process.stop()
    assert not any(sender.is_alive() for sender in senders)
    return done


def test_killed_again_and_again_every_play_is_counted_once(sqlite_settings: Settings) -> None:
    survive(sqlite_settings, KILLS, SEED)


@pytest.mark.soak
def test_sixty_kills_at_a_time_with_a_new_seed_each_round(sqlite_settings: Settings) -> None:
    end = time.monotonic() + 60 * float(os.environ.get("MINUTES") or 3)
    seed = SEED
    while True:
        folder = sqlite_settings.data_dir / f"round{seed}"
        file = folder / "plays.db"
        folder.mkdir()
        settings = replace(sqlite_settings, data_dir=folder, plays_database_url=f"sqlite:///{file}")
        engine = writing_engine(settings)
        upgrade(engine, PLAYS)
        engine.dispose()
        survive(settings, SOAK_KILLS, seed)
        seed += 1
        if time.monotonic() > end:
            break


def survive(settings: Settings, kills: int, seed: int) -> None:
    """Kill it that often under traffic of this seed, then compare everything stored with the truth."""
    sys.stderr.write(f"seed {seed}\n")  # pytest shows it when the test fails
    crowd = devices(seed, 20)
    traffic = messages(seed, crowd, 2 * kills)
    assert run_with_kills(settings, traffic, kills, seed) == kills
    engine = writing_engine(settings)
    assert verdict(engine, crowd) == EXACT
    engine.dispose()
    file = sqlite_file(settings.plays_database_url)
    assert file is not None
    assert integrity(file) == "ok"


def test_killed_again_and_again_on_postgresql(postgresql_settings: Settings) -> None:
    crowd = devices(SEED + 1, 10)
    traffic = messages(SEED + 1, crowd, 20)
    run_with_kills(postgresql_settings, traffic, 5, SEED)
    engine = writing_engine(postgresql_settings)
    assert verdict(engine, crowd) == EXACT
    engine.dispose()


# --- The harness sees errors: two shortcuts that are known to be wrong ---------------------------------------------


class CountsWholeBatches(Writer):
    """INSERT OR IGNORE for the plays, but the roll-up adds every batch that brings anything (+10 % in the lab)."""

    def _take(self, connection: Connection, work: _Group, submission: Submission) -> bool:
        before = len(work.batches)
        agrees = super()._take(connection, work, submission)
        if len(work.batches) > before:
            first, last = work.batches[-1][3], work.batches[-1][4]
            outside = [p for n, p in enumerate(submission.plays, submission.first) if not first <= n <= last]
            add_to_cells(work.cells, submission.sender.place, outside)
        return agrees


class Crash(Exception):  # noqa: N818
    """The process died here."""


class CountsInASecondTransaction(Writer):
    """Plays first, roll-ups in a transaction of their own (-11 % in the lab): a crash between them loses counts."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._crashes = random.Random(SEED)

    def _commit_together(self, group: Sequence[Submission]) -> list[Ack | Forked]:
        work = _Group()
        with self.engine.begin() as connection:
            for submission in group:
                self._take(connection, work, submission)
            cells, work.cells = work.cells, {}
            self._write(connection, work)
        if self._crashes.random() < 0.1:
            raise Crash
        with self.engine.begin() as connection:
            rows = [(*key, *measures) for key, measures in sorted(cells.items())]
            self._do.add_to_screen_day.run_many(connection, rows)
        self._remember(work)
        return [self._ack(submission.sender.device_id) for submission in group]


def delivered_through(writer_class: type[Writer], engine: Engine, right: Writer) -> Any:
    crowd = devices(SEED, 6)
    writer = writer_class(engine, right.dictionaries)
    for message in messages(SEED, crowd, 30):
        while True:
            try:
                deliver(door(InProcess(writer)), message)
                break
            except Crash:
                writer = writer_class(engine, right.dictionaries)
    return verdict(engine, crowd)


@pytest.mark.parametrize("plays_settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("shortcut", [CountsWholeBatches, CountsInASecondTransaction])
def test_the_harness_finds_the_two_shortcuts_wrong(shortcut: type[Writer], engine: Engine, writer: Writer) -> None:
    found = delivered_through(shortcut, engine, writer)
    assert found.lost == found.doubled == 0  # the plays look right …
    assert found.wrong_cells > 0  # … and the counts are not
