"""What a file is, by content; every bad file gets its sentence."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from media.errors import Refused
from media.probe import Kind, Probed, probe
from media.sentences import Code
from media.signatures import Format


def code_of(path: Path) -> Code:
    with pytest.raises(Refused) as caught:
        probe(path)
    assert caught.value.sentence and "%" not in caught.value.sentence.replace("%%", "")
    return caught.value.code


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_image_is_known_by_content(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (300, 200), "teal").save(path)
    probed = probe(path)
    assert (probed.kind, probed.width, probed.height, probed.duration_ms) == (Kind.IMAGE, 300, 200, 0)
    assert probed.size_bytes == path.stat().st_size


@pytest.mark.parametrize(
    ("name", "encoder", "codec"),
    [
        ("a.mp4", "libx264", "h264"),
        ("b.mp4", "libx265", "hevc"),
        ("c.webm", "libvpx", "vp8"),
        ("d.webm", "libvpx-vp9", "vp9"),
        ("e.mp4", "libsvtav1", "av1"),
    ],
)
def test_video_is_measured(make_video: Callable[..., Path], name: str, encoder: str, codec: str) -> None:
    probed = probe(make_video(name, "-c:v", encoder))
    assert (probed.kind, probed.codec, probed.width, probed.height) == (Kind.VIDEO, codec, 320, 180)
    assert (probed.duration_ms, probed.fps, probed.has_audio) == (2000, 25.0, False)


def test_sound_is_seen(make_video: Callable[..., Path]) -> None:
    assert probe(make_video("a.webm", "-c:v", "libvpx", "-c:a", "libopus", sound=True)).has_audio


def test_name_says_nothing(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    disguised = make_video("a.mp4").rename(tmp_path / "picture.png")
    assert probe(disguised).format is Format.MP4


def test_turned_phone_video_is_measured_as_shown(
    tmp_path: Path, make_video: Callable[..., Path], ffmpeg: Callable[..., None]
) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", str(make_video("a.mp4")), "-c", "copy", str(turned))
    probed = probe(turned)
    assert (probed.width, probed.height) == (180, 320)


def test_stretched_pixels_are_measured_as_shown(make_video: Callable[..., Path]) -> None:
    probed = probe(make_video("a.mp4", "-vf", "setsar=2/1"))
    assert (probed.width, probed.height) == (640, 180)


def test_turned_photograph_is_measured_as_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (300, 200)).save(path, exif=exif)
    probed = probe(path)
    assert (probed.width, probed.height) == (200, 300)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert code_of(tmp_path / "a.png") is Code.EMPTY


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"GIF89a" + bytes(50), Code.OTHER_IMAGE),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", Code.OTHER_IMAGE),
        (b"\0\0\0\x18ftypheic" + bytes(50), Code.OTHER_IMAGE),
        (b"%PDF-1.7\n", Code.OTHER_FILE),
        (b"PK\x03\x04" + bytes(50), Code.OTHER_FILE),
        (b"<!DOCTYPE html><script>", Code.OTHER_FILE),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", Code.PLAYLIST_TEXT),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", Code.PLAYLIST_TEXT),
        (b"\0\0\0\x14ftypqt  " + bytes(50), Code.OTHER_VIDEO),
        (b"RIFF\0\0\0\0AVI LIST", Code.OTHER_VIDEO),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", Code.OTHER_VIDEO),
        (b"xin ch\xc3\xa0o", Code.UNKNOWN_TYPE),
    ],
)
def test_other_types_are_refused_whatever_their_name(tmp_path: Path, content: bytes, code: Code) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    assert code_of(path) is code


def test_huge_png_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of_one_colour(30_000, 30_000))
    assert code_of(path) is Code.TOO_BIG_IMAGE


def test_png_a_little_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    path.write_bytes(png_of_one_colour(8_000, 5_001))
    assert code_of(path) is Code.TOO_BIG_IMAGE


def png_of_one_colour(width: int, height: int) -> bytes:
    """A true one-bit PNG, small on disk whatever its size."""
    press = zlib.compressobj(1)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(press.compress(row) for _ in range(height)) + press.flush()
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", data), (b"IEND", b""))
    chunks = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_cut_image_is_refused(tmp_path: Path, photograph: Image.Image, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    photograph.save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert code_of(path) in (Code.TRUNCATED, Code.DAMAGED)


def test_damaged_png_is_refused(tmp_path: Path, photograph: Image.Image) -> None:
    path = tmp_path / "a.png"
    photograph.save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    assert code_of(path) is Code.DAMAGED


def test_moving_image_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    frames = [Image.new("RGB", (100, 100), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert code_of(path) is Code.ANIMATED


def test_sliver_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (3000, 2)).save(path)
    assert code_of(path) is Code.TOO_THIN


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.mp4", ["-c:v", "libx264"]), ("b.mp4", ["-movflags", "+faststart"]), ("c.webm", ["-c:v", "libvpx"])],
)
def test_cut_video_is_refused(make_video: Callable[..., Path], name: str, options: list[str]) -> None:
    path = make_video(name, *options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert code_of(path) is Code.TRUNCATED


@pytest.mark.parametrize("options", [["-t", "0"], ["-frames:v", "1"], ["-t", "0.4"]])
def test_video_of_no_length_is_refused(make_video: Callable[..., Path], options: list[str]) -> None:
    assert code_of(make_video("a.mp4", *options)) is Code.TOO_SHORT


def test_video_over_ten_minutes_is_refused(make_video: Callable[..., Path]) -> None:
    path = make_video("a.mp4", "-preset", "ultrafast", source="color=s=96x96:r=1:d=601")
    assert code_of(path) is Code.TOO_LONG


def test_sound_alone_is_refused(make_video: Callable[..., Path]) -> None:
    assert code_of(make_video("a.mp4", "-map", "1:a", sound=True)) is Code.NO_VIDEO


def test_other_codecs_are_refused(make_video: Callable[..., Path]) -> None:
    assert code_of(make_video("a.mp4", "-c:v", "mpeg4")) is Code.VIDEO_CODEC
    assert code_of(make_video("b.mp4", "-c:a", "ac3", sound=True)) is Code.AUDIO_CODEC


def test_flipped_bytes_never_escape_as_anything_but_a_refusal(make_video: Callable[..., Path]) -> None:
    path = make_video("a.mp4")
    whole = path.read_bytes()
    for at in range(40, len(whole), len(whole) // 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            assert isinstance(probe(path), Probed)
        except Refused as refusal:
            assert refusal.sentence
