"""Pixels of the display as a JPEG. mpv makes it: the player has no other program or library for pictures."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from player.surface import Picture
from player.surface.mpv.panels import Area

LARGEST = 1920  # pixels on the longer side


def picture_of(pixels: bytes, area: Area, timeout_s: float) -> Picture | None:
    """``pixels`` as rows of blue, green, red and a spare byte; None when there was not enough time."""
    scale = min(1, LARGEST / max(area.width, area.height))
    size = f"{round(area.width * scale)}:{round(area.height * scale)}"
    with tempfile.TemporaryDirectory(prefix="cauthang-") as folder:
        command = [
            *("mpv", "--no-config", "--terminal=no", "--load-scripts=no", "--demuxer=rawvideo"),
            *(f"--demuxer-rawvideo-w={area.width}", f"--demuxer-rawvideo-h={area.height}"),
            *("--demuxer-rawvideo-mp-format=bgr0", f"--vf=scale={size}", "--frames=1", "--vo=image"),
            *("--vo-image-format=jpg", "--vo-image-jpeg-quality=85", f"--vo-image-outdir={folder}", "-"),
        ]
        try:
            subprocess.run(command, input=pixels, timeout=timeout_s, check=True, stdout=subprocess.DEVNULL)
        except (subprocess.SubprocessError, OSError):
            return None
        made = next(Path(folder).glob("*.jpg"), None)
        return Picture(made.read_bytes(), "image/jpeg") if made else None
