"""A card that cannot read some place any more (EIO): what is elsewhere counts, and no number is used twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from player.journal import READ_TRIES, RESERVE, Journal
from player.store import Slots
from tests.fakes import FakeServer
from tests.player.dying_disk import BadCard
from tests.player.rig import BLUE, Rig, rig
from tests.player.test_report import LATER_MS, Desk
from tests.world import SCREEN, key, play

DEVICE = key("device").keyid


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("bad", ["note.a", "note.b"])
def test_the_slot_that_can_be_read_counts(tmp_path: Path, bad: str, read_only: bool) -> None:
    slots = Slots(tmp_path, "note")
    for text in (b"one", b"two"):
        slots.save(text)
    again = Slots(tmp_path, "note", BadCard(bad, read_only=read_only))
    left = again.load(bytes.decode)
    assert left == {"note.b": "two", "note.a": "one"}[bad]
    assert (tmp_path / f"{bad}.bad").exists() is not read_only
    if not read_only:
        again.save(b"three")
        assert Slots(tmp_path, "note").load(bytes.decode) == "three"


def test_no_slot_that_can_be_read_is_a_new_start(tmp_path: Path) -> None:
    Slots(tmp_path, "note").save(b"one")
    assert Slots(tmp_path, "note", BadCard("note.a", "note.b")).load(bytes.decode) is None


def test_a_player_whose_newest_state_cannot_be_read_goes_on(player: Rig, server: FakeServer) -> None:
    newest = max(player.folder.glob("state.?"), key=lambda p: int(p.read_bytes().split()[2]))
    again = rig(player.folder, server, BadCard(newest.name))
    assert again.beliefs.state.trust is not None
    server.orders.publish(BLUE)
    again.step()
    assert (again.number, again.codes()) == (2, [])


@pytest.mark.parametrize("bad_from", [0, 4096, 8192])
def test_a_journal_with_an_unreadable_place_keeps_the_rest(tmp_path: Path, bad_from: int) -> None:
    opened = Journal(tmp_path, DEVICE)
    for n in range(60):
        opened.append(play(n, reason="x" * 90))
    opened.close()
    assert 8192 < (tmp_path / "plays").stat().st_size < 16384
    opened = Journal(tmp_path, DEVICE, BadCard("plays", bad_from=bad_from + 1))
    assert opened.waiting() >= bad_from // 300
    opened.close()
    assert Journal(tmp_path, DEVICE).append(play(0)).n > RESERVE  # what was told and lost is not numbered again


def test_damaged_counters_beside_a_damaged_journal_cost_no_number_either(tmp_path: Path) -> None:
    opened = Journal(tmp_path, DEVICE)
    told = [opened.append(play(n)).n for n in range(5)]
    opened._ceiling = opened.last
    told.append(opened.append(play(0)).n)  # a second reserve: the other slot is an older one
    opened.close()
    newest = max(tmp_path.glob("counters.?"), key=lambda p: int(p.read_bytes().split()[2]))
    newest.write_bytes(b"")
    (tmp_path / "plays").write_bytes(b"\0" * 500)
    assert Journal(tmp_path, DEVICE).append(play(0)).n > max(told)


def test_a_play_that_cannot_be_read_any_more_does_not_hold_up_the_others(player: Rig, tmp_path: Path) -> None:
    desk = Desk(player, tmp_path / "journal")
    desk.plays(3)
    offset = desk.journal._held.offsets[0]
    block = desk.journal._disk.block

    def bad(descriptor: int, at: int, size_bytes: int = 0) -> bytes:
        if at == offset:
            raise OSError(5, "Input/output error")
        return block(descriptor, at, size_bytes)

    desk.journal._disk.block = bad  # type: ignore[method-assign]
    for _ in range(READ_TRIES + 2):
        desk.step(LATER_MS)
    assert desk.codes() == ["JOURNAL"]
    assert sorted(player.server.plays) == [2, 3]
    assert desk.journal.next_batch(SCREEN) is None
