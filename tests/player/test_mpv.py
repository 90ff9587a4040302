"""Real mpv on an X display: pixels of the frame buffer on one side, what the surface reports on the other."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from player.errors import SetupError
from player.surface import Displayed, Event, Failed, Finished, Presented
from player.surface.mpv.surface import MpvSurface, connected
from playlists.model import MediaType, Output
from tests.fake_orders import ffmpeg, mp4
from tests.player.lab import COLOURS, GROUND, lab, name_of
from tests.player.mpv_show import MIDDLE, Show, eventually, now_ms, running
from tests.player.rig import BLUE, GREEN, RED


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    with running(False, tmp_path_factory.mktemp("windows")) as show:
        yield show


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    with running(True, tmp_path_factory.mktemp("single")) as show:
        yield show


@pytest.fixture
def screen(request: pytest.FixtureRequest) -> Iterator[Show]:
    """A running surface: two windows unless the test asks for the single mpv of a screen without a window system."""
    show: Show = request.getfixturevalue(getattr(request, "param", "windows"))
    yield show
    show.surface.adjust(Output())
    show.surface.slate()
    show.surface.prepare(None)
    eventually(lambda: show.lab.pixel(5, 5) == show.lab.pixel(635, 5) == GROUND)
    show.events(Event)
    show.told.clear()


both_ways = pytest.mark.parametrize("screen", ["windows", "whole"], indirect=True)


@both_ways
def test_without_anything_to_show_the_slate_is_on(screen: Show) -> None:
    eventually(lambda: screen.lab.pixel(5, 5) == GROUND)
    assert len(set(screen.lab.image().getdata())) > 10  # and something is written on it


@both_ways
def test_the_pairing_code_is_large_and_gives_way_to_the_first_picture(screen: Show) -> None:
    screen.surface.pair("BCDF-GHJK")

    def gold_across() -> int:
        columns = {n % 640 for n, pixel in enumerate(screen.lab.image().getdata()) if pixel == (244, 201, 93)}
        return max(columns, default=0) - min(columns, default=0)

    eventually(lambda: gold_across() > 320)
    screen.show(RED.data)
    eventually(lambda: screen.seen() == screen.seen(5, 5) == "đỏ")


@both_ways
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_picture_lies_turned_in_its_window_of_the_frame(screen: Show, rotation: int) -> None:
    """An LED sender reads a corner: nothing of the picture may lie outside, and up must be where the panel's top is."""
    screen.surface.adjust(Output(x=40, y=20, width=200, height=100, rotation=rotation, volume=0))
    upright = (100, 200) if rotation % 180 else (200, 100)
    screen.show(two_halves(*upright))
    across, down = [(60, 70), (220, 70)], [(140, 40), (140, 100)]
    top, bottom = {0: down, 90: across[::-1], 180: down[::-1], 270: across}[rotation]
    eventually(lambda: screen.seen(*top) == "đỏ" and screen.seen(*bottom) == "lam")
    corners = [(42, 22), (237, 22), (42, 117), (237, 117)]
    assert all(screen.seen(*corner) for corner in corners)
    outside = [(37, 70), (243, 70), (140, 17), (140, 123), (500, 300)]
    assert [screen.lab.pixel(*at) for at in outside] == [(0, 0, 0)] * len(outside)


def two_halves(width: int, height: int) -> bytes:
    """Red above, blue below."""
    from PIL import Image  # noqa: PLC0415

    picture = Image.new("RGB", (width, height), COLOURS["đỏ"])
    picture.paste(COLOURS["lam"], (0, height // 2, width, height))
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


@both_ways
def test_a_note_lies_over_everything_letter_by_letter_until_its_end(screen: Show) -> None:
    screen.show(GREEN.data)
    eventually(lambda: screen.seen() == "lục")
    foot = (320, 335)
    screen.surface.identify(r"{\pos(0,0)} Sảnh A \N", now_ms() + 2500)
    eventually(lambda: screen.seen(*foot) != "lục")
    assert screen.seen(100, 100) == "lục"  # no tag of the text moved it
    screen.show(BLUE.data)
    eventually(lambda: screen.seen() == "lam")
    eventually(lambda: screen.seen(*foot) == "lam")


@both_ways
def test_blank_is_black_and_what_comes_after_it_is_seen(screen: Show) -> None:
    cue = screen.show(RED.data)
    eventually(lambda: screen.seen() == "đỏ")
    screen.surface.blank()
    eventually(lambda: screen.lab.pixel(*MIDDLE) == (0, 0, 0))
    assert eventually(lambda: screen.events(Finished))[0].key == cue.key
    screen.surface.slate()
    eventually(lambda: screen.lab.pixel(5, 5) == GROUND)
    screen.show(GREEN.data)
    eventually(lambda: screen.seen() == "lục")


@both_ways
def test_brightness_takes_light_away(screen: Show) -> None:
    screen.show(RED.data)
    eventually(lambda: screen.seen() == "đỏ")
    screen.surface.adjust(Output(brightness=50))
    eventually(lambda: abs(screen.lab.pixel(*MIDDLE)[0] - 100) < 6)


@both_ways
def test_a_photo_shows_what_is_on(screen: Show) -> None:
    from PIL import Image  # noqa: PLC0415

    screen.surface.adjust(Output(width=320, height=180))
    screen.show(BLUE.data)
    eventually(lambda: screen.seen(160, 90) == "lam")
    picture = screen.surface.capture(20)
    assert picture and picture.media_type == "image/jpeg"
    opened = Image.open(io.BytesIO(picture.image)).convert("RGB")
    assert name_of(opened.getpixel((160, 90))) == "lam"


def test_a_video_joined_in_the_middle_begins_there_and_is_never_seen_elsewhere(screen: Show) -> None:
    """Three seconds of red, then blue; joined after four."""
    parts = ["color=c=red:s=320x180:r=25:d=3[a]", "color=c=blue:s=320x180:r=25:d=7[b]", "[a][b]concat"]
    path = screen.folder / "made.mp4"
    made = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast", str(path)]
    command = [ffmpeg() or "ffmpeg", "-v", "error", "-filter_complex", ";".join(parts), *made]
    subprocess.run(command, check=True, timeout=60)
    seen = set()

    def finished() -> bool:
        seen.add(screen.lab.pixel(*MIDDLE))
        return bool(screen.events(Presented)) and screen.lab.pixel(*MIDDLE)[2] > 200

    start = now_ms() - 4000
    screen.show(path.read_bytes(), MediaType.MP4, start, 10_000)
    eventually(finished, every_s=0.002)
    assert not [colour for colour in seen if colour[0] > 200]
    done = eventually(lambda: screen.events(Finished))[0]
    presented = screen.events(Presented)[0]
    assert abs(done.shown_ms - (start + 10_000 - presented.at)) < 600
    assert done.frames <= (start + 10_000 - presented.at) / 40 + 10  # the frames before are not credited


def test_what_is_no_picture_fails_and_the_old_one_stays(screen: Show) -> None:
    screen.show(RED.data)
    eventually(lambda: screen.seen() == "đỏ")
    sound = screen.folder / "sound.mp4"
    tone = ["-f", "lavfi", "-i", "sine=d=2", "-c:a", "aac", str(sound)]
    subprocess.run([ffmpeg() or "ffmpeg", "-v", "error", *tone], check=True, timeout=60)
    for data in (b"no picture at all", b"#EXTM3U\nhttp://127.0.0.1/x.mp4\n", RED.data[:40], sound.read_bytes()):
        cue = screen.show(data, MediaType.MP4)
        eventually(lambda cue=cue: cue.key in [event.key for event in screen.events(Failed)])
        assert screen.seen() == "đỏ"
    assert len(screen.events(Presented)) == 1


@pytest.mark.parametrize("stop", [signal.SIGSTOP, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_decoder_that_stands_still_is_replaced_while_a_picture_stays(
    screen: Show, stop: signal.Signals, tmp_path: Path
) -> None:
    screen.show(RED.data)
    eventually(lambda: screen.seen() == "đỏ")
    before = screen.decoders()
    clip = screen.show(mp4(tmp_path, "yellow", 20_000), MediaType.MP4)
    eventually(lambda: screen.seen() == "vàng")
    on_screen = presenting(screen, before)
    os.kill(on_screen, stop)
    asked_at = time.monotonic()

    def failed() -> list[str]:
        assert screen.seen(), "a moment without a picture"
        return [event.key for event in screen.events(Failed)]

    assert eventually(failed, 60, 0.002) == [clip.key]
    assert time.monotonic() - asked_at < 8  # five by the rule, three for a busy machine
    eventually(lambda: on_screen not in screen.decoders() and len(screen.decoders()) == 2)
    screen.show(BLUE.data)
    eventually(lambda: screen.seen() == "lam")


def presenting(screen: Show, pids: list[int]) -> int:
    """The decoder that works for the running clip: the one whose processor time grows."""

    def ticks(pid: int) -> int:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11])

    began = {pid: ticks(pid) for pid in pids}
    return int(eventually(lambda: next((pid for pid in pids if ticks(pid) > began[pid] + 3), 0)))


def test_a_reload_replaces_both_decoders_unseen(screen: Show) -> None:
    screen.show(RED.data)
    eventually(lambda: screen.seen() == "đỏ")
    before = set(screen.decoders())
    screen.surface.reload()

    def on(name: str) -> bool:
        assert screen.seen(), "a moment without a picture"
        return screen.seen() == name

    for name, item in (("lục", GREEN), ("đỏ", RED), ("lam", BLUE)):
        screen.show(item.data)
        eventually(lambda name=name: on(name), every_s=0.002)
    eventually(lambda: not before & set(screen.decoders()))
    assert screen.events(Failed) == []


def test_a_display_that_goes_and_comes_back_is_taken_up_again(tmp_path: Path) -> None:
    with lab() as first:
        show = Show(first, tmp_path)
        show.surface.start()
        show.show(RED.data)
        eventually(lambda: show.seen() == "đỏ")
        first.kill()
        eventually(lambda: not show.surface.displayed())
        with lab(number=first.name[1:]) as second:
            show.lab = second
            eventually(lambda: show.seen() == "đỏ")
            assert [event.on for event in show.events(Displayed)] == [True, False, True]
            show.surface.stop()


def test_without_mpv_or_display_the_start_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match="DISPLAY"):
        MpvSurface(now_ms, ":9999").start()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SetupError, match="apt-get install mpv"):
        MpvSurface(now_ms, ":9999").start()


def test_a_cable_that_leads_nowhere_is_no_display(tmp_path: Path) -> None:
    assert connected(tmp_path)  # a machine that cannot say
    for port, status in (("card0-HDMI-A-1", "disconnected"), ("card0-HDMI-A-2", "disconnected")):
        (tmp_path / port).mkdir()
        (tmp_path / port / "status").write_text(f"{status}\n")
    assert not connected(tmp_path)
    (tmp_path / "card0-HDMI-A-2/status").write_text("connected\n")
    assert connected(tmp_path)
