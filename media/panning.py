"""Turns a tall infographic into a slow way down it, composed with moviepy: pause, travel, pause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import proglog
from moviepy import VideoClip
from PIL import Image

from media.fitting import PAUSE_MS, Pan, ScreenClass
from media.stills import blurred, extend
from media.transcodes import CONTAINER, encoder

RAMP_MS = 800  # of gentle start and stop
Pixels = npt.NDArray[np.uint8]


def render_pan(
    image: Image.Image, pan: Pan, screen_class: ScreenClass, made: Path, progress: Callable[[int], None]
) -> None:
    """Write the panned video of a tall image to ``made``."""
    shown = image.resize((pan.width, pan.height), Image.Resampling.LANCZOS)
    write_video(_frames(shown, pan, screen_class), pan.duration_ms, screen_class, made, progress)


def _frames(image: Image.Image, pan: Pan, screen_class: ScreenClass) -> Callable[[float], Pixels]:
    width, height = screen_class.video_size
    wide = extend(image, width, pan.height) if pan.width < width else image
    sheet = np.asarray(wide or image)[:, :width]
    frame = np.array(blurred(image, width, height))
    left = (width - sheet.shape[1]) // 2

    def at(seconds: float) -> Pixels:
        top = min(pan.travel, round(travelled(seconds * 1000 - PAUSE_MS, pan)))
        frame[:, left : left + sheet.shape[1]] = sheet[top : top + height]
        return frame

    return at


def travelled(moving_ms: float, pan: Pan) -> float:
    """How many pixels down the picture the view is, this long after the pause: constant speed with soft ends."""
    ramp = min(RAMP_MS, pan.travel_ms / 2)
    speed = pan.travel / (pan.travel_ms - ramp)
    into, left = max(0.0, moving_ms), max(0.0, pan.travel_ms - moving_ms)
    if into < ramp:
        return speed * into * into / (2 * ramp)
    if left < ramp:
        return pan.travel - speed * left * left / (2 * ramp)
    return speed * (into - ramp / 2)


def write_video(
    frame_at: Callable[[float], Pixels],
    duration_ms: int,
    screen_class: ScreenClass,
    made: Path,
    progress: Callable[[int], None],
) -> None:
    """Encode frames (RGB arrays of the screen's size, by second) into the same kind of MP4 as any other video."""
    fps = screen_class.video_fps
    clip = VideoClip(frame_at, duration=round(duration_ms * fps / 1000) / fps)
    colours = ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]
    path = made.with_name(made.name + ".mp4")  # moviepy takes the container from the name
    clip.write_videofile(
        str(path),
        fps=fps,
        codec="libx264",
        audio=False,
        preset="veryfast",
        threads=2,
        ffmpeg_params=[*colours, *encoder(fps), *CONTAINER],
        logger=_Percents(progress),
    )
    path.replace(made)


class _Percents(proglog.ProgressBarLogger):  # type: ignore[misc]
    """Passes moviepy's frame counter on as percents."""

    def __init__(self, progress: Callable[[int], None]) -> None:
        super().__init__()
        self._progress = progress
        self._told = -1

    def bars_callback(self, bar: str, attr: str, value: Any, old_value: Any = None) -> None:
        total = self.bars[bar]["total"]
        percent = min(99, 100 * value // total) if attr == "index" and total else self._told
        if percent > self._told:
            self._told = percent
            self._progress(percent)
