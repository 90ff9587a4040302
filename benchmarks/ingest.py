"""Ingest beside what it is built on: HTTP to commit against a POST that takes the same
bytes and does nothing, the writer against a bare table.

``python -m benchmarks.ingest [--quick]``. Baseline and candidate alternate in one run, medians are compared; the
machine is whatever it is. Goals: HTTP to commit at 50 times the need of 10,000 screens, beside the empty POST, whose
share was 0.45 in a lab and is not held to here (docs/adr/0012-what-ingest-is-measured-by.md); the writer at least 0.28
of raw executemany at 64 batches per commit; at most 16 bytes stored per play with signature, row and indexes.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ingest_door import DEVICES, START, device, place_of
from playlists.keys import SigningKey, verify
from playlists.schemas import dump, seal
from server import settings as server_settings
from server.db import PLAYS, upgrade
from server.plays.codec import Parts
from server.plays.counting import counted
from server.plays.dictionaries import prepared_dictionaries
from server.plays.ground import sqlite_file, writing_engine
from server.plays.samples import SampleDevice
from server.plays.submission import Sender, Submission
from server.plays.writer import GROUP, Writer
from server.settings import Settings

CONNECTIONS = (8, 16)  # as many as in the lab
BARE_COLUMNS = "device, n, boot, start, item, campaign, planned_ms, shown_ms, result, evidence, clock"
GOALS = {"http": 1 / 0.45, "writer": 1 / 0.28, "bytes": 16.0}
NEEDED_PER_S = 17  # batches of 10,000 screens, each sending one of about 30 plays in ten minutes
HEADROOM = 50
SIDES = ("empty", "check", "plays")


# --- (b) and (c): the writer beside a bare table, and what it stores -----------------------------------------------


def submissions(count: int) -> list[Submission]:
    """``count`` batches of about 30 plays, the devices taking turns as they do in service."""
    crowd = [device(number) for number in range(1, DEVICES + 1)]
    found = []
    for at in range(count):
        number = at % DEVICES
        source = crowd[number]
        batch = source.batch(source.plays(26 + at % 10))
        sender = Sender(number + 1, source.key.keyid, source.key.public, place_of(number + 1))
        now = batch.plays[-1].start
        plays = [counted(play, 100 + play.entry, 1 + play.entry % 3, now) for play in batch.plays]
        found.append(Submission(sender, batch.boot, batch.first, now, plays, Parts(dump(batch), os.urandom(64))))
    return found


def fresh(folder: Path, name: str) -> Settings:
    """Settings with an empty plays database of the current schema."""
    settings = server_settings.load({"DATA_DIR": str(folder / name)})
    engine = writing_engine(settings)
    upgrade(engine, PLAYS)
    engine.dispose()
    return settings


def write_all(settings: Settings, batches: Sequence[Submission]) -> tuple[float, int]:
    """Seconds for all batches in groups of 64, and the size of the file afterwards."""
    engine = writing_engine(settings)
    writer = Writer(engine, prepared_dictionaries(engine, START))
    start = time.perf_counter()
    for at in range(0, len(batches), GROUP):
        writer.commit(batches[at : at + GROUP])
    seconds = time.perf_counter() - start
    writer.close()  # the last connection moves everything from the write-ahead log into the file
    engine.dispose()
    file = sqlite_file(settings.plays_database_url)
    assert file is not None
    return seconds, file.stat().st_size


def insert_all(file: Path, batches: Sequence[Submission]) -> float:
    """Seconds for the same plays as plain rows of a table without any key, as fast as the driver can."""
    rows = [
        [(b.sender.device_id, n, b.boot, start, item_id, campaign_id, shown_ms, shown_ms, result, 1, 2)
         for n, (start, item_id, campaign_id, shown_ms, result, _grade) in enumerate(b.plays, b.first)]
        for b in batches
    ]  # fmt: skip
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"CREATE TABLE bare ({BARE_COLUMNS})")
    marks = ", ".join("?" * len(BARE_COLUMNS.split(",")))
    start = time.perf_counter()
    for at in range(0, len(rows), GROUP):
        connection.execute("BEGIN IMMEDIATE")
        group = [row for batch in rows[at : at + GROUP] for row in batch]
        connection.executemany(f"INSERT INTO bare VALUES ({marks})", group)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return seconds


def writer_part(folder: Path, count: int, repeats: int) -> dict[str, Any]:
    """Seconds per million plays of both, and bytes per play."""
    batches = submissions(count)
    plays = sum(len(batch.plays) for batch in batches)
    gc.collect()
    gc.freeze()  # the prepared batches are no work of either side
    ours, bare, size = [], [], 0
    for repeat in range(repeats):
        bare.append(insert_all(folder / f"bare{repeat}.db", batches))
        seconds, size = write_all(fresh(folder, f"writer{repeat}"), batches)
        ours.append(seconds)
    gc.unfreeze()
    return {"plays": plays, "ours": ours, "bare": bare, "bytes_per_play": size / plays}


# --- (a): HTTP to commit --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """Where the servers listen, and the processes that work for a request: ourselves, web and ingest."""

    port: int
    processes: Callable[[], list[int]]

    def cpu_s(self) -> float:
        """Processor seconds all of them have used so far, client included."""
        return sum(_cpu_s(pid) for pid in self.processes())


def _cpu_s(pid: int) -> float:
    """Of all threads, ended ones too: the kernel's clock of that process (clock_getcpuclockid(3))."""
    return time.clock_gettime(~pid << 3 | 2)


def _with_children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


@contextmanager
def served(settings: Settings) -> Iterator[Served]:
    """The real ingest process and a real gunicorn."""
    environ = dict(os.environ, DATA_DIR=str(settings.data_dir))
    ingest = subprocess.Popen([sys.executable, "-m", "benchmarks.ingest_door", "ingest"], env=environ)
    web = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ingest_door", "web"], env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert web.stdout is not None
        port = int(web.stdout.readline())
        _until(lambda: settings.ingest_socket.exists() and _post_once(port))
        yield Served(port, lambda: [os.getpid(), ingest.pid, *_with_children(web.pid)])
    finally:
        for process in (web, ingest):
            process.terminate()
            process.wait(20)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError("the servers did not start")
        time.sleep(0.05)


def _post_once(port: int) -> bool:
    try:
        return load(port, [_request("/empty", 1, b"")], 1) > 0
    except OSError:
        return False


def _request(path: str, number: int, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: b\r\nX-Device: {number}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def load(port: int, requests: Sequence[bytes], connections: int) -> float:
    """Seconds until every request was answered 200, over some kept connections."""
    failures: list[str] = []

    def send(mine: Sequence[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port), 30) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = line.makefile("rb")
            for request in mine:
                line.sendall(request)
                status, length = answers.readline(), 0
                while (header := answers.readline()) not in (b"\r\n", b""):
                    if header.lower().startswith(b"content-length:"):
                        length = int(header[15:])
                body = answers.read(length)
                if b" 200 " not in status:
                    failures.append(f"{status!r} {body[:100]!r}")

    threads = [threading.Thread(target=send, args=(requests[i::connections],)) for i in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return time.perf_counter() - start


@dataclass(frozen=True)
class Cost:
    """Seconds per request: on the clock, and of processor time in all processes together."""

    wall_s: float
    cpu_s: float


Costs = dict[tuple[str, int], list[Cost]]  # by side and number of connections


def http_part(folder: Path, count: int, repeats: int) -> tuple[Costs, int]:
    """Cost per batch of the full path, of check and parse alone, and of an empty POST, in turns; plays counted."""
    settings = fresh(folder, "http")
    crowd = [device(number) for number in range(1, DEVICES + 1)]
    found: Costs = {(side, connections): [] for side in SIDES for connections in CONNECTIONS}
    plays = 0
    with served(settings) as servers:
        for repeat in range(repeats + 1):
            for connections in CONNECTIONS:
                requests, carried = _requests(crowd, count)
                plays += carried
                for side in SIDES:
                    sent = [request.replace(b"POST /plays", b"POST /" + side.encode(), 1) for request in requests]
                    cpu = servers.cpu_s()
                    seconds = load(servers.port, sent, connections)
                    if repeat:  # the first round warms all up
                        found[side, connections].append(Cost(seconds / count, (servers.cpu_s() - cpu) / count))
    return found, plays


def _requests(crowd: Sequence[SampleDevice], count: int) -> tuple[list[bytes], int]:
    """So many batches that were never sent before, and how many plays they carry."""
    requests, plays = [], 0
    for at in range(count):
        number = at % DEVICES
        batch = crowd[number].batch(crowd[number].plays(26 + at % 10))
        plays += len(batch.plays)
        requests.append(_request("/plays", number + 1, seal(batch, crowd[number].key)))
    return requests, plays


def signatures_us() -> float:
    """Processor time of what no door can save: one signature checked, one made."""
    key = SigningKey.from_seed(b"b" * 32)
    data = b"x" * 1300
    start = time.process_time()
    for _ in range(500):
        verify(key.public, key.sign(data), data)
    return (time.process_time() - start) / 500 * 1e6


def spread(values: Sequence[float]) -> float:
    """Largest over smallest: beyond 1.5 the run is too noisy to judge."""
    return max(values) / min(values)


def main() -> None:
    """Run all three parts, print each, and one JSON line last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 50 s")
    quick = parser.parse_args().quick
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        writing = writer_part(folder, 3_200 if quick else 12_800, 3 if quick else 5)
        http, plays = http_part(folder, 600 if quick else 6_000, 3 if quick else 5)
    wall = {at: statistics.median(cost.wall_s for cost in costs) * 1e6 for at, costs in http.items()}
    cpu = {at: statistics.median(cost.cpu_s for cost in costs) * 1e6 for at, costs in http.items()}
    million = 1e6 / writing["plays"]
    writer, bare = (statistics.median(writing[side]) * million for side in ("ours", "bare"))
    stored = writing["bytes_per_play"]
    print(f"load average before {before:.1f}, after {os.getloadavg()[0]:.1f}")
    for connections in CONNECTIONS:
        ours, check, empty = (wall[side, connections] for side in ("plays", "check", "empty"))
        print(f"HTTP to commit over {connections} connections: {1e6 / ours:,.0f} batches/s, {ours:,.0f} µs each")
        print(f"  empty POST {1e6 / empty:,.0f}/s, {empty:,.0f} µs each; share {empty / ours:.2f}, lab 0.45")
        print(f"  of it, signature check and parse alone: share {empty / check:.2f}, lab 0.72")
        times = ", ".join(f"{side} {cpu[side, connections]:,.0f}" for side in SIDES)
        print(f"  processor time per request in µs, client included: {times}")
    print(f"  of it, one signature checked and one made: {signatures_us():,.0f}")
    print(f"  {1e6 / ours / NEEDED_PER_S:,.0f} times the need of 10,000 screens, goal {HEADROOM}")
    print(f"writer at {GROUP} batches per commit: {1e6 / writer:,.0f} plays/s; bare {1e6 / bare:,.0f}/s")
    print(f"  share {bare / writer:.2f}; stored {stored:.1f} bytes per play")
    others = before > (os.cpu_count() or 1) / 2  # somebody else's work makes every wait end in cold caches
    noisy = others or max(spread([c.wall_s for c in http["empty", CONNECTIONS[-1]]]), spread(writing["bare"])) > 1.5
    result = {
        "name": "ingest",
        "ours": round(ours, 1),
        "reference": round(empty, 1),
        "ratio": round(ours / empty, 3),
        "lab": round(GOALS["http"], 3),
        "unit": "µs per batch of 30 plays, HTTP to commit over 16 connections, beside a POST that does nothing",
        "counted": plays,
        "need": {"ours": round(ours, 1), "reference": round(1e6 / NEEDED_PER_S / HEADROOM, 1),
                 "ratio": round(ours * NEEDED_PER_S * HEADROOM / 1e6, 3), "goal": 1.0,
                 "unit": f"µs per batch, beside {HEADROOM} times the need of 10,000 screens"},
        "processor": {"ours": round(cpu["plays", 16], 1), "reference": round(cpu["empty", 16], 1),
                      "ratio": round(cpu["plays", 16] / cpu["empty", 16], 3),
                      "unit": "µs of processor time, all processes"},
        "writer": {"ours": round(writer, 2), "reference": round(bare, 2), "ratio": round(writer / bare, 3),
                   "goal": round(GOALS["writer"], 3), "unit": "s per million plays, beside a bare table"},
        "bytes_per_play": {"ours": round(stored, 2), "reference": GOALS["bytes"],
                           "ratio": round(stored / GOALS["bytes"], 3), "unit": "bytes"},
        "load_before": round(before, 1),
        "noisy": noisy,
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
