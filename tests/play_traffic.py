"""Traffic of plays for tests: seeded devices, messages that repeat, overlap and come late, and an independent count.

The truth is kept beside the traffic, in plain Python; nothing of the server's counting is used to check it.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from playlists.envelope import Kind
from playlists.keys import SigningKey
from playlists.model import Play, Version
from playlists.schemas import load, seal
from server.plays.codec import Codec, Stored
from server.plays.counting import Place
from server.plays.dictionaries import load_dictionaries
from server.plays.receive import Door, Submits
from server.plays.resolver import Resolved
from server.plays.samples import SampleDevice
from server.plays.submission import Ack, Forked, NotStored, Sender, Submission
from server.plays.tables import play_batch, play_device, play_run, r_screen_day
from server.plays.writer import Writer
from server.settings import Settings

START = 1_790_000_000_000
ZONE = "Asia/Ho_Chi_Minh"
LOG_KEY = SigningKey.from_seed(b"l" * 32)
ITEMS = 12


class FixedEntries:
    """Knows every playlist but those with an even number: entry i is item 100 + i of campaign 1 + i % 3."""

    def entries(self, _session: Any, _screen_id: int, version: Version) -> Sequence[Resolved]:
        if version.number % 2 == 0:
            return ()
        return tuple(Resolved(100 + i, 1 + i % 3, f"Sản phẩm {i}", "a" * 64, 15_000) for i in range(ITEMS))


class InProcess:
    """Submits straight to a writer, one batch per commit."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def submit(self, submission: Submission) -> Ack:
        (answer,) = self.writer.commit([submission])
        if isinstance(answer, NotStored | Forked):
            raise answer
        return answer


@dataclass
class Device:
    """A device of the tests and everything it ever showed."""

    number: int
    source: SampleDevice
    shown: list[Play] = field(default_factory=list)

    @property
    def sender(self) -> Sender:
        place = Place(1000 + self.number, self.number % 5, ZONE)
        return Sender(self.number, self.source.key.keyid, self.source.key.public, place)

    def show(self, count: int) -> tuple[Play, ...]:
        plays = self.source.plays(count)
        self.shown.extend(plays)
        return plays

    def sealed(self, plays: Sequence[Play]) -> bytes:
        return seal(self.source.batch(tuple(plays)), self.source.key)


@dataclass(frozen=True)
class Message:
    """One batch on its way: whose, which plays, when it is sent."""

    device: Device
    plays: tuple[Play, ...]
    order: float


def devices(seed: int, count: int) -> list[Device]:
    return [Device(number, SampleDevice(seed * 1009 + number, START)) for number in range(1, count + 1)]


def messages(seed: int, crowd: Sequence[Device], batches_each: int) -> list[Message]:
    """Batches of every device in the order of sending: 3 % twice, 2 % cut anew, 2 % late, 1 % resent as halves."""
    pick = random.Random(seed)
    found: list[Message] = []
    for device in crowd:
        for at in range(batches_each):
            plays = device.show(pick.randrange(20, 40))
            kind = pick.random()
            order = at + pick.random() + (pick.randrange(2, 18) if kind < 0.02 else 0)
            found.append(Message(device, plays, order))
            if 0.02 <= kind < 0.05:
                found.append(Message(device, plays, order + pick.random() * 3))
            elif kind < 0.07 and at:
                first = max(0, len(device.shown) - len(plays) - 10)
                found.append(
                    Message(device, tuple(device.shown[first : first + len(plays) + 5]), order + pick.random())
                )
            elif kind < 0.08:
                half = len(plays) // 2
                found += [Message(device, plays[:half], order + 1), Message(device, plays[half:], order + 1.5)]
    return sorted(found, key=lambda message: message.order)


def door(ingest: Submits) -> Door:
    return Door(ingest, FixedEntries(), LOG_KEY)


def deliver(through: Door, message: Message) -> bytes:
    """Send a message as the web door would; returns the sealed receipt."""
    device = message.device
    sealed = device.sealed(message.plays)
    return through.receive(None, device.sender, device.source.screen, sealed, message.plays[-1].start + 1000)  # type: ignore[arg-type]


# --- The independent count ----------------------------------------------------------------------------------------

Cell = tuple[int, ...]


def expected_cells(crowd: Sequence[Device]) -> dict[Cell, list[int]]:
    """The day-wide cells that the truth adds up to."""
    known = FixedEntries()
    cells: dict[Cell, list[int]] = {}
    for device in crowd:
        place = device.sender.place
        for play in device.shown:
            entries = known.entries(None, 0, play.version)
            item, campaign = (entries[play.entry].item_id, entries[play.entry].campaign_id) if entries else (0, 0)
            local = datetime.fromtimestamp(play.start / 1000, UTC).astimezone(ZoneInfo(ZONE))
            day = (local.date() - date(1970, 1, 1)).days
            cell = cells.setdefault((place.screen_id, day, place.unit_id, item, campaign, 0), [0] * 29)
            cell[int(play.result)] += 1
            cell[4] += play.shown_ms
            cell[5 + local.hour] += int(play.result == 0)
    return cells


def stored_cells(engine: Engine) -> dict[Cell, list[int]]:
    with engine.connect().execution_options(reading=True) as connection:
        rows = connection.execute(select(r_screen_day)).all()
    return {tuple(row[:6]): list(row[6:]) for row in rows}


def wrong_cells(engine: Engine, crowd: Sequence[Device]) -> int:
    """How many cells differ from the truth, either way."""
    expected, stored = expected_cells(crowd), stored_cells(engine)
    return sum(expected.get(key) != stored.get(key) for key in expected.keys() | stored.keys())


def stored_plays(engine: Engine) -> Counter[tuple[int, Play]]:
    """Every play the batch rows hold, decoded, with how often it is there."""
    batch = play_batch.c
    wanted = (batch.device_id, play_device.c.keyid, batch.first_n, batch.last_n)
    with engine.connect().execution_options(reading=True) as connection:
        dictionaries = load_dictionaries(connection)
        rows = connection.execute(
            select(*wanted, batch.codec, batch.dict_id, batch.body, batch.sig).join(
                play_device, play_device.c.device_id == batch.device_id
            )
        ).all()
    found: Counter[tuple[int, Play]] = Counter()
    for device_id, keyid, first, last, codec, dict_id, body, sig in rows:
        payload = dictionaries.payload(Stored(Codec(codec), dict_id, body, sig), keyid)
        plays = load(Kind.PLAYS, payload).plays
        found.update((device_id, play) for play in plays if first <= play.n <= last)
    return found


def stored_runs(engine: Engine, device_id: int) -> list[tuple[int, int]]:
    with engine.connect().execution_options(reading=True) as connection:
        chosen = select(play_run.c.first_n, play_run.c.last_n).where(play_run.c.device_id == device_id)
        return [(first, last) for first, last in connection.execute(chosen.order_by(play_run.c.first_n))]


@dataclass(frozen=True)
class Verdict:
    """Of all plays shown: how many are not stored, stored twice, strangers; and how many roll-up cells are wrong."""

    lost: int
    doubled: int
    strange: int
    wrong_cells: int
    wrong_runs: int


EXACT = Verdict(0, 0, 0, 0, 0)


def verdict(engine: Engine, crowd: Sequence[Device]) -> Verdict:
    stored = stored_plays(engine)
    truth = {(device.number, play) for device in crowd for play in device.shown}
    return Verdict(
        lost=len(truth - stored.keys()),
        doubled=sum(count - 1 for count in stored.values()),
        strange=len(stored.keys() - truth),
        wrong_cells=wrong_cells(engine, crowd),
        wrong_runs=sum(stored_runs(engine, d.number) != [(1, len(d.shown))] for d in crowd if d.shown),
    )


# --- The real process ---------------------------------------------------------------------------------------------

_RUN = """
import os, signal, threading
from server import settings
from server.ingest import run
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
run(settings.load(os.environ), stop)
"""


class IngestProcess:
    """The real ingest process, to be killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = dict(os.environ) | {
            "DATA_DIR": str(self._settings.data_dir),
            "PLAYS_DATABASE_URL": self._settings.plays_database_url,
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        self._process = subprocess.Popen([sys.executable, "-c", _RUN], env=environ)
        deadline = time.monotonic() + 120  # on a crowded machine
        while not _answers(self._settings.ingest_socket):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("ingest did not start")
            time.sleep(0.01)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def integrity(file: Path) -> str:
    """What SQLite's own full check says of the file."""
    connection = sqlite3.connect(file)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()
