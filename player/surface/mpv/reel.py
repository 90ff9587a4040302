"""One showing in a decoder, and what its counters prove of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from player.surface import Cue

GAP_MS = 1000  # pictures further apart than this were not shown in between
FROZEN_MS = 4000
LOADING_MS = 20_000
SLACK_MS = 10  # a video this near to the clock runs at its own speed
STEEPEST = 0.05
CATCH_UP_MS = 4000
MEMORY = 0.3


@dataclass(frozen=True, slots=True)
class Status:
    """What mpv said of itself: the instant of the last frame given to the display, how many that makes, how many of
    them were dropped, whether the end was reached, how wide the picture is (0: there is none)."""

    position_ms: int
    frame: int
    dropped: int
    ended: bool
    width: int


def status_of(text: str) -> Status | None:
    """The answer to :data:`player.surface.mpv.child.STATUS`; None while no file is open."""
    position, frame, dropped, ended, width = text.split("|")
    if not position:
        return None
    return Status(
        round(float(position) * 1000), int(frame or 0), int(dropped or 0), ended == "yes", int(width) if width else 0
    )


@dataclass(slots=True)
class Reel:
    """``entry`` is mpv's number of the file, ``ready_mono_ms`` when its first frame is drawn; -1: not yet."""

    cue: Cue
    loaded_mono_ms: int
    offset_ms: int = 0
    entry: int = -1
    ready_mono_ms: int = -1
    told_mono_ms: int = 0  # when its seat was told to begin
    on: bool = False
    ending: bool = False
    over: bool = False
    shown_ms: int = 0
    frames: int = 0
    speed: float = 1.0
    _last_mono_ms: int = 0
    _moved_mono_ms: int = 0
    _position_ms: int = 0
    _before: int = -1
    _behind_ms: float | None = None

    @property
    def still(self) -> bool:
        """A picture: it has one frame and no clock of its own."""
        return not self.cue.media_type.is_video

    def begin(self, mono_ms: int) -> None:
        """Its first frame is on the screen."""
        self.on, self._last_mono_ms, self._moved_mono_ms = True, mono_ms, mono_ms
        self.frames, self._position_ms = 1, self.offset_ms

    def count(self, status: Status, mono_ms: int) -> None:
        """Time up to now was shown if pictures moved since the last look, or there is none that could move."""
        if not self.on or self.over:
            return
        moved = status.position_ms != self._position_ms
        if self._before < 0:  # a video joined in the middle is not credited with the frames before
            self._before = status.frame - status.dropped if self.offset_ms else 0
        self._position_ms = status.position_ms
        if moved or self.still or status.ended:
            self.shown_ms += min(mono_ms - self._last_mono_ms, GAP_MS)
            self._last_mono_ms = self._moved_mono_ms = mono_ms
            self.frames = max(self.frames, 1 + status.frame - status.dropped - self._before)

    def linger(self, mono_ms: int) -> None:
        """Its last picture was still on the screen after the last look at its counters."""
        if self.on and not self.over:
            self.shown_ms += min(mono_ms - self._last_mono_ms, GAP_MS)

    def frozen(self, mono_ms: int) -> bool:
        """Whether it stands still though it should move, or never came so far."""
        if self.on and not self.over:
            return mono_ms - self._moved_mono_ms > FROZEN_MS
        return self.ready_mono_ms < 0 and not self.over and mono_ms - self.loaded_mono_ms > LOADING_MS

    def pace(self, status: Status, now_ms: int) -> float:
        """The speed that brings it back to the wall clock, smoothly: single looks are coarse by one frame."""
        behind = now_ms - self.cue.start - status.position_ms
        before = behind if self._behind_ms is None else self._behind_ms
        self._behind_ms = before + MEMORY * (behind - before)
        if abs(self._behind_ms) < SLACK_MS:
            return 1.0
        return round(1 + max(-STEEPEST, min(STEEPEST, self._behind_ms / CATCH_UP_MS)), 3)
