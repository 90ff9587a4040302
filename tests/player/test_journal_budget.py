"""A month without a network: every play is kept within a budget, the oldest as sums, and all are accounted for."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from player.disk import Disk
from player.journal import BATCH_PLAYS, Budget, Journal
from playlists.model import ClockQuality, Play, PlayBatch, Receipt, Result
from playlists.play_rows import MAX_PLAYS
from playlists.schemas import dump
from tests.player.dying_disk import Death, DyingDisk
from tests.world import HOUR_MS, NOW, SCREEN, key, play

DEVICE = key("device").keyid
SMALL = Budget(bytes=48_000, close_bytes=16_000)
TINY = Budget(bytes=5_000, close_bytes=2_000)
PLAYS_A_DAY = 5_760


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where there is such a place: what is tried here is the order of the steps, thousands of them."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        yield Path(folder)


def journal(folder: Path, disk: Disk | None = None, budget: Budget = SMALL) -> Journal:
    return Journal(folder, DEVICE, disk, budget)


def shown(n: int, every_ms: int = 15_000) -> Play:
    """The n-th play of a loop of three items since ``NOW``; now and then one is cut short."""
    at, cut = NOW - NOW % HOUR_MS + n * every_ms, n % 50 == 49
    result = Result.PARTIAL if cut else Result.COMPLETE
    times = {"start": at, "start_mono_ms": 5_000 + n * every_ms, "planned_ms": every_ms, "shown_ms": every_ms - n % 7}
    return play(0, entry=n % 3, result=result, reason="cut" if cut else "", **times)


def drained(opened: Journal) -> list[PlayBatch]:
    """Everything that is handed in, with a receipt for each batch."""
    batches = []
    while batch := opened.next_batch(SCREEN):
        batches.append(batch)
        opened.settle(Receipt(DEVICE, batch.last, os.urandom(32).hex(), NOW))
    return batches


def sums(plays: list[Play]) -> Counter[tuple[object, ...]]:
    """What no merging may change: how many, and how long, of each entry and result in each hour."""
    found: Counter[tuple[object, ...]] = Counter()
    for p in plays:
        cell = (p.start // HOUR_MS, p.version, p.entry, p.result, p.reason)
        found[*cell, "plays"] += 1
        found[*cell, "shown_ms"] += p.shown_ms
        found[*cell, "planned_ms"] += p.planned_ms
    return found


def test_a_month_off_line_is_kept_within_the_budget_and_every_play_is_accounted_for(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    told = [opened.append(shown(n)) for n in range(1_500)]
    assert opened.size_bytes <= SMALL.bytes + SMALL.close_bytes
    assert opened.waiting() == 1_500
    opened.close()
    opened = journal(tmp_path)
    batches = drained(opened)
    sent = [p for batch in batches for p in batch.plays]
    assert [p.n for p in sent] == [*range(1, 1_501)]
    assert sums(sent) == sums(told)
    assert sent[:BATCH_PLAYS] == told[:BATCH_PLAYS]  # a batch may have carried them before the network went
    assert sent[-50:] == told[-50:]
    merged = [p for p in sent if p.merged > 1]
    assert len(merged) > 500
    assert max(len(batch.plays) for batch in batches) <= MAX_PLAYS
    assert opened.waiting() == 0


def test_merging_again_and_again_leaves_what_was_merged_as_it_was(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(600):
        opened.append(shown(n))
    before = {p.n: p for batch in drained(journal(_copy(tmp_path))) for p in batch.plays if p.merged > 1}
    for n in range(600, 1_200):
        opened.append(shown(n))
    after = {p.n: p for batch in drained(opened) for p in batch.plays}
    assert before and [n for n, p in before.items() if after[n] != p] == []


def _copy(folder: Path) -> Path:
    copy = folder / "copy"
    copy.mkdir()
    for path in folder.glob("[cp]*.*"):
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "plays").write_bytes((folder / "plays").read_bytes())
    return copy


def test_plays_of_another_hour_or_boot_are_never_added_together(tmp_path: Path) -> None:
    for _ in range(3):
        opened = journal(tmp_path)
        for n in range(300):
            opened.append(shown(n, every_ms=90_000))
        opened.close()
    batches = drained(journal(tmp_path))
    assert [batch.boot for batch in batches] == sorted(batch.boot for batch in batches)
    merged = [p for batch in batches for p in batch.plays if p.merged > 1]
    assert merged
    assert {p.merged for p in merged} <= set(range(2, 15))  # forty an hour, of three items
    assert all(row[-1].start // HOUR_MS == row[0].start // HOUR_MS for row in _rows(batches))


def _rows(batches: list[PlayBatch]) -> Iterator[tuple[Play, ...]]:
    """The plays that came in one row."""
    for batch in batches:
        at = 0
        while at < len(batch.plays):
            yield batch.plays[at : at + batch.plays[at].merged]
            at += batch.plays[at].merged


def lived(folder: Path, disk: Disk, told: list[Play]) -> None:
    opened = journal(folder, disk, TINY)
    for n in range(100):
        told.append(opened.append(shown(n)))
    opened.settle(Receipt(DEVICE, 20, "ab" * 32, NOW))
    for n in range(100, 120):
        told.append(opened.append(shown(n)))


def test_death_at_every_write_of_closing_and_merging_loses_no_play_and_no_number(tmp_path: Path) -> None:
    deaths = 0
    for step in range(1, 2_000):
        folder = tmp_path / str(step)
        told: list[Play] = []
        try:
            lived(folder, DyingDisk(step), told)
        except Death:
            deaths += 1
        else:
            break
        opened = journal(folder)
        sent = [p for batch in drained(opened) for p in batch.plays]
        assert [p.n for p in sent] == [*range(sent[0].n if sent else 1, (sent[-1].n if sent else 0) + 1)]
        assert not told or sent[-1].n >= told[-1].n
        first = sent[0].n if sent else 1
        assert first == 1 or len(told) >= 100  # only the receipt makes it forget
        if first == 1:  # the play that was being written when death came may be there as well
            assert sums(sent) in (sums(told), sums([*told, shown(len(told))]))
    assert deaths > 200


@pytest.mark.parametrize("code", [5, 28])
def test_a_disk_that_refuses_while_files_are_closed_costs_no_play(tmp_path: Path, code: int) -> None:
    refusals = 0
    for step in range(1, 2_000, 7):
        folder = tmp_path / str(step)
        told: list[Play] = []
        disk = DyingDisk(step, OSError(code, os.strerror(code)))
        try:
            opened = journal(folder, disk, TINY)
        except OSError:
            continue
        for n in range(100):
            try:
                told.append(opened.append(shown(n)))
            except OSError:
                refusals += 1
        if disk.left > 0:
            break
        assert sums([p for batch in drained(opened) for p in batch.plays]) == sums(told)
    assert refusals > 10


def test_what_was_handed_in_without_an_answer_is_never_merged(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(100):
        opened.append(shown(n))
    offered = opened.next_batch(SCREEN)
    assert offered is not None
    for n in range(100, 1_500):
        opened.append(shown(n))
    opened.close()
    again = journal(tmp_path).next_batch(SCREEN)
    assert again is not None
    assert again.plays == offered.plays


def test_receipted_files_leave_the_disk_and_the_rest_is_merged_as_before(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(1_000):
        opened.append(shown(n))
    files = len(list(tmp_path.glob("plays.[0-9]*")))
    drained(opened)
    assert files > 3
    assert opened.size_bytes < SMALL.close_bytes
    assert list(tmp_path.glob("plays.[0-9]*")) == []
    opened.close()
    assert journal(tmp_path).append(shown(0)).n == 1_001


def test_numbers_that_the_server_knows_otherwise_are_changed_in_merged_plays_too(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    told = [opened.append(shown(n)) for n in range(1_000)]
    opened.renumber(5_000)
    opened.close()
    opened = journal(tmp_path)
    sent = [p for batch in drained(opened) for p in batch.plays]
    assert [p.n for p in sent] == [*range(5_001, 6_001)]
    assert sums(sent) == sums(told)
    assert opened.append(shown(0)).n == 6_001


def test_a_damaged_closed_file_costs_what_it_held_and_never_a_number(tmp_path: Path) -> None:
    opened = journal(tmp_path, budget=Budget(bytes=10**6, close_bytes=4_000))
    told = [opened.append(shown(n)) for n in range(150)]
    opened.close()
    closed = sorted(tmp_path.glob("plays.[0-9]*"))[1]
    content = bytearray(closed.read_bytes())
    content[len(content) // 2] ^= 1
    closed.write_bytes(bytes(content))
    opened = journal(tmp_path)
    assert opened.append(shown(0)).n > told[-1].n
    sent = [p for batch in drained(opened) for p in batch.plays]
    assert len(sent) == 150  # one is lost, one is new
    assert content in [copy.read_bytes() for copy in tmp_path.glob("plays.damaged-*")]


# --- A clock that is not known at the start ---


def test_plays_of_an_unknown_clock_get_their_time_when_it_becomes_known(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(3):
        opened.append(play(0, start=1_000 + n, start_mono_ms=60_000 + 10_000 * n, clock=ClockQuality.UNKNOWN))
    opened.know_time(NOW)
    opened.append(play(0, start=NOW + 90_000, start_mono_ms=90_000))
    opened.close()
    batch = journal(tmp_path).next_batch(SCREEN)
    assert batch is not None
    assert [p.start for p in batch.plays] == [NOW + 60_000, NOW + 70_000, NOW + 80_000, NOW + 90_000]
    assert [p.clock for p in batch.plays] == [*[ClockQuality.ESTIMATED] * 3, ClockQuality.SYNCHRONISED]


def test_what_was_handed_in_before_the_time_was_known_stays_as_it_was(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    opened.append(play(0, clock=ClockQuality.UNKNOWN))
    handed_in = opened.next_batch(SCREEN)
    opened.append(play(0, start=7, start_mono_ms=8, clock=ClockQuality.UNKNOWN))
    opened.know_time(NOW)
    again = opened.next_batch(SCREEN)
    assert handed_in is not None and again is not None
    assert again.plays[0] == handed_in.plays[0]
    assert (again.plays[1].start, again.plays[1].clock) == (NOW + 8, ClockQuality.ESTIMATED)


def test_an_earlier_start_without_a_clock_is_not_corrected_by_a_later_one(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    opened.append(play(0, start=5, clock=ClockQuality.UNKNOWN))
    opened.close()
    opened = journal(tmp_path)
    opened.append(play(0, start=6, start_mono_ms=9, clock=ClockQuality.UNKNOWN))
    opened.know_time(NOW)
    starts = [p.start for batch in drained(opened) for p in batch.plays]
    assert starts == [5, NOW + 9]


def test_corrected_plays_are_merged_under_their_right_hour(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(200):
        opened.append(play(0, entry=0, start=n, start_mono_ms=10_000 * n, clock=ClockQuality.UNKNOWN))
    opened.know_time(NOW - NOW % HOUR_MS)
    for n in range(1_500):
        opened.append(shown(n))
    sent = [p for batch in drained(opened) for p in batch.plays][:200]
    assert {p.clock for p in sent} == {ClockQuality.ESTIMATED}
    assert max(p.merged for p in sent) > 30
    assert [p.start for p in sent] == [NOW - NOW % HOUR_MS + 10_000 * n for n in range(200)]


# --- The figures ---


def test_the_budget_holds_a_month_of_plays_unmerged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened = journal(tmp_path, budget=Budget(bytes=200_000, close_bytes=100_000))
    first = opened.size_bytes
    for n in range(400):
        opened.append(shown(n))
    plain = (opened.size_bytes - first) / 400
    for n in range(400, 3_000):
        opened.append(shown(n))
    merged = opened._files.closed[0]
    held = opened._held.between(merged.origin, merged.end)
    sunk = merged.size / sum(opened._held.counts[held])
    days = Budget().bytes / plain / PLAYS_A_DAY
    with capsys.disabled():
        print(  # noqa: T201  the figures are the point
            f"\n{plain:.0f} bytes a play, {sunk:.1f} merged; {days:.0f} days of {PLAYS_A_DAY} plays within 64 MiB"
        )
    assert days >= 30
    assert sunk < plain / 8
    batches = drained(opened)
    assert all(len(dump(batch)) < 64 * 1024 for batch in batches)
