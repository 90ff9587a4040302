"""Counters of rate limits are shared by processes and run out by themselves."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from server.limit_store import SqliteStorage

COUNT = """
import sys
from server.limit_store import SqliteStorage
store = SqliteStorage(sys.argv[1])
print(max(store.incr("login", 60) for _ in range(200)))
"""


def test_two_processes_count_together(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/limits.db"
    SqliteStorage(url)
    workers = [
        subprocess.Popen([sys.executable, "-c", COUNT, url], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    counts = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert max(counts) == 400
    assert SqliteStorage(url).get("login") == 400


def test_window_ends_and_a_new_one_begins_at_one(tmp_path: Path) -> None:
    store = SqliteStorage(f"sqlite:///{tmp_path}/limits.db")
    assert [store.incr("login", 0.2) for _ in range(2)] == [1, 2]
    deadline = time.monotonic() + 5
    while store.get("login") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert store.incr("login", 60) == 1
    assert 50 < store.get_expiry("login") - time.time() <= 60


def test_cleared_window_is_empty_and_the_others_stay(tmp_path: Path) -> None:
    store = SqliteStorage(f"sqlite:///{tmp_path}/limits.db")
    store.incr("a", 60)
    store.incr("b", 60)
    store.clear("a")
    assert (store.get("a"), store.get("b")) == (0, 1)
    assert store.reset() == 1
    assert store.check()
