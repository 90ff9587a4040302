"""Files that should never have come so far: spoilt, cut, mislabelled, empty, enormous, odd. The same for one seed."""

from __future__ import annotations

import io
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image

from playlists.model import MediaType
from tests.fake_orders import Item, ffmpeg, png

YELLOW = (255, 255, 0)
CLIP_S = 3
# What ffmpeg is told besides source and output: whole clips that a screen may or may not be able to decode.
CLIPS: dict[str, tuple[str, ...]] = {
    "plain": ("-c:v", "libx264", "-pix_fmt", "yuv420p"),
    "the index at the end": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "-faststart"),
    "10 bits a colour": ("-c:v", "libx264", "-pix_fmt", "yuv420p10le"),
    "full colour": ("-c:v", "libx264", "-pix_fmt", "yuv444p"),
    "HEVC": ("-c:v", "libx265", "-pix_fmt", "yuv420p", "-x265-params", "log-level=none"),
    "one frame": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-frames:v", "1"),
    "one frame a second": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-r", "1"),
    "120 frames a second": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-r", "120"),
    "odd size": ("-c:v", "libx264", "-pix_fmt", "yuv444p", "-vf", "scale=321:181"),
    "two pixels": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-vf", "scale=2:2"),
    "MPEG-4 part 2": (
        "-c:v",
        "mpeg4",
    ),
    "in pieces": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov"),
    "sound only": ("-vn", "-c:a", "aac"),
}


def odd_files(folder: Path, seed: int, count: int, duration_ms: int) -> list[Item]:
    """So many items with odd files, yellow where they show anything."""
    dice = Random(f"odd {seed}")
    whole = [(name, MediaType.MP4, _clip(folder, name, how)) for name, how in CLIPS.items()] + _pictures()
    made = []
    for number in range(count):
        name, media_type, data = dice.choice(whole)
        spoil = dice.choice(list(SPOILS))
        title = f"{number}: {name}, {spoil}"
        made.append(
            Item(title, SPOILS[spoil](data, dice) or b"\0", _label(media_type, dice), duration_ms, 100 + number)
        )
    return made


def _label(media_type: MediaType, dice: Random) -> MediaType:
    return dice.choice(list(MediaType)) if dice.random() < 0.1 else media_type


def _clip(folder: Path, name: str, how: tuple[str, ...]) -> bytes:
    path = folder / f"{name}.mp4"
    sources = ["-f", "lavfi", "-i", f"color=c=yellow:s=320x180:r=25:d={CLIP_S}"]
    sources += ["-f", "lavfi", "-i", f"sine=d={CLIP_S}"] if "-vn" in how else []
    command = [ffmpeg() or "ffmpeg", "-v", "error", "-y", *sources, "-preset", "ultrafast", *how, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path.read_bytes()


def _pictures() -> list[tuple[str, MediaType, bytes]]:
    """Whole pictures, plain and odd."""
    return [
        ("PNG", MediaType.PNG, png(YELLOW)),
        ("one pixel", MediaType.PNG, png(YELLOW, 1, 1)),
        ("grey with 16 bits", MediaType.PNG, _saved("PNG", Image.new("I;16", (64, 36), 60_000))),
        ("a huge header", MediaType.PNG, _resized(png(YELLOW, 64, 36), 60_000)),
        ("6000 pixels wide", MediaType.PNG, png(YELLOW, 6000, 3400)),
        ("JPEG", MediaType.JPEG, _saved("JPEG", Image.new("RGB", (640, 360), YELLOW))),
        ("JPEG for print", MediaType.JPEG, _saved("JPEG", Image.new("CMYK", (640, 360), (0, 0, 255, 0)))),
        ("JPEG in steps", MediaType.JPEG, _saved("JPEG", Image.new("RGB", (641, 359), YELLOW), progressive=True)),
        ("WebP", MediaType.PNG, _saved("WEBP", Image.new("RGB", (640, 360), YELLOW))),
        ("a login page", MediaType.PNG, b"<html><title>Wi-Fi</title><form>" * 20),
    ]


def _saved(form: str, picture: Image.Image, **how: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()


def _resized(data: bytes, side: int) -> bytes:
    """A PNG whose header promises more than there is; its checksum is right."""
    head = data[12:16] + side.to_bytes(4, "big") * 2 + data[24:29]
    return data[:12] + head + zlib.crc32(head).to_bytes(4, "big") + data[33:]


# --- What is done to them -------------------------------------------------------------------------------------------


def _flipped(data: bytes, dice: Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(dice.choice((1, 10, 200))):
        spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
    return bytes(spoilt)


def _hole(data: bytes, dice: Random) -> bytes:
    start = dice.randrange(len(data))
    length = min(dice.randrange(1, 5000), len(data) - start)
    return data[:start] + bytes(length) + data[start + length :]


SPOILS: dict[str, Callable[[bytes, Random], bytes]] = {
    "as it is": lambda data, _: data,
    "bits flipped": _flipped,
    "cut off": lambda data, dice: data[: dice.randrange(len(data))],
    "a hole of zeros": _hole,
    "wrong first bytes": lambda data, dice: dice.randbytes(16) + data[16:],
    "rubbish behind it": lambda data, dice: data + dice.randbytes(5000),
    "without its beginning": lambda data, dice: data[dice.randrange(len(data)) :],
    "noise": lambda data, dice: dice.randbytes(min(len(data), 20_000)),
    "nothing": lambda _, __: b"",
}
