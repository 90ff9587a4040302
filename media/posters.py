"""Small pictures of files, for pages."""

from __future__ import annotations

from pathlib import Path

import av.error
import numpy as np
from PIL import Image

from media.errors import Refused
from media.probe import Kind, Probed
from media.sentences import Code
from media.stills import upright
from media.videos import open_video

JPEG_QUALITY = 82
TALLEST = 1.5  # times its width: a taller picture is cut at the bottom, since its title is at the top
MOMENTS = (0.15, 0.4, 0.7)  # of a video's length; the richest of these frames stands for it


def poster(path: Path, probed: Probed, out: Path, width: int = 480) -> Path:
    """A JPEG at most ``width`` pixels wide, written to ``out``.

    Raises:
        Refused: no frame of the video could be decoded.
    """
    image = upright(path, probed) if probed.kind is Kind.IMAGE else _frame(path, probed)
    height = max(1, round(image.height * width / image.width))
    small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    shown = small.crop((0, 0, width, min(height, round(width * TALLEST))))
    shown.info = {}
    shown.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out


def _frame(path: Path, probed: Probed) -> Image.Image:
    frames = [frame for moment in MOMENTS if (frame := _frame_at(path, probed, moment)) is not None]
    if not frames:
        raise Refused(Code.DAMAGED)
    return max(frames, key=lambda frame: float(np.asarray(frame.convert("L")).std()))


def _frame_at(path: Path, probed: Probed, moment: float) -> Image.Image | None:
    """The frame from which decoding can start nearest before this share of the video."""
    try:
        with open_video(path, probed.format) as container:
            container.seek(round(probed.duration_ms * moment * 1000))
            frame = next(container.decode(video=0), None)
    except av.error.FFmpegError:
        return None
    if frame is None:
        return None
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    image = picture.rotate(frame.rotation, expand=True)
    return image.resize((probed.width, probed.height)) if image.size != (probed.width, probed.height) else image
