"""Says what a file is, by opening it. Runs inside :mod:`media.sandbox`; callers outside use :mod:`media.prepare`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from media.errors import Refused
from media.images import MIN_SIDE, open_image
from media.sentences import Code
from media.signatures import HEAD_BYTES, Format, format_of
from media.videos import measure

MAX_IMAGE_BYTES = 30 * 1024 * 1024
MAX_VIDEO_BYTES = 2 * 1024 * 1024 * 1024
EXIF_ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)  # the EXIF orientations that exchange width and height


class Kind(StrEnum):
    """What a file is to a viewer."""

    IMAGE = "image"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Probed:
    """What a file is, by content. ``width`` and ``height`` are as displayed; an image has no duration and no fps."""

    kind: Kind
    format: Format
    codec: str
    width: int
    height: int
    duration_ms: int
    fps: float
    has_audio: bool
    size_bytes: int

    def __post_init__(self) -> None:
        # Plain strings come back from the sandbox and from database rows.
        object.__setattr__(self, "kind", Kind(self.kind))
        object.__setattr__(self, "format", Format(self.format))


def probe(path: Path | str) -> Probed:
    """What the file is.

    Raises:
        Refused: it is not a complete PNG, JPEG, WebP, MP4 or WebM within the limits; the sentence names the fix.
    """
    path = Path(path)
    with path.open("rb") as file:
        format_ = format_of(file.read(HEAD_BYTES))
    size_bytes = path.stat().st_size
    ceiling = MAX_VIDEO_BYTES if format_.is_video else MAX_IMAGE_BYTES
    if size_bytes > ceiling:
        raise Refused(Code.TOO_HEAVY_FILE, max_mb=ceiling // (1024 * 1024))
    probed = _probe_video(path, format_, size_bytes) if format_.is_video else _probe_image(path, format_, size_bytes)
    if min(probed.width, probed.height) < MIN_SIDE:
        raise Refused(Code.TOO_THIN, width=probed.width, height=probed.height, min=MIN_SIDE)
    return probed


def _probe_image(path: Path, format_: Format, size_bytes: int) -> Probed:
    image = open_image(path, format_)
    width, height = image.size
    if image.getexif().get(EXIF_ORIENTATION) in TURNED:
        width, height = height, width
    return Probed(Kind.IMAGE, format_, format_.value, width, height, 0, 0.0, False, size_bytes)


def _probe_video(path: Path, format_: Format, size_bytes: int) -> Probed:
    seen = measure(path, format_)
    return Probed(
        Kind.VIDEO, format_, seen.codec, seen.width, seen.height, seen.duration_ms, seen.fps, seen.has_audio, size_bytes
    )
