"""A hostile job is stopped, and nothing of it is left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from media.errors import MediaError, Refused, Unavailable
from media.fitting import ScreenClass
from media.prepare import inspect, prepare
from media.sandbox import LOOK, Limits, run
from media.sentences import Code
from playlists.model import MediaType

QUICK = Limits(wall_s=20, cpu_s=20)


def code_of(function: str, *args: object, limits: Limits = QUICK) -> Code:
    with pytest.raises(MediaError) as caught:
        run(function, *args, limits=limits)
    return caught.value.code


def processes_naming(mark: str) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and mark.encode() in (entry / "cmdline").read_bytes():
                yield int(entry.name)


def test_endless_computation_is_stopped() -> None:
    assert code_of("re:match", "(a+)+$", "a" * 60 + "b", limits=Limits(wall_s=20, cpu_s=1)) is Code.TOO_SLOW


def test_endless_waiting_is_stopped() -> None:
    started = time.monotonic()
    assert code_of("time:sleep", 60, limits=Limits(wall_s=1, cpu_s=10)) is Code.TOO_SLOW
    assert time.monotonic() - started < 10


def test_children_of_a_job_die_with_it() -> None:
    mark = f"61.{os.getpid()}"
    assert code_of("os:system", f"sleep {mark} & sleep {mark}", limits=Limits(wall_s=1, cpu_s=10)) is Code.TOO_SLOW
    deadline = time.monotonic() + 5
    while list(processes_naming(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(processes_naming(mark)) == []


def test_what_a_job_leaves_running_ends_with_its_answer() -> None:
    mark = f"62.{os.getpid()}"
    assert run("os:system", f"sleep {mark} >/dev/null 2>&1 &", limits=QUICK) == 0
    deadline = time.monotonic() + 5
    while list(processes_naming(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(processes_naming(mark)) == []


def test_memory_bomb_is_stopped() -> None:
    assert code_of("operator:mul", "a", 5 * 1024**3) is Code.TOO_MUCH_MEMORY


def test_large_picture_in_little_memory_is_refused(tmp_path: Path) -> None:
    Image.new("RGBA", (8000, 5000)).save(tmp_path / "a.png", compress_level=1)
    tight = Limits(wall_s=20, cpu_s=20, memory_bytes=200 * 1024**2)
    assert code_of("media.probe:probe", str(tmp_path / "a.png"), limits=tight) is Code.TOO_MUCH_MEMORY


def test_crash_becomes_a_sentence() -> None:
    assert code_of("os:abort") is Code.CRASHED
    assert code_of("no_such_module:f") is Code.CRASHED


def test_flood_of_output_is_cut_off() -> None:
    assert code_of("operator:mul", "a", 5 * 1024**2) is Code.CRASHED


def test_endless_writing_is_stopped(tmp_path: Path) -> None:
    small = Limits(wall_s=20, cpu_s=20, file_bytes=1024**2)
    run("os:system", f"head -c 10000000 /dev/zero > {tmp_path}/big", limits=small)
    assert (tmp_path / "big").stat().st_size <= 1024**2
    Image.effect_noise((2000, 2000), 80).save(tmp_path / "a.png")
    (tmp_path / "out").mkdir()
    with pytest.raises(Unavailable) as caught:
        request = ({"name": "x", "width": 2000, "height": 2000}, str(tmp_path / "out"), 1000)
        run("media.prepare:make", str(tmp_path / "a.png"), *request, limits=small, progress=lambda percent: None)
    assert caught.value.code is Code.DISK_FULL


def test_secrets_of_the_server_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")
    assert run("os:getenv", "SECRET_KEY", limits=QUICK) is None
    assert set(run("builtins:sorted", ["b", "a"], limits=QUICK)) == {"a", "b"}


def test_limits_reach_the_job() -> None:
    import resource  # noqa: PLC0415 - only its numbers are wanted here

    assert run("resource:getrlimit", resource.RLIMIT_AS, limits=QUICK) == [4 * 1024**3] * 2
    assert run("resource:getrlimit", resource.RLIMIT_CORE, limits=QUICK) == [0, 0]
    assert run("resource:getrlimit", resource.RLIMIT_NOFILE, limits=QUICK) == [64, 64]


def test_workplace_of_a_job_is_gone_afterwards() -> None:
    home = Path(run("os:getcwd", limits=QUICK))
    assert home.is_absolute()
    assert not home.exists()


def test_inspecting_a_bad_file_raises_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"#EXTM3U\n")
    with pytest.raises(Refused, match="danh sách phát") as caught:
        inspect(tmp_path / "a.mp4")
    assert caught.value.code is Code.PLAYLIST_TEXT
    assert caught.value.msgid % caught.value.params == caught.value.sentence


def test_file_that_is_gone_is_not_the_uploaders_fault(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        inspect(tmp_path / "gone.png")


def test_preparing_gives_everything_a_page_and_a_screen_need(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    told: list[int] = []
    prepared = prepare(make_video("a.mp4"), ScreenClass("s", 480, 270), tmp_path / "out", told.append)
    assert prepared.probed == inspect(tmp_path / "a.mp4")
    assert prepared.rendition.media_type is MediaType.MP4
    assert prepared.rendition.path.is_file()
    assert prepared.poster.is_file()
    assert told == sorted(told)
    assert told[-1] == 100


def test_unreadable_picture_is_refused_with_its_sizes(tmp_path: Path) -> None:
    Image.new("RGB", (320, 180)).save(tmp_path / "a.png")
    with pytest.raises(Refused, match="320 × 180") as caught:
        prepare(tmp_path / "a.png", ScreenClass("hall", 1920, 1080), tmp_path / "out", lambda percent: None)
    assert caught.value.code is Code.UNREADABLE


def test_looking_is_quicker_than_making() -> None:
    assert LOOK.wall_s <= 60
