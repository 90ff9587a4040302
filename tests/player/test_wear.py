"""What a player takes of its machine: bytes written in a day, memory with a month of plays behind it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from player.api import Api
from player.disk import Disk
from player.fetch import Fetcher
from player.inspector import Inspector
from player.journal import Journal
from player.pen import Pen
from player.report import Reporter
from player.stage import Stage
from tests.fake_orders import Item, png
from tests.fakes import FakeServer, FakeSurface, device, eventually
from tests.player.rig import rig
from tests.player.test_journal_budget import PLAYS_A_DAY, shown
from tests.player.test_player_cli import command

HOUR_MS = 3_600_000
STEP_MS = 500
PART = 4  # of an hour is measured
MB = 10**6
MOST_A_DAY = 50 * MB
MOST_MEMORY = 60 * MB


def written() -> int:
    """Bytes this process sent to the disk so far."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["write_bytes"])


def on_a_disk(folder: Path) -> bool:
    """Whether writes into the folder are counted; in memory they are not."""
    before = written()
    with (folder / "trial").open("wb") as file:
        file.write(bytes(100_000))
        file.flush()
        os.fsync(file.fileno())
    return written() > before


class Day:
    """A screen with its journal and reporter, and time that the test moves."""

    def __init__(self, folder: Path, server: FakeServer) -> None:
        self.server, self.now_ms = server, server.orders.now_ms
        self.player = rig(folder, server)
        clock = self.player.clock
        began = clock.mono_ms() - self.now_ms
        clock._wall, clock._mono = lambda: self.now_ms, lambda: began + self.now_ms
        server.publics[device().keyid] = device().public
        self.surface = FakeSurface()
        self.journal = Journal(folder / "journal", device().keyid)
        api = Api(server.url, device(), Fetcher(), lambda: self.now_ms)
        self.reporter = Reporter(self.journal, api, device(), self.player.beliefs, clock)
        self.pen = Pen(self.journal, self.player.faults, clock, self.reporter.news.set)
        inspector = Inspector(self.player.cache, self.player.beliefs, self.player.faults, clock)
        self.stage = Stage(self.surface, clock, inspector.stored, self.pen.put)

    def passes(self, ms: int) -> None:
        """Plays are shown, written and handed in; every five minutes the server is asked, every hour it signs anew."""
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            if self.now_ms % (HOUR_MS // PART) < STEP_MS:  # oftener than the server does, so that a part has its share
                self.server.orders.issued = self.now_ms
            if self.now_ms % 300_000 < STEP_MS:
                self.player.step()
            self.stage.step(self.player.beliefs.state)
            self.surface.until(self.now_ms)
            self.pen.step()
            self.reporter.step()
            self.now_ms += STEP_MS


@pytest.mark.parametrize("item_s", [1, pytest.param(5, marks=pytest.mark.soak), 15])
def test_a_day_of_plays_writes_less_than_fifty_megabytes(
    server: FakeServer, tmp_path: Path, item_s: int, capsys: pytest.CaptureFixture[str]
) -> None:
    if not on_a_disk(tmp_path):
        pytest.skip("the temporary folder is in memory, where no bytes are counted")
    items = [Item(f"{n}", png((n, 0, 0)), duration_ms=item_s * 1000, number=n) for n in range(1, 13)]
    server.orders.publish(*items)
    day = Day(tmp_path / "screen", server)
    day.player.step()
    day.passes(60_000)  # what comes once is not what comes every day
    before, plays = written(), day.journal.last
    day.passes(HOUR_MS // PART)
    a_day = (written() - before) * 24 * PART
    shown_plays = (day.journal.last - plays) * PART
    with capsys.disabled():
        print(f"\n{item_s} s items: {a_day / MB:.1f} MB a day, {shown_plays * 24} plays a day")  # noqa: T201
    assert shown_plays >= 3_600 // item_s * 0.9
    assert a_day <= MOST_A_DAY
    assert day.journal.waiting() < 60 // item_s + 20  # they were handed in as well


class Hasty(Disk):
    """Waits for nothing."""

    def sync(self, descriptor: int) -> None: ...


@pytest.mark.parametrize("days", [2, pytest.param(30, marks=pytest.mark.soak)])
def test_plays_of_a_month_off_line_fit_into_memory(
    server: FakeServer, tmp_path: Path, days: int, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(tmp_path / "state" / "journal", device().keyid, Hasty())
    for first in range(0, days * PLAYS_A_DAY, 960):
        journal.append_all([shown(first + n) for n in range(960)])
    journal.close()
    process = subprocess.Popen(command(tmp_path, server, 0), stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: list((tmp_path / "state" / "files").glob("?" * 64)), 60)
        eventually((tmp_path / "state" / "status.sock").exists, 60)
        memory = Path(f"/proc/{process.pid}/status").read_text()
        resident = int(memory.split("VmRSS:")[1].split()[0]) * 1024
        with capsys.disabled():
            print(f"\nthe agent with {days * PLAYS_A_DAY} plays waiting: {resident / MB:.1f} MB")  # noqa: T201
        assert resident <= MOST_MEMORY
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
