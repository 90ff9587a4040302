"""Plays on their way: every one arrives once, and stays on the device until the server has signed for it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from player.api import Api
from player.fetch import Fetcher, Limits
from player.journal import BATCH_PLAYS, Journal
from player.pen import Pen
from player.records import records_in
from player.report import FULL_PLAYS, LATEST_MS, Reporter
from playlists.model import ClockQuality, Receipt
from playlists.schemas import seal
from tests.fake_orders import SCREEN
from tests.fakes import FakeServer, device, eventually
from tests.player.rig import Rig
from tests.world import NOW, key, play

LATER_MS = 600_000  # longer than any rest between two tries


class Desk:
    """A reporter over a journal, with a clock the test moves."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.mono = 0
        rig.clock._mono = lambda: self.mono
        self.journal = Journal(folder, device().keyid)
        api = Api(rig.server.url, device(), Fetcher(Limits(connect_s=2, stall_s=1)), lambda: 0)
        self.reporter = Reporter(self.journal, api, device(), rig.beliefs, rig.clock)
        self.pen = Pen(self.journal, self.reporter.faults, rig.clock, self.reporter.news.set)
        rig.server.publics[device().keyid] = device().public

    def plays(self, count: int) -> None:
        for n in range(count):
            self.pen.put(play(n))
        self.pen.write()

    def step(self, after_ms: int = 0) -> float:
        """The reporter's next step, so much later."""
        self.mono += after_ms
        return self.reporter.step()

    def codes(self) -> list[str]:
        return [str(f["code"]) for f in self.reporter.faults.listed(self.mono)]


@pytest.fixture
def desk(player: Rig, tmp_path: Path) -> Desk:
    return Desk(player, tmp_path / "journal")


def test_a_single_play_goes_after_fifteen_seconds_at_most(desk: Desk, server: FakeServer) -> None:
    desk.plays(1)
    assert 0 < desk.step() <= LATEST_MS / 1000
    assert server.plays == {}
    desk.step(LATEST_MS)
    assert sorted(server.plays) == [1]
    assert desk.journal.waiting() == 0


def test_twenty_plays_go_at_once(desk: Desk, server: FakeServer) -> None:
    desk.plays(FULL_PLAYS)
    desk.step()
    assert len(server.plays) == FULL_PLAYS


def test_a_backlog_goes_batch_after_batch(desk: Desk, server: FakeServer) -> None:
    desk.plays(100)
    while desk.journal.waiting():
        desk.step(LATEST_MS)
    assert sorted(server.plays) == list(range(1, 101))
    assert [len(b.plays) for b in server.batches] == [BATCH_PLAYS] * 3 + [10]
    assert server.batches[0].previous == ""
    sealed = [hashlib.sha256(seal(b, device())).hexdigest() for b in server.batches]
    assert [b.previous for b in server.batches][1:] == sealed[:-1]  # an unbroken chain


def test_a_lost_receipt_costs_nothing_and_doubles_nothing(desk: Desk, server: FakeServer) -> None:
    server.lose_receipts = 2
    desk.plays(FULL_PLAYS)
    desk.step()
    desk.plays(3)
    desk.step(LATER_MS)
    assert desk.journal.waiting() == FULL_PLAYS + 3
    desk.step(LATER_MS)
    assert desk.journal.waiting() == 0
    assert sorted(server.plays) == list(range(1, FULL_PLAYS + 4))
    assert server.altered == []


def test_a_server_that_is_away_keeps_the_plays_here(desk: Desk, server: FakeServer) -> None:
    server.stop()
    desk.plays(FULL_PLAYS)
    waits = [desk.step(LATER_MS) for _ in range(5)]
    assert all(0 <= wait_s <= 300 for wait_s in waits)
    assert desk.codes() == ["PLAYS"]
    assert desk.journal.waiting() == FULL_PLAYS


def test_a_busy_server_is_given_the_time_it_asks_for(desk: Desk, server: FakeServer) -> None:
    server.says["/device/v1/plays"] = (503, {"retry-after": "40"}, b"")
    desk.plays(FULL_PLAYS)
    assert desk.step() >= 40


def test_news_does_not_shorten_the_rest_a_busy_server_asked_for(desk: Desk, server: FakeServer) -> None:
    server.says["/device/v1/plays"] = (503, {"retry-after": "40"}, b"")
    desk.plays(FULL_PLAYS)
    desk.step()
    server.asked.clear()
    desk.plays(FULL_PLAYS)
    assert desk.step(1000) >= 39
    assert server.asked == []


def test_two_threads_and_a_slow_card_write_every_play_once(desk: Desk) -> None:
    sync = desk.journal._disk.sync

    def slow(descriptor: int) -> None:
        time.sleep(0.01)
        sync(descriptor)

    desk.journal._disk.sync = slow  # type: ignore[method-assign]
    stop = threading.Event()
    writer = threading.Thread(target=desk.pen.run, args=(stop,))
    writer.start()
    for n in range(15):
        desk.pen.put(play(n))
        desk.pen.write()
    stop.set()
    desk.pen.news.set()
    writer.join(5)
    batch = desk.journal.next_batch(SCREEN)
    assert batch and [p.entry for p in batch.plays] == [n % 2 for n in range(15)]
    assert (batch.first, batch.last, desk.journal.waiting()) == (1, 15, 15)


def test_a_slow_card_does_not_hold_up_who_reports_a_play(desk: Desk) -> None:
    begun, go_on = threading.Event(), threading.Event()
    desk.journal._disk.sync = lambda _descriptor: (begun.set(), go_on.wait(5))[0]  # type: ignore[method-assign]
    writer = threading.Thread(target=desk.pen.write)
    desk.pen.put(play(1))
    writer.start()
    assert begun.wait(5)
    desk.pen.put(play(2))
    assert desk.step() > 0  # nothing is durable yet, so nobody hears of it
    go_on.set()
    writer.join(5)
    assert desk.journal.waiting() == 2


def receipts(server: FakeServer) -> dict[str, bytes]:
    right = Receipt(device().keyid, FULL_PLAYS, "0" * 64, server.orders.now_ms)
    return {
        "signed by a stranger": seal(right, key("thief")),
        "signed by the director": seal(right, key("director")),
        "of another device": seal(replace(right, device="1" * 64), key("log")),
        "older than the batch": seal(replace(right, last=0), key("log")),
        "no receipt": b"<html>login</html>",
        "a head": server.orders.head(),
        "endless": b"x" * 20_000,
    }


@pytest.mark.parametrize(
    "name",
    [
        "signed by a stranger",
        "signed by the director",
        "of another device",
        "older than the batch",
        "no receipt",
        "a head",
        "endless",
    ],
)
def test_nothing_but_the_signed_receipt_lets_a_play_go(desk: Desk, server: FakeServer, name: str) -> None:
    desk.plays(FULL_PLAYS)
    server.says["/device/v1/plays"] = (200, {}, receipts(server)[name])
    for _ in range(3):
        desk.step(LATER_MS)
    assert desk.journal.waiting() == FULL_PLAYS
    assert desk.codes()
    server.says.clear()
    desk.step(LATER_MS)
    assert desk.journal.waiting() == 0


def test_a_disk_that_is_full_for_a_while_loses_no_play(desk: Desk, server: FakeServer) -> None:
    write = desk.journal._disk.write

    def full(_descriptor: int, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    desk.journal._disk.write = full  # type: ignore[method-assign]
    desk.plays(3)
    desk.step()
    assert desk.codes() == ["JOURNAL"]
    assert desk.journal.last == 0
    desk.journal._disk.write = write  # type: ignore[method-assign]
    desk.pen.write()
    desk.step()
    desk.step(LATEST_MS)
    assert sorted(server.plays) == [1, 2, 3]
    assert "JOURNAL" not in desk.codes()


def test_a_restored_card_numbers_its_plays_anew_and_loses_none(desk: Desk, server: FakeServer) -> None:
    desk.plays(FULL_PLAYS)
    desk.step()
    server.plays = {n: replace(play(n), n=n, reason="trước khi khôi phục thẻ") for n in range(15, 41)}
    for n in range(FULL_PLAYS):
        desk.pen.put(play(n, start=NOW + n))
    desk.pen.write()
    for _ in range(3):
        desk.step(LATER_MS)
    assert "E-FORK" in desk.codes()
    assert desk.journal.waiting() == 0
    assert sorted(server.plays) == list(range(15, 41 + FULL_PLAYS))
    assert [server.plays[41 + n].start for n in range(FULL_PLAYS)] == [NOW + n for n in range(FULL_PLAYS)]
    assert server.batches[-1].previous == ""  # a new chain
    desk.plays(FULL_PLAYS)
    desk.step(LATER_MS)
    assert server.batches[-1].first == 41 + FULL_PLAYS
    assert server.batches[-1].previous != ""


@pytest.mark.parametrize("last", [-1, 2**52, 10**15, "7", None, 0])
def test_a_fork_that_makes_no_sense_costs_neither_plays_nor_numbers(
    desk: Desk, server: FakeServer, last: object
) -> None:
    desk.plays(FULL_PLAYS)
    server.says["/device/v1/plays"] = (409, {}, json.dumps({"code": "E-FORK", "last": last}).encode())
    for _ in range(3):
        desk.step(LATER_MS)
    assert desk.journal.waiting() == FULL_PLAYS
    server.says.clear()
    for _ in range(10):
        desk.step(LATER_MS)
    assert desk.journal.waiting() == 0
    assert len(server.plays) == FULL_PLAYS
    assert max(server.plays) < 10**6


def test_one_play_the_server_never_takes_is_set_aside_and_the_others_go_on(desk: Desk, server: FakeServer) -> None:
    server.refused = lambda refused: refused.start == NOW + 7
    for n in range(40):
        desk.pen.put(play(n, start=NOW + n))
    desk.pen.write()
    codes: set[str] = set()
    for _ in range(30):
        desk.step(LATER_MS)
        codes |= set(desk.codes())
    assert sorted(p.start - NOW for p in server.plays.values()) == [n for n in range(40) if n != 7]
    assert desk.journal.waiting() == 0
    assert codes == {"E-SCHEMA", "ASIDE"}
    kept = list(records_in(desk.journal._aside.read_bytes()))
    assert [(r.data["n"], r.data["t"][0], r.data["code"]) for r in kept] == [(8, NOW + 7, "E-SCHEMA")]
    desk.journal.close()
    assert Journal(desk.journal._aside.parent, device().keyid).waiting() == 0


def test_what_is_wrong_with_the_device_sets_no_play_aside(desk: Desk, server: FakeServer) -> None:
    desk.plays(FULL_PLAYS)
    server.says["/device/v1/plays"] = (422, {}, b'{"code":"E-TARGET"}')
    for _ in range(20):
        desk.step(LATER_MS)
    assert desk.journal.waiting() == FULL_PLAYS
    assert desk.codes() == ["E-TARGET"]


def test_a_login_page_with_status_400_sets_no_play_aside(desk: Desk, server: FakeServer) -> None:
    desk.plays(FULL_PLAYS)
    server.says["/device/v1/plays"] = (400, {}, b"<html>login</html>")
    for _ in range(20):
        desk.step(LATER_MS)
    assert desk.journal.waiting() == FULL_PLAYS
    assert desk.codes() == ["PLAYS"]


def test_plays_of_a_start_without_a_clock_wait_for_the_right_time(desk: Desk, server: FakeServer) -> None:
    wall, clock = [0], desk.reporter._clock
    real, clock._wall = clock._wall, lambda: wall[0]
    desk.mono = 100_000
    for n in range(FULL_PLAYS):
        desk.pen.put(play(n, start=5, start_mono_ms=desk.mono + n, clock=ClockQuality.UNKNOWN))
    desk.pen.write()
    assert desk.step(LATEST_MS) > 0
    assert server.plays == {}
    wall[0] = real()
    desk.step()
    assert {p.clock for p in server.plays.values()} == {ClockQuality.ESTIMATED}
    assert [p.start for p in server.plays.values()] == [wall[0] - LATEST_MS + n for n in range(FULL_PLAYS)]


def test_a_clock_that_stays_unknown_holds_nothing_up_for_ever(desk: Desk, server: FakeServer) -> None:
    desk.reporter._clock._wall = lambda: 0
    desk.pen.put(play(0, start=5, clock=ClockQuality.UNKNOWN))
    desk.pen.write()
    desk.step(LATER_MS)
    desk.step(LATEST_MS)
    assert [(p.start, p.clock) for p in server.plays.values()] == [(5, ClockQuality.UNKNOWN)]


def test_short_plays_are_written_together_and_a_lone_one_at_once(desk: Desk) -> None:
    stop, syncs = threading.Event(), []
    sync = desk.journal._disk.sync
    desk.journal._disk.sync = lambda descriptor: (syncs.append(1), sync(descriptor))[1]  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: desk.pen.run(stop))
    thread.start()
    try:
        desk.pen.put(play(0))
        eventually(lambda: desk.journal.waiting() == 1)
        before = len(syncs)
        for n in range(50):
            desk.pen.put(play(n))
    finally:
        stop.set()
        desk.pen.news.set()
        thread.join(10)
    desk.pen.write()  # as the agent does at its end
    assert desk.journal.waiting() == 51
    assert len(syncs) <= before + 2
