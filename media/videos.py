"""Reads an untrusted video without decoding it all: streams, codecs, length, and one frame to prove it opens.

The container format is forced and only listed decoders exist for it, so a file cannot pull in another file or a
demuxer nobody needs (reference: FFmpeg advisories of 2017 and 2026 on HLS, LCEVC and rare formats).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
import av.video.stream

from media.errors import Refused
from media.sentences import Code
from media.signatures import Format

DEMUXERS = {Format.MP4: "mp4", Format.WEBM: "matroska"}
VIDEO_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1"})
AUDIO_CODECS = frozenset({"aac", "mp3", "opus", "vorbis"})
DECODERS = "h264,hevc,vp8,libvpx,vp9,libvpx-vp9,av1,libdav1d,aac,mp3,mp3float,opus,libopus,vorbis"
MAX_PIXELS = 7680 * 4320
MAX_DURATION_MS = 10 * 60 * 1000
MIN_DURATION_MS = 950  # one second, as WebM's whole milliseconds may measure it
MAX_STREAMS = 16
KEPT_SHARE = 0.97  # of the frames its index promises; less means the end of the file is missing


@dataclass(frozen=True, slots=True)
class Measured:
    """What one pass over the packets of a video says."""

    codec: str
    width: int
    height: int
    duration_ms: int
    fps: float
    has_audio: bool


def measure(path: Path, format_: Format) -> Measured:
    """The video as its packets say, not as its header claims; sides are as displayed (rotated, square pixels).

    Raises:
        Refused: damaged, cut short, no picture, too long or short, too large, or a codec not on the list.
    """
    if format_ is Format.MP4 and _is_cut(path):
        raise Refused(Code.TRUNCATED)
    try:
        with open_video(path, format_) as container:
            return _measure(container)
    except av.error.FFmpegError as error:
        raise Refused(Code.DAMAGED) from error


def _is_cut(path: Path) -> bool:
    """Whether a top-level box of the MP4 says it is longer than what is left of the file (ISO/IEC 14496-12, 4.2)."""
    end, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at < end:
            file.seek(at)
            head = file.read(16).ljust(16, b"\0")
            size = int.from_bytes(head[:4], "big")
            size = {0: end - at, 1: int.from_bytes(head[8:16], "big")}.get(size, size)
            if size < 8 or at + size > end:
                return True
            at += size
    return False


def open_video(path: Path, format_: Format) -> av.container.InputContainer:
    """The container, with its format forced and only the listed decoders allowed."""
    options = {"protocol_whitelist": "file", "codec_whitelist": DECODERS, "max_streams": str(MAX_STREAMS)}
    return av.open(str(path), format=DEMUXERS[format_], container_options=options, metadata_errors="replace")


def _measure(container: av.container.InputContainer) -> Measured:
    stream = _picture(container)
    sound = _sound(container)
    width, height = _displayed_size(container, stream)
    container.seek(0)
    frames, duration, end_ms = _count(container, stream)
    _check_whole(container, stream, frames, end_ms)
    duration_ms = round(duration * 1000)
    if duration_ms < MIN_DURATION_MS:
        raise Refused(Code.TOO_SHORT)
    if duration_ms > MAX_DURATION_MS:
        raise Refused(Code.TOO_LONG, max_minutes=MAX_DURATION_MS // 60_000)
    return Measured(_codec(stream), width, height, duration_ms, round(float(frames / duration), 3), sound)


def _codec(stream: av.video.stream.VideoStream) -> str:
    return str(stream.codec_context.codec.canonical_name)


def _picture(container: av.container.InputContainer) -> av.video.stream.VideoStream:
    if len(container.streams) >= MAX_STREAMS:
        raise Refused(Code.TOO_MANY_STREAMS)
    if not container.streams.video and not container.streams.audio:
        raise Refused(Code.TOO_SHORT)
    pictures = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
    if not pictures:
        raise Refused(Code.NO_VIDEO)
    stream = pictures[0]
    if stream.codec_context is None or _codec(stream) not in VIDEO_CODECS:
        raise Refused(Code.VIDEO_CODEC, codec=stream.name or "?")
    if stream.width * stream.height > MAX_PIXELS:
        raise Refused(Code.TOO_BIG_VIDEO, width=stream.width, height=stream.height)
    return stream


def _sound(container: av.container.InputContainer) -> bool:
    for stream in container.streams.audio:
        codec = stream.codec_context and str(stream.codec_context.codec.canonical_name)
        if codec not in AUDIO_CODECS:
            raise Refused(Code.AUDIO_CODEC, codec=codec or "?")
    return bool(container.streams.audio)


def _displayed_size(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> tuple[int, int]:
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    for frame in container.decode(stream):
        width = round(frame.width * (stream.sample_aspect_ratio or Fraction(1)))
        return (frame.height, width) if frame.rotation % 180 else (width, frame.height)
    raise Refused(Code.TOO_SHORT)


def _count(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> tuple[int, Fraction, int]:
    """Packets with a picture; the seconds from the first shown to the end of the last; where any stream ends, ms."""
    frames, first, last, length, end = 0, None, None, 0, Fraction(0)
    for packet in container.demux():
        if packet.pts is None or not packet.size or packet.time_base is None:
            continue
        end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
        if packet.stream_index != stream.index:
            continue
        frames += 1
        first = packet.pts if first is None else min(first, packet.pts)
        if last is None or packet.pts >= last:
            last, length = packet.pts, packet.duration or 0
    if first is None or last is None or stream.time_base is None:
        raise Refused(Code.TOO_SHORT)
    if not length and frames > 1:
        length = (last - first) // (frames - 1)
    return frames, (last - first + length) * stream.time_base, round(end * 1000)


def _check_whole(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, frames: int, end_ms: int
) -> None:
    """An MP4 counts its frames, a WebM states its length: a file cut short has less than that."""
    claimed_ms = (container.duration or 0) // 1000
    if frames < KEPT_SHARE * (stream.frames or 0) or end_ms < KEPT_SHARE * claimed_ms - 100:
        raise Refused(Code.TRUNCATED)


def frame_count(path: Path) -> int:
    """The frames in the index of an MP4 that we made."""
    with open_video(path, Format.MP4) as container:
        return int(container.streams.video[0].frames)
