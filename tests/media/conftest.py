"""Real files: pictures by Pillow, videos by the same ffmpeg that makes renditions."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

MakeVideo = Callable[..., Path]


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """make_video(name, *output options, source=…): a test picture as a video file."""

    def make(name: str, *options: str, source: str = "testsrc2=s=320x180:r=25:d=2", sound: bool = False) -> Path:
        path = tmp_path / name
        inputs = ["-f", "lavfi", "-i", source, *(["-f", "lavfi", "-i", "sine=d=2"] if sound else [])]
        quick = ["-deadline", "realtime", "-cpu-used", "8"] if path.suffix == ".webm" else []
        run_ffmpeg(*inputs, *options, *quick, str(path))
        return path

    return make


@pytest.fixture
def ffmpeg() -> Callable[..., None]:
    return run_ffmpeg


def run_ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, timeout=60, capture_output=True)


@pytest.fixture
def photograph() -> Image.Image:
    """Noise on a slope: no two neighbours alike, as in a photograph."""
    random = np.random.default_rng(7)
    slope = np.linspace(40, 200, 640)[None, :, None] + np.linspace(0, 50, 480)[:, None, None]
    return Image.fromarray((slope + random.normal(0, 8, (480, 640, 3))).clip(0, 255).astype(np.uint8))
