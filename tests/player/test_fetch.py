"""Downloads against a server that lies (reliability A6 rows 20 to 22), over the real fetcher, cache and disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from player.cache import Cache
from player.errors import Unreachable
from player.fetch import Fetcher, Limits
from playlists.errors import Code, Refusal
from playlists.model import Reference
from tests.fake_orders import Item, png, reference
from tests.fakes import FakeServer, serving

IMPATIENT = Limits(connect_s=2, stall_s=0.3, deadline_s=2, redirects=3)
ITEM = Item("tranh", png((200, 0, 0), 200, 200) + os.urandom(20_000))
WANTED = reference(ITEM.data)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serving() as running:
        running.orders.publish(ITEM)
        yield running


def cache(server: FakeServer, folder: Path, quota_bytes: int = 10**9) -> Cache:
    return Cache(folder, Fetcher(IMPATIENT), f"{server.url}/files", quota_bytes)


def test_a_right_file_arrives_whole(server: FakeServer, tmp_path: Path) -> None:
    path = cache(server, tmp_path).fetch(WANTED)
    assert path.read_bytes() == ITEM.data
    assert [p.name for p in tmp_path.iterdir()] == [WANTED.sha256]


@pytest.mark.parametrize("knob", ["html", "truncated", "longer", "changed", "gzip", "endless"])
def test_anything_else_than_the_approved_file_is_refused(server: FakeServer, tmp_path: Path, knob: str) -> None:
    server.knobs["*"] = knob
    with pytest.raises(Refusal) as refused:
        cache(server, tmp_path).fetch(WANTED)
    assert refused.value.code is Code.HASH
    assert list(tmp_path.iterdir()) == []  # nothing of it is kept
    server.knobs.clear()
    assert cache(server, tmp_path).fetch(WANTED).read_bytes() == ITEM.data  # and the next try is not spoilt


def test_another_approved_file_in_its_place_is_refused(server: FakeServer, tmp_path: Path) -> None:
    server.says[f"/files/{WANTED.sha256}"] = (200, {}, png((0, 0, 200)))
    with pytest.raises(Refusal) as refused:
        cache(server, tmp_path).fetch(WANTED)
    assert refused.value.code is Code.HASH


@pytest.mark.parametrize("knob", ["slow", "redirect", "busy"])
def test_a_server_that_stalls_is_left(server: FakeServer, tmp_path: Path, knob: str) -> None:
    server.knobs["*"] = knob
    with pytest.raises(Unreachable):
        cache(server, tmp_path).fetch(WANTED)
    assert not (tmp_path / WANTED.sha256).exists()


def test_a_busy_server_says_when_to_come_back(server: FakeServer, tmp_path: Path) -> None:
    server.knobs["*"] = "busy"
    with pytest.raises(Unreachable) as answer:
        cache(server, tmp_path).fetch(WANTED)
    assert answer.value.retry_after_s == 7


def test_a_broken_download_goes_on_where_it_stopped(server: FakeServer, tmp_path: Path) -> None:
    server.knobs["*"] = "cut"
    with pytest.raises(Unreachable):
        cache(server, tmp_path).fetch(WANTED)
    part = tmp_path / f"{WANTED.sha256}.part"
    assert 0 < part.stat().st_size < WANTED.size_bytes
    assert cache(server, tmp_path).fetch(WANTED).read_bytes() == ITEM.data


def test_a_damaged_beginning_is_not_resumed_for_ever(server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / f"{WANTED.sha256}.part").write_bytes(b"not the beginning of it")
    with pytest.raises(Refusal):
        cache(server, tmp_path).fetch(WANTED)
    assert cache(server, tmp_path).fetch(WANTED).read_bytes() == ITEM.data


def test_small_answers_have_a_ceiling(server: FakeServer) -> None:
    server.says["/device/v1/head"] = (200, {}, b"x" * 20_000)
    with pytest.raises(Refusal) as refused:
        Fetcher(IMPATIENT).ask("GET", f"{server.url}/device/v1/head", {}, 16 * 1024)
    assert refused.value.code is Code.SIZE


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        Fetcher(IMPATIENT).ask("GET", "http://127.0.0.1:1/", {}, 100)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a\0b", "x" * 300, "а" * 64, "A" * 64, ""])
def test_no_name_from_the_network_touches_the_disk(server: FakeServer, tmp_path: Path, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        cache(server, tmp_path).path(name)
    assert refused.value.code is Code.PATH
    with pytest.raises(ValueError, match="hexadecimal"):
        Reference(name, 1)


def test_a_file_that_rotted_on_disk_is_found_and_fetched_again(server: FakeServer, tmp_path: Path) -> None:
    path = cache(server, tmp_path).fetch(WANTED)
    path.write_bytes(ITEM.data[:-1] + b"?")
    after_restart = cache(server, tmp_path)
    with pytest.raises(Refusal) as refused:
        after_restart.checked(WANTED)
    assert refused.value.code is Code.ROT
    assert not after_restart.holds(WANTED)
    assert after_restart.fetch(WANTED).read_bytes() == ITEM.data


def test_eviction_spares_what_a_playlist_names(server: FakeServer, tmp_path: Path) -> None:
    old = cache(server, tmp_path, quota_bytes=50_000)
    names = []
    for number in range(4):
        data = bytes([number]) * 20_000
        names.append(hashlib.sha256(data).hexdigest())
        (tmp_path / names[-1]).write_bytes(data)
        os.utime(tmp_path / names[-1], (number, number))
    assert old.evict(keep=[names[0]]) == 40_000
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([names[0], names[3]])
