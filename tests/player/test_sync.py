"""New orders from a right server, and from one that lies: then what plays goes on."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from player.allowance import MIB, Allowance
from player.sync import AT_ONCE_BYTES
from playlists import model
from playlists.envelope import Kind, open_envelope
from playlists.schemas import load, seal
from tests.fake_orders import SCREEN, Item, reference
from tests.fakes import FakeServer
from tests.player.dying_disk import Death, DyingDisk
from tests.player.rig import BLUE, GREEN, RED, Rig, rig
from tests.world import key


def test_orders_are_followed_from_nothing(player: Rig, server: FakeServer) -> None:
    assert player.codes() == []
    assert {p.name for p in (player.folder / "files").iterdir()} == set(server.files())


def test_what_is_here_is_not_fetched_again(player: Rig, server: FakeServer) -> None:
    server.asked.clear()
    server.orders.publish(RED, GREEN, BLUE)
    player.step()
    fetched = [path for path in server.asked if path.startswith("/files/")]
    assert player.number == 2
    assert len(fetched) == 2  # the new picture and its approval


def test_a_restart_without_network_plays_the_last_orders(player: Rig, server: FakeServer) -> None:
    server.stop()
    again = rig(player.folder, server)
    assert again.number == 1
    assert again.beliefs.state.playlist == player.beliefs.state.playlist
    again.step()
    assert again.codes() == ["NETWORK"]
    assert again.number == 1


def test_a_rotated_trust_is_walked_to_before_its_head(player: Rig, server: FakeServer) -> None:
    server.orders.trust_version, server.orders.epoch = 2, 2
    server.orders.number = 0
    server.orders.publish(BLUE)
    player.step()
    assert player.codes() == []
    assert player.beliefs.state.trust and player.beliefs.state.trust.version == 2
    assert player.beliefs.state.playlist and player.beliefs.state.playlist.version == model.Version(2, 1)


def test_nothing_new_writes_nothing(player: Rig) -> None:
    before = {p.name: p.stat().st_mtime_ns for p in player.folder.iterdir()}
    player.step()
    assert {p.name: p.stat().st_mtime_ns for p in player.folder.iterdir()} == before


def playlist_of(server: FakeServer) -> model.Playlist:
    playlist: model.Playlist = load(Kind.PLAYLIST, open_envelope(Kind.PLAYLIST, server.orders.playlist()).payload)
    return playlist


def serve(server: FakeServer, playlist: model.Playlist, signer: str = "director") -> None:
    """Publish this playlist, with a right head for it."""
    sealed = seal(playlist, key(signer))
    head = model.Head(SCREEN, playlist.version, reference(sealed), 1, 0, 0, server.orders.issued, 2**52)
    server.says["/device/v1/playlist"] = (200, {}, sealed)
    server.says["/device/v1/head"] = (200, {}, seal(head, key("director")))


def stolen_director(**changes: object) -> Callable[[FakeServer], None]:
    """A playlist with ``changes``, properly signed."""
    return lambda server: serve(server, replace(playlist_of(server), **changes))  # type: ignore[arg-type]


def unapproved(server: FakeServer) -> None:
    """The blue picture under the approval of the green one."""
    blue, green = playlist_of(server).entries
    serve(server, replace(playlist_of(server), entries=(replace(green, rendition=blue.rendition), green)))


def older(server: FakeServer) -> None:
    server.orders.number, server.orders.issued = 0, server.orders.issued - 5000


def other_bytes_of_one_version(server: FakeServer) -> None:
    server.orders.number = 1
    server.orders.items = (GREEN,)


LIES: dict[str, tuple[Callable[[FakeServer], None], str]] = {
    "a playlist signed by a stranger": (lambda s: serve(s, playlist_of(s), "thief"), "E-SIG"),
    "a stolen director shows an unapproved file": (unapproved, "E-ITEM"),
    "a playlist of another screen": (stolen_director(screen="s-zzzzzzzz"), "E-TARGET"),
    "a playlist of another unit": (stolen_director(unit="ward-b"), "E-TARGET"),
    "an older head": (older, "E-ROLLBACK"),
    "one version, other bytes": (other_bytes_of_one_version, "E-FORK"),
    "a playlist that the head does not name": (
        lambda s: s.says.update({"/device/v1/playlist": (200, {}, seal(playlist_of(s), key("director"), key("log")))}),
        "E-MIX",
    ),
    "a head that is no document": (lambda s: s.says.update({"/device/v1/head": (200, {}, b"<html>login")}), "E-PARSE"),
    "a head that never ends": (lambda s: s.says.update({"/device/v1/head": (200, {}, b"x" * 20_000)}), "E-SIZE"),
    "a playlist in place of the head": (
        lambda s: s.says.update({"/device/v1/head": (200, {}, s.orders.playlist())}),
        "E-TYPE",
    ),
    "a login page instead of every file": (lambda s: s.knobs.update({"*": "html"}), "E-HASH"),
    "files one byte changed": (lambda s: s.knobs.update({"*": "changed"}), "E-HASH"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_server_changes_nothing(player: Rig, server: FakeServer, lie: str) -> None:
    before = player.beliefs.state.playlist
    spoil, code = LIES[lie]
    server.orders.publish(BLUE, GREEN)
    spoil(server)
    for _ in range(2):
        player.step()
    assert code in player.codes()
    assert player.beliefs.state.playlist is before
    assert rig(player.folder, server).number == 1  # nothing of it was stored
    server.says.clear()
    server.knobs.clear()
    server.orders.number, server.orders.issued = 2, server.orders.issued + 10_000
    server.orders.publish(BLUE)
    player.step()
    assert player.number == 3  # and the truth is still welcome


@pytest.mark.parametrize("knob", ["slow", "redirect", "busy"])
def test_half_a_generation_is_never_switched_to(player: Rig, server: FakeServer, knob: str) -> None:
    server.orders.publish(BLUE, Item("mới", BLUE.data + b"2", number=9))
    server.knobs["*"] = knob
    player.step()
    assert player.number == 1
    server.knobs.clear()
    player.step()
    assert player.number == 2


def test_a_screen_without_orders_yet_is_no_fault(tmp_path: Path, server: FakeServer) -> None:
    server.says["/device/v1/head"] = (404, {}, b"")
    player = rig(tmp_path / "new", server)
    player.step()
    assert player.codes() == []
    assert player.number == 0


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_server_in_trouble_is_asked_again_later(player: Rig, server: FakeServer, status: int) -> None:
    server.says["/device/v1/head"] = (status, {"retry-after": "11"}, b"")
    assert player.step() >= (11 if status not in (401, 403) else 0)
    assert player.codes() == ["NETWORK"]
    assert player.number == 1


def test_a_file_that_vanished_is_fetched_again(player: Rig, server: FakeServer) -> None:
    (player.folder / "files" / RED.rendition.sha256).unlink()
    player.step()
    assert (player.folder / "files" / RED.rendition.sha256).read_bytes() == RED.data


def test_files_that_no_playlist_names_go_when_room_is_short(player: Rig, server: FakeServer) -> None:
    player.cache._allowance = Allowance(files_mb=1, free_mb=0)
    unnamed = player.folder / "files" / ("a" * 64)
    unnamed.write_bytes(bytes(MIB))
    os.utime(unnamed, (0, 0))
    before = set(server.files())
    server.orders.publish(BLUE)
    player.step()
    assert {p.name for p in (player.folder / "files").iterdir()} == before | set(server.files())


def test_orders_that_do_not_fit_are_reported_and_what_plays_goes_on(player: Rig, server: FakeServer) -> None:
    player.cache._allowance = Allowance(files_mb=1, free_mb=0)
    server.orders.publish(Item("to", os.urandom(MIB), number=9))
    player.step()
    assert (player.number, player.codes()) == (1, ["DISK"])
    assert f"/files/{reference(server.orders.items[0].data).sha256}" not in server.asked


def test_many_new_files_are_fetched_at_a_moment_of_ones_own(player: Rig, server: FakeServer) -> None:
    big = Item("phim", os.urandom(AT_ONCE_BYTES + 1), number=9)
    server.orders.publish(big)
    share = int.from_bytes(hashlib.sha256(f"{SCREEN} 1 2".encode()).digest()[:4]) / 2**32
    wait_s = player.step()
    assert wait_s == pytest.approx(share * 8, abs=2)
    assert (player.number, player.codes()) == (1, [])
    began = player.clock.mono_ms()
    player.clock._mono = lambda: began + 9_000
    player.step()
    assert player.number == 2


def test_a_wrong_clock_only_dates_the_header(player: Rig, server: FakeServer) -> None:
    server.says["/device/v1/head"] = (401, {}, json.dumps({"code": "clock", "time": 5}).encode())
    player.step()
    assert [path for path in server.asked if path == "/device/v1/head"][-2:] == ["/device/v1/head"] * 2
    server.says.clear()
    player.step()
    assert player.codes() == []


def test_a_damaged_state_file_is_set_aside_and_the_other_slot_counts(player: Rig, server: FakeServer) -> None:
    newest = max(player.folder.glob("state.?"), key=lambda p: int(p.read_bytes().split()[2]))
    newest.write_bytes(newest.read_bytes()[:-10])
    again = rig(player.folder, server)
    assert again.beliefs.state.trust is not None
    assert newest.with_suffix(newest.suffix + ".bad").exists()
    again.step()
    assert again.number == 1


def test_two_damaged_slots_start_from_nothing(tmp_path: Path, player: Rig, server: FakeServer) -> None:
    for slot in player.folder.glob("state.?"):
        slot.write_bytes(b"cauthang 1 7 " + b"0" * 64 + b"\n{}")
    again = rig(player.folder, server)
    assert again.number == 0
    again.step()
    assert again.number == 1


def test_death_at_every_write_leaves_the_old_orders_or_the_new(tmp_path: Path, server: FakeServer) -> None:
    first = rig(tmp_path / "first", server)
    first.step()
    server.orders.withdraw(RED)
    server.orders.publish(GREEN, BLUE)
    deaths = 0
    for step in range(1, 100):
        folder = tmp_path / str(step)
        shutil.copytree(first.folder, folder)
        try:
            rig(folder, server, DyingDisk(step)).step()
        except Death:
            deaths += 1
        again = rig(folder, server)
        assert again.number in (1, 2)
        assert again.beliefs.state.trust is not None  # never neither: what may not be rolled back is kept
        again.step()
        assert again.number == 2 and again.codes() == []
        if deaths < step:
            break
    assert deaths >= 15


@pytest.mark.parametrize("code", [5, 28])
def test_a_disk_that_refuses_keeps_what_plays(tmp_path: Path, server: FakeServer, code: int) -> None:
    first = rig(tmp_path / "first", server)
    first.step()
    server.orders.publish(BLUE)
    for step in range(1, 100):
        folder = tmp_path / f"{step}"
        shutil.copytree(first.folder, folder)
        player = rig(folder, server, DyingDisk(step, OSError(code, os.strerror(code))))
        player.step()
        if player.number == 2:
            break
        assert player.codes() == ["DISK"]
        player.step()
        assert player.number == 2
    assert step > 5
