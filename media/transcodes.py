"""Turns any accepted video into the one kind every screen plays, with the ffmpeg of imageio-ffmpeg called directly."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import imageio_ffmpeg

from media.errors import Refused
from media.fitting import ScreenClass
from media.job import die_with_parent
from media.probe import Probed
from media.sentences import Code
from media.videos import DECODERS, DEMUXERS, MAX_DURATION_MS, MAX_PIXELS

MAX_OUTPUT_BYTES = 1024**3
PAD_COLOUR = "0x10161D"


def transcode(
    source: Path, probed: Probed, screen_class: ScreenClass, made: Path, progress: Callable[[int], None]
) -> None:
    """Write an MP4 of exactly the screen's size to ``made``.

    Raises:
        Refused: ffmpeg could not decode the source to its end.
    """
    command = [imageio_ffmpeg.get_ffmpeg_exe(), *_input(source, probed), *_output(probed, screen_class), str(made)]
    # preexec_fn is safe here: this process is the sandbox's child and has one thread.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509
    ) as ffmpeg:
        assert ffmpeg.stdout is not None  # noqa: S101 - narrows the type; we asked for a pipe
        for line in ffmpeg.stdout:
            _report(line, probed.duration_ms, progress)
    if ffmpeg.returncode != 0 or not made.exists():
        raise Refused(Code.DAMAGED)


def _input(source: Path, probed: Probed) -> list[str]:
    demuxer = DEMUXERS[probed.format]
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-v", "error", "-progress", "pipe:1"),
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", demuxer, "-codec_whitelist", DECODERS),
        *("-max_pixels", str(MAX_PIXELS), "-threads", "2", "-f", demuxer, "-i", f"file:{source}"),
    ]


def _output(probed: Probed, screen_class: ScreenClass) -> list[str]:
    width, height = screen_class.video_size
    filters = (
        # Square pixels first, then as large as fits, then calm bars to the screen's size.
        f"scale=trunc(iw*sar/2)*2:ih,setsar=1,fps={screen_class.video_fps},"
        f"scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
        ":out_color_matrix=bt709:out_range=tv:flags=lanczos,"
        f"pad={width}:{height}:-1:-1:color={PAD_COLOUR},setsar=1,format=yuv420p"
    )
    sound = ["-map", "0:a:0", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"]
    return [
        *("-map", "0:v:0", "-vf", filters),
        *encoder(screen_class.video_fps),
        *(sound if probed.has_audio and screen_class.sound else ["-an"]),
        *("-sn", "-dn", "-t", str(MAX_DURATION_MS / 1000), "-fs", str(MAX_OUTPUT_BYTES)),
        *CONTAINER,
        *("-f", "mp4", "-y"),
    ]


# No title, no chapters, no name of the software; the index first, so a player can start before the end has arrived.
CONTAINER: Sequence[str] = (
    *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
    *("-flags:v", "+bitexact+cgop", "-flags:a", "+bitexact", "-movflags", "+faststart"),
)


def encoder(fps: int) -> list[str]:
    """The H.264 every hardware decoder of the last ten years plays: High 4.x, closed groups of two seconds."""
    return [
        *("-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"),
        *("-maxrate", "12M", "-bufsize", "24M", "-g", str(2 * fps), "-bf", "2", "-threads", "2"),
        *("-fps_mode", "cfr", "-r", str(fps)),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
    ]


def _report(line: str, duration_ms: int, progress: Callable[[int], None]) -> None:
    name, _, value = line.strip().partition("=")
    if name == "out_time_us" and value.isdigit():
        progress(min(99, int(value) // 10 // max(1, duration_ms)))
