"""Makes the file a screen will show. Runs inside :mod:`media.sandbox`; callers outside use :mod:`media.prepare`.

Always a fresh encoding, never a copy: that ends metadata, second files hidden in the first, and most tricks on players.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from media.fitting import ScreenClass, pan_of
from media.probe import Kind, Probed
from media.stills import render_still, upright
from media.transcodes import transcode
from media.videos import frame_count
from playlists.model import MediaType

__all__ = ["RenditionFile", "ScreenClass", "render"]

Progress = Callable[[int], None]
SUFFIXES = {MediaType.PNG: ".png", MediaType.JPEG: ".jpg", MediaType.MP4: ".mp4"}


@dataclass(frozen=True, slots=True)
class RenditionFile:
    """A finished rendition, named by its SHA-256. ``duration_ms`` of a video is measured from the file itself."""

    path: Path
    sha256: str
    size_bytes: int
    media_type: MediaType
    width: int
    height: int
    duration_ms: int

    def __post_init__(self) -> None:
        # Plain strings come back from the sandbox.
        object.__setattr__(self, "path", Path(self.path))
        object.__setattr__(self, "media_type", MediaType(self.media_type))


def render(  # noqa: PLR0913, PLR0917 - the whole order of work, given once
    source: Path,
    probed: Probed,
    screen_class: ScreenClass,
    out_dir: Path,
    progress: Progress,
    dwell_ms: int = 10_000,
) -> RenditionFile:
    """The rendition of ``source`` in ``out_dir``; a still is shown for ``dwell_ms``.

    Raises:
        Refused: a part of the source that the probe did not decode turns out to be damaged.
    """
    with tempfile.TemporaryDirectory(dir=out_dir, prefix=".making-") as workshop:
        made = Path(workshop, "rendition")
        if probed.kind is Kind.VIDEO:
            transcode(source, probed, screen_class, made, progress)
        elif pan := pan_of(probed.width, probed.height, screen_class, dwell_ms):
            from media.panning import render_pan  # noqa: PLC0415 - moviepy is slow to import and few files need it

            render_pan(upright(source, probed), pan, screen_class, made, progress)
        else:
            media_type = render_still(source, probed, screen_class, made)
            return _finish(made, media_type, screen_class, out_dir, dwell_ms)
        return _finish(made, MediaType.MP4, screen_class, out_dir, _video_ms(made, screen_class))


def _video_ms(made: Path, screen_class: ScreenClass) -> int:
    return round(frame_count(made) * 1000 / screen_class.video_fps)


def _finish(
    made: Path, media_type: MediaType, screen_class: ScreenClass, out_dir: Path, duration_ms: int
) -> RenditionFile:
    with made.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size_bytes = made.stat().st_size
    path = made.replace(out_dir / f"{sha256}{SUFFIXES[media_type]}")
    size = screen_class.video_size if media_type.is_video else (screen_class.width, screen_class.height)
    return RenditionFile(path, sha256, size_bytes, media_type, *size, duration_ms)
