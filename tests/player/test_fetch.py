"""Downloads against a server that lies (reliability A6 rows 20 to 22), over the real fetcher, cache and disk."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from player.allowance import MIB, Allowance
from player.cache import Cache
from player.errors import Unreachable
from player.fetch import Fetcher, Limits
from playlists.errors import Code, Refusal
from playlists.model import Reference
from tests.fake_orders import Item, png, reference
from tests.fakes import FakeServer, serving

IMPATIENT = Limits(connect_s=2, stall_s=0.3, deadline_s=2, redirects=3)
ROOMY = Allowance(free_mb=0)
ITEM = Item("tranh", png((200, 0, 0), 200, 200) + os.urandom(20_000))
WANTED = reference(ITEM.data)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serving() as running:
        running.orders.publish(ITEM)
        yield running


def cache(server: FakeServer, folder: Path, allowance: Allowance = ROOMY) -> Cache:
    return Cache(folder, Fetcher(IMPATIENT), f"{server.url}/files", allowance)


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


def stored(folder: Path, *letters: str) -> list[str]:
    """A megabyte under the name of its hash for each letter, scheduled one after the other."""
    names = []
    for number, letter in enumerate(letters):
        data = letter.encode() * MIB
        names.append(hashlib.sha256(data).hexdigest())
        (folder / names[-1]).write_bytes(data)
        os.utime(folder / names[-1], (number, number))
    return names


def test_eviction_spares_what_a_playlist_names(server: FakeServer, tmp_path: Path) -> None:
    names = stored(tmp_path, *"abcd")
    (tmp_path / f"{'e' * 64}.part").write_bytes(b"begun and given up")
    assert cache(server, tmp_path, Allowance(files_mb=2, free_mb=0)).evict(keep=[names[0]]) > 2 * MIB
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([names[0], names[3]])


def test_what_was_scheduled_longest_ago_goes_first_whenever_it_was_read(server: FakeServer, tmp_path: Path) -> None:
    names = stored(tmp_path, *"abcd")
    (tmp_path / names[3]).read_bytes()
    kept = cache(server, tmp_path, Allowance(files_mb=3, free_mb=0))
    kept.scheduled(names[:2], 1_790_000_000_000)
    kept.evict(keep=[])
    assert not (tmp_path / names[2]).exists()
    assert all((tmp_path / name).exists() for name in (*names[:2], names[3]))


def test_what_does_not_fit_is_not_begun_and_nothing_named_is_given_up_for_it(
    server: FakeServer, tmp_path: Path
) -> None:
    names = stored(tmp_path, *"abcd")
    with pytest.raises(OSError, match="No space left"):
        cache(server, tmp_path, Allowance(files_mb=4, free_mb=0)).evict(keep=names[:2], room_bytes=3 * MIB)
    assert all((tmp_path / name).exists() for name in names[:2])


def test_a_part_of_the_disk_stays_free(server: FakeServer, tmp_path: Path) -> None:
    disk = shutil.disk_usage(tmp_path)
    assert Allowance(free_percent=10, free_mb=10**9).spare_bytes(disk.total) == disk.total // 10
    assert Allowance(free_percent=100, free_mb=512).spare_bytes(disk.total) == 512 * MIB
    full = Allowance(free_percent=100, free_mb=disk.free // MIB + 100)
    stored(tmp_path, "a")
    with pytest.raises(OSError, match="No space left"):
        cache(server, tmp_path, full).evict(keep=[], room_bytes=1)
    assert list(tmp_path.iterdir()) == []  # it gave what it could


def test_a_web_page_in_place_of_an_answer_is_noticed(server: FakeServer, tmp_path: Path) -> None:
    fetcher, hosts = Fetcher(IMPATIENT), []
    fetcher.saw_page = hosts.append
    server.says["/device/v1/head"] = (200, {"content-type": "text/html; charset=utf-8"}, b"<html>")
    fetcher.ask("GET", f"{server.url}/device/v1/head", {}, 1000)
    server.knobs["*"] = "html"
    with pytest.raises(Refusal):
        fetcher.download(f"{server.url}/files/{WANTED.sha256}", WANTED, tmp_path)
    assert hosts == [server.url.removeprefix("http://")] * 2
