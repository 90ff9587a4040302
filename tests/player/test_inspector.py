"""Stored files are looked at again after a start, and the screen waits neither for them nor for anything else slow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from player.cache import digest_of
from player.link import Heard
from playlists import topics
from playlists.envelope import pack
from playlists.errors import Code, Refusal
from playlists.model import Reference
from tests.fake_orders import SCREEN
from tests.fakes import FakeServer, eventually
from tests.player.life import acting
from tests.player.rig import GREEN, RED, Rig, rig

RED_FILE = Reference(RED.rendition.sha256, RED.rendition.size_bytes)


def test_a_withdrawal_is_heard_while_a_large_file_is_looked_at(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting(tmp_path, server) as (_, surface):
        eventually(lambda: ("show", "đỏ") in surface.history and ("show", "lục") in surface.history)
    begun, go_on = threading.Event(), threading.Event()

    def slow(path: Path, urgent: Callable[[], bool]) -> str:
        if path.name == GREEN.rendition.sha256:
            begun.set()
            go_on.wait(20)
        return digest_of(path, urgent)

    monkeypatch.setattr("player.cache.digest_of", slow)
    with acting(tmp_path, server) as (agent, surface):
        assert begun.wait(10)
        eventually(lambda: surface.current and surface.current.title == "đỏ")
        server.orders.withdraw(RED)
        sealed = server.orders.revocation()
        assert sealed
        agent.inbox.put(Heard(topics.ALL_REVOCATION, pack(sealed)))
        agent.wake.set()
        eventually(lambda: surface.mode == "slate", timeout_s=1)
        before = len(surface.history)
        go_on.set()
        eventually(lambda: surface.current and surface.current.title == "lục")
        assert ("show", "đỏ") not in surface.history[before:]


def test_what_rotted_is_not_shown_and_comes_again(server: FakeServer, tmp_path: Path) -> None:
    with acting(tmp_path, server) as (_, surface):
        eventually(lambda: ("show", "đỏ") in surface.history and ("show", "lục") in surface.history)
    file = tmp_path / "state/files" / RED.rendition.sha256
    file.write_bytes(RED.data[:-1] + b"?")
    with acting(tmp_path, server) as (agent, surface):
        eventually(lambda: ("show", "đỏ") in surface.history)
        assert file.read_bytes() == RED.data
        assert "E-ROT" in [fault["code"] for fault in agent.faults.listed(0)]


def test_what_was_not_looked_at_is_not_ready(player: Rig, server: FakeServer) -> None:
    wanted = RED_FILE
    assert player.cache.ready(wanted)  # it was hashed when it came
    again = rig(player.folder, server).cache
    assert again.holds(wanted) and again.ready(wanted) is None
    again.checked(wanted)
    assert again.ready(wanted)
    again.path(wanted.sha256).unlink()
    assert again.ready(wanted) is None


def test_a_file_that_cannot_be_read_any_more_is_fetched_again(
    player: Rig, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = rig(player.folder, server)

    def bad(_path: Path, _urgent: Callable[[], bool]) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("player.cache.digest_of", bad)
    with pytest.raises(Refusal) as refused:
        again.cache.checked(RED_FILE)
    assert refused.value.code is Code.ROT
    again.step()
    assert again.cache.ready(RED_FILE)


def test_a_withdrawal_is_heard_while_a_picture_is_taken(server: FakeServer, tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()
    with acting(tmp_path, server) as (agent, surface):
        surface.capture = lambda _: (begun.set(), go_on.wait(20), None)[-1]  # type: ignore[method-assign]
        eventually(lambda: surface.current and surface.current.title == "đỏ")
        agent.inbox.put(Heard(topics.to_command(SCREEN), b'{"format":1,"id":"1","command":"screenshot"}'))
        agent.wake.set()
        assert begun.wait(10)
        for item in (RED, GREEN):
            server.orders.withdraw(item)
        sealed = server.orders.revocation()
        assert sealed
        agent.inbox.put(Heard(topics.ALL_REVOCATION, pack(sealed)))
        agent.wake.set()
        eventually(lambda: surface.mode == "slate", timeout_s=1)
        go_on.set()
