"""What comes out: read back with PyAV and Pillow, never trusted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from media.posters import poster
from media.probe import probe
from media.renditions import RenditionFile, ScreenClass, render
from playlists.model import MediaType

SMALL = ScreenClass("small", 480, 270)
UPRIGHT = ScreenClass("upright", 270, 480)


def rendered(path: Path, screen: ScreenClass, out: Path, dwell_ms: int = 10_000) -> tuple[RenditionFile, list[int]]:
    out.mkdir(exist_ok=True)
    told: list[int] = []
    made = render(path, probe(path), screen, out, told.append, dwell_ms)
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert made.size_bytes == made.path.stat().st_size
    assert (made.path.parent, made.path.stem) == (out, made.sha256)
    assert [entry for entry in out.iterdir() if entry.name.startswith(".")] == []
    return made, told


def boxes(path: Path) -> list[str]:
    data, at, names = path.read_bytes(), 0, []
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def assert_plays_everywhere(made: RenditionFile, screen: ScreenClass) -> None:
    assert made.media_type is MediaType.MP4
    assert (made.width, made.height) == screen.video_size
    names = boxes(made.path)
    assert names.index("moov") < names.index("mdat")
    with av.open(str(made.path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (stream.width, stream.height) == screen.video_size
        assert stream.average_rate == Fraction(screen.video_fps)
        assert (stream.sample_aspect_ratio or 1) == 1
        times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        assert len(set(np.diff(times).tolist())) == 1, "frames are evenly spaced"
        assert made.duration_ms == round(len(times) * 1000 / screen.video_fps)
        assert not {"title", "comment", "artist", "encoder", "location"} & set(container.metadata)
        assert all(s.type in ("video", "audio") for s in container.streams)


def test_video_becomes_the_one_kind_every_screen_plays(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    secrets = ["-metadata", "title=secret", "-metadata", "location=+21.02+105.84/", "-c:a", "aac"]
    made, told = rendered(make_video("a.mp4", *secrets, sound=True), SMALL, tmp_path / "out")
    assert_plays_everywhere(made, SMALL)
    assert made.duration_ms == 2000
    assert b"secret" not in made.path.read_bytes()
    assert told == sorted(told)
    assert told[-1] == 99
    with av.open(str(made.path)) as container:
        sound = container.streams.audio[0].codec_context
        assert (sound.name, sound.channels, sound.sample_rate) == ("aac", 2, 48000)


def test_silent_screen_gets_no_sound(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    source = make_video("a.mp4", "-c:a", "aac", sound=True)
    made, _ = rendered(source, ScreenClass("mute", 480, 270, sound=False), tmp_path / "out")
    with av.open(str(made.path)) as container:
        assert not container.streams.audio


@pytest.mark.parametrize(
    "source", ["testsrc2=s=320x180:r=60:d=1", "testsrc2=s=320x180:r=12.5:d=2", "testsrc2=s=180x320:r=24000/1001:d=1.2"]
)
def test_any_frame_rate_and_shape_becomes_the_screens(
    tmp_path: Path, make_video: Callable[..., Path], source: str
) -> None:
    made, _ = rendered(make_video("a.webm", "-c:v", "libvpx", source=source), SMALL, tmp_path / "out")
    assert_plays_everywhere(made, SMALL)


def test_odd_screen_gets_even_video(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    odd = ScreenClass("odd", 193, 97, video_fps=25)
    made, _ = rendered(make_video("a.mp4"), odd, tmp_path / "out")
    assert_plays_everywhere(made, odd)


def test_colours_of_a_video_survive(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    source = make_video("a.mp4", "-pix_fmt", "yuv420p", source="color=c=0xC03020:s=480x270:r=25:d=1")
    made, _ = rendered(source, SMALL, tmp_path / "out")
    with av.open(str(made.path)) as container:
        frame = next(container.decode(video=0))
        assert frame.colorspace == 1, "tagged BT.709"


def test_turned_photograph_is_upright_and_has_no_metadata(tmp_path: Path, photograph: Image.Image) -> None:
    photograph.paste("red", (0, 0, 640, 60))  # the top as stored; turned, it is the right side
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Secret Camera"
    path = tmp_path / "a.jpg"
    photograph.save(path, exif=exif, quality=95, comment=b"secret")
    made, _ = rendered(path, UPRIGHT, tmp_path / "out")
    assert (made.media_type, made.width, made.height, made.duration_ms) == (MediaType.JPEG, 270, 480, 10_000)
    shown = Image.open(made.path)
    assert shown.size == (270, 480)
    red, green, _ = shown.getpixel((262, 240))  # type: ignore[misc]
    assert red > 200
    assert green < 100
    assert not shown.getexif()
    assert not {"comment", "icc_profile", "exif"} & set(shown.info)
    assert b"ecret" not in made.path.read_bytes()


def test_drawing_becomes_png_with_its_edge_carried_on(tmp_path: Path) -> None:
    drawing = Image.new("RGB", (400, 400), "#14303D")
    ImageDraw.Draw(drawing).ellipse((100, 100, 300, 300), "#F2A65A")
    drawing.save(tmp_path / "a.png", pnginfo=None)
    made, _ = rendered(tmp_path / "a.png", SMALL, tmp_path / "out", dwell_ms=7_000)
    shown = Image.open(made.path)
    assert (made.media_type, made.duration_ms, shown.size) == (MediaType.PNG, 7_000, (480, 270))
    assert shown.getpixel((2, 135)) == shown.getpixel((478, 2)) == (0x14, 0x30, 0x3D)


def test_photograph_of_another_shape_lies_on_its_own_blur(tmp_path: Path, photograph: Image.Image) -> None:
    photograph.resize((300, 400)).save(tmp_path / "a.png")
    made, _ = rendered(tmp_path / "a.png", SMALL, tmp_path / "out")
    shown = np.asarray(Image.open(made.path).convert("L"), dtype=int)
    assert 0 < shown[:, :80].mean() < shown[:, 200:280].mean(), "darker than the picture, not black"


def test_transparent_parts_become_paper(tmp_path: Path) -> None:
    Image.new("RGBA", (480, 270), (255, 0, 0, 0)).save(tmp_path / "a.png")
    made, _ = rendered(tmp_path / "a.png", SMALL, tmp_path / "out")
    assert Image.open(made.path).getpixel((100, 100)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "CMYK"])
def test_every_pixel_layout_is_shown(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    if mode == "I;16":
        Image.fromarray(np.full((270, 480), 40_000, dtype=np.uint16)).save(path)
    else:
        Image.new("L", (480, 270), 156).convert(mode).save(path)
    made, _ = rendered(path, SMALL, tmp_path / "out")
    shown = Image.open(made.path)
    assert shown.mode == "RGB"
    if mode != "1":
        assert abs(shown.getpixel((240, 135))[0] - 156) <= 3  # type: ignore[index]


def test_other_colour_space_is_brought_to_srgb(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exchanged = profile.replace(b"rXYZ", b"-XYZ").replace(b"bXYZ", b"rXYZ").replace(b"-XYZ", b"bXYZ")
    Image.new("RGB", (480, 270), (200, 20, 20)).save(tmp_path / "a.png", icc_profile=exchanged)
    made, _ = rendered(tmp_path / "a.png", SMALL, tmp_path / "out")
    shown = Image.open(made.path)
    assert "icc_profile" not in shown.info
    red, _, blue = shown.getpixel((5, 5))  # type: ignore[misc]
    assert blue > 150 > red, "its red is what sRGB calls blue"


def test_tall_infographic_becomes_a_slow_way_down(tmp_path: Path) -> None:
    tall = Image.new("RGB", (300, 1000))
    for band, colour in enumerate(("red", "lime", "blue", "white", "orange")):
        tall.paste(colour, (0, band * 200, 300, band * 200 + 200))
    tall.save(tmp_path / "a.png")
    made, told = rendered(tmp_path / "a.png", ScreenClass("slow", 480, 270, video_fps=10), tmp_path / "out")
    assert_plays_everywhere(made, ScreenClass("slow", 480, 270, video_fps=10))
    assert told == sorted(told)
    assert made.duration_ms > 10_000
    with av.open(str(made.path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert frames[0][20, 240].argmax() == 0, "the red top at the start"
    assert (frames[0][20, 240] == frames[20][20, 240]).all(), "still at the top for two seconds"
    red, _, blue = frames[-1][250, 240].tolist()
    assert red > 200, "the orange end"
    assert blue < 100
    assert abs(frames[0][20, 2].astype(int) - frames[0][20, 240]).max() < 12, "its bands fill the sides"


def test_posters_are_small_upright_and_short(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    Image.new("RGB", (400, 3000), "navy").save(tmp_path / "tall.png")
    video = make_video("a.mp4")
    for path, size in ((tmp_path / "tall.png", (480, 720)), (video, (480, 270))):
        shown = Image.open(poster(path, probe(path), tmp_path / "poster.jpg"))
        assert (shown.format, shown.size) == ("JPEG", size)
    assert np.asarray(shown).std() > 20, "a frame with something on it"
