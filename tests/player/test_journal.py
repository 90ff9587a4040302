"""The journal: nothing acknowledged is ever lost, no number is ever used twice."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from player.disk import Disk
from player.journal import COMPACT_BYTES, RESERVE, Journal
from playlists.model import Play, Receipt
from tests.player.dying_disk import Death, DyingDisk
from tests.world import NOW, SCREEN, key, play

DEVICE = key("device").keyid


def journal(folder: Path, disk: Disk | None = None) -> Journal:
    return Journal(folder, DEVICE, disk)


def receipt(last: int, name: str = "batch", gaps: tuple[tuple[int, int], ...] = ()) -> Receipt:
    return Receipt(DEVICE, last, hashlib.sha256(name.encode()).hexdigest(), NOW, gaps)


def waiting(opened: Journal) -> list[int]:
    """Every number still to be sent, read the way the reporter does."""
    numbers: list[int] = []
    while batch := opened.next_batch(SCREEN):
        numbers += [p.n for p in batch.plays]
        opened.settle(receipt(batch.last, f"batch {batch.last}"))
    return numbers


def test_plays_are_numbered_for_ever(tmp_path: Path) -> None:
    first = journal(tmp_path)
    assert [first.append(play(0)).n for _ in range(3)] == [1, 2, 3]
    first.close()
    second = journal(tmp_path)
    assert second.append(play(0)).n == 4
    assert second.boot == first.boot + 1


def test_a_play_comes_back_as_it_was(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    written = opened.append(play(7, reason="màn hình tắt"))
    opened.close()
    batch = journal(tmp_path).next_batch(SCREEN)
    assert batch is not None
    assert batch.plays == (written,)
    assert (batch.device, batch.screen, batch.previous) == (DEVICE, SCREEN, "")


def test_a_batch_holds_thirty_plays_of_one_boot(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(40):
        opened.append(play(n))
    opened.close()
    opened = journal(tmp_path)
    opened.append(play(0))
    sizes = []
    while batch := opened.next_batch(SCREEN):
        sizes.append((batch.boot, len(batch.plays)))
        opened.settle(receipt(batch.last, str(batch.last)))
    assert sizes == [(1, 30), (1, 10), (2, 1)]


def test_batches_are_chained_by_the_receipted_batch(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    opened.append(play(0))
    opened.settle(receipt(1, "first"))
    opened.append(play(0))
    opened.close()
    batch = journal(tmp_path).next_batch(SCREEN)
    assert batch is not None
    assert batch.previous == receipt(1, "first").batch


def test_without_a_receipt_the_same_plays_are_cut_again_with_later_ones(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    opened.append(play(0))
    one = opened.next_batch(SCREEN)
    opened.append(play(0))
    two = opened.next_batch(SCREEN)
    assert one is not None and two is not None
    assert two.plays[:1] == one.plays
    assert two.last == 2


def test_a_gap_that_is_still_held_is_sent_again(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(10):
        opened.append(play(n))
    opened.settle(receipt(10, gaps=((4, 5),)))
    batch = opened.next_batch(SCREEN)
    assert batch is not None
    assert batch.first == 4
    opened.close()
    again = journal(tmp_path).next_batch(SCREEN)
    assert again is not None
    assert again.first == 4


def test_a_gap_that_is_not_held_here_is_left_to_the_server(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(10):
        opened.append(play(n))
    opened.settle(receipt(6))
    opened.settle(receipt(10, "later", gaps=((2, 3),)))
    assert opened.next_batch(SCREEN) is None


def test_an_old_receipt_says_nothing_new(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(5):
        opened.append(play(n))
    opened.settle(receipt(4))
    opened.settle(receipt(2, "old"))
    assert waiting(opened) == [5]


def test_a_journal_from_an_older_copy_numbers_on_behind_the_server(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    opened.append(play(0))
    opened.settle(receipt(500))
    assert opened.append(play(0)).n == 501


@pytest.mark.parametrize("cut", [1, 5, 11, 40])
def test_a_torn_last_record_is_cut_off_without_a_gap(tmp_path: Path, cut: int) -> None:
    opened = journal(tmp_path)
    for n in range(3):
        opened.append(play(n))
    opened.close()
    path = tmp_path / "plays"
    path.write_bytes(path.read_bytes()[:-cut])
    opened = journal(tmp_path)
    assert opened.append(play(0)).n == 3
    assert waiting(opened) == [1, 2, 3]
    assert list(tmp_path.glob("plays.damaged-*"))


def test_a_damaged_middle_costs_that_record_and_never_a_number(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    for n in range(5):
        opened.append(play(n))
    opened.close()
    path = tmp_path / "plays"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    opened = journal(tmp_path)
    fresh = opened.append(play(0)).n
    assert fresh > RESERVE
    kept = waiting(opened)
    assert len(kept) == 5 and kept[-1] == fresh
    assert (tmp_path / next(tmp_path.glob("plays.damaged-*"))).read_bytes() == bytes(content)


NOISE = random.Random(3000).randbytes(3000)


@pytest.mark.parametrize("garbage", [b"", b"\0" * 4096, NOISE], ids=["empty", "zeros", "noise"])
def test_a_journal_that_is_gone_never_repeats_a_number(tmp_path: Path, garbage: bytes) -> None:
    opened = journal(tmp_path)
    used = {opened.append(play(n)).n for n in range(5)}
    opened.close()
    (tmp_path / "plays").write_bytes(garbage)
    assert journal(tmp_path).append(play(0)).n not in used


def test_receipted_plays_leave_the_disk(tmp_path: Path) -> None:
    opened = journal(tmp_path)
    numbers = []
    for n in range(2000):
        numbers.append(opened.append(play(n, reason="x" * 180)).n)
        if n % 20 == 19:
            opened.settle(receipt(n - 4, str(n)))
    assert (tmp_path / "plays").stat().st_size < COMPACT_BYTES * 2
    left = waiting(opened)
    assert left == numbers[-5:]
    opened.close()
    assert journal(tmp_path).append(play(0)).n == 2001


def live(folder: Path, disk: Disk, told: list[Play]) -> None:
    """A life: some plays, a receipt, more plays. ``told`` is what anyone heard of."""
    opened = journal(folder, disk)
    for n in range(4):
        told.append(opened.append(play(n)))
    opened.settle(receipt(told[1].n, "r"))
    for n in range(3):
        told.append(opened.append(play(n)))


def test_death_at_every_write_loses_nothing_that_was_told(tmp_path: Path) -> None:
    deaths = 0
    for step in range(1, 200):
        folder = tmp_path / str(step)
        told: list[Play] = []
        try:
            live(folder, DyingDisk(step), told)
        except Death:
            deaths += 1
        else:
            break
        opened = journal(folder)
        fresh = opened.append(play(0))
        assert fresh.n not in {p.n for p in told}
        sent: dict[int, Play] = {}
        while batch := opened.next_batch(SCREEN):
            sent |= {p.n: p for p in batch.plays}
            opened.settle(receipt(batch.last, str(batch.last)))
        covered = 2 if len(told) >= 4 and told[1].n not in sent else 0
        assert [p for p in told[covered:] if sent.get(p.n) != p] == []
        assert sorted(sent) == list(range(min(sent), max(sent) + 1))  # and no false gap
    assert deaths > 20


@pytest.mark.parametrize("code", [5, 28])
def test_a_disk_that_refuses_once_costs_nothing(tmp_path: Path, code: int) -> None:
    for step in range(1, 60):
        folder = tmp_path / f"{code}-{step}"
        told: list[Play] = []
        try:
            live(folder, DyingDisk(step, OSError(code, os.strerror(code))), told)
        except OSError:
            pass
        else:
            break
        opened = journal(folder)
        assert opened.append(play(0)).n == (told[-1].n if told else 0) + 1


def renumbered(folder: Path, disk: Disk | None) -> None:
    opened = journal(folder, disk)
    opened.renumber(70)
    opened.set_aside(71, "E-SCHEMA")


def test_death_while_numbers_change_leaves_all_plays_under_the_old_or_the_new(tmp_path: Path) -> None:
    deaths = 0
    for step in range(1, 60):
        folder = tmp_path / str(step)
        opened = journal(folder)
        starts = [opened.append(play(n)).start for n in range(5)]
        opened.close()
        try:
            renumbered(folder, DyingDisk(step))
        except Death:
            deaths += 1
        else:
            break
        again = journal(folder)
        sent = settled(again)
        assert [p.start for p in sent] in (starts, starts[1:])
        assert [p.n for p in sent] in ([1, 2, 3, 4, 5], [71, 72, 73, 74, 75], [72, 73, 74, 75])
        assert again.append(play(0)).n > max(p.n for p in sent)
    assert deaths > 10


def settled(opened: Journal) -> list[Play]:
    """Everything that is sent, with a receipt for each batch."""
    sent: list[Play] = []
    while batch := opened.next_batch(SCREEN):
        sent += batch.plays
        opened.settle(receipt(batch.last, str(batch.last)))
    return sent
