"""One showing under way, and the play that becomes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from player.surface import Cue
from playlists.model import ClockQuality, Evidence, Play, Playlist, Result
from playlists.state import State
from playlists.timeline import Showing


class Reason(StrEnum):
    """Why a play is not complete; besides these, a refusal code (withdrawn, ended) or the display's own words."""

    JOINED = "joined"  # the display came in the middle
    LATE = "late"
    CUT = "cut"  # other orders took its place
    BLANKED = "blanked"
    CLOSED = "display-closed"
    NOT_READY = "not-ready"
    STOPPED = "stopped"
    STALLED = "stalled"  # pictures were missing in between


COMPLETE_PERCENT = 95
FAREWELL_MS = 1500  # how long the surface may take to report the end of a turn


@dataclass(slots=True)
class Turn:
    """One showing under way: what was planned, and what the surface said so far."""

    playlist: Playlist
    state: State
    showing: Showing
    cue: Cue
    quality: ClockQuality
    begun_mono_ms: int
    watched: bool
    at: int = -1
    at_mono_ms: int = 0
    shown_ms: int = 0
    frames: int = 0
    reason: str = ""
    failed: str = ""
    finished: bool = False
    ended_mono_ms: int = 0

    @property
    def entry(self) -> int:
        assert self.showing.entry is not None  # noqa: S101  a turn is only made for an entry
        return self.showing.entry


def play_of(turn: Turn) -> Play | None:
    """The record of a turn that is over; None when nobody could have seen it. Durations are monotonic."""
    if turn.at < 0 and not turn.watched:
        return None
    planned_ms = turn.showing.end - turn.showing.start
    shown_ms = min(turn.shown_ms, max(turn.ended_mono_ms - turn.at_mono_ms, 0) + FAREWELL_MS) if turn.at >= 0 else 0
    complete = shown_ms * 100 >= planned_ms * COMPLETE_PERCENT
    if complete:
        result, reason = Result.COMPLETE, ""
    elif turn.failed:
        result, reason = Result.FAILED, turn.failed
    elif turn.at < 0:
        result, reason = Result.SKIPPED, turn.reason or Reason.NOT_READY
    else:
        result, reason = Result.PARTIAL, turn.reason or _why_short(turn, planned_ms)
    return Play(
        n=0,
        version=turn.playlist.version,
        entry=turn.entry,
        start=turn.at if turn.at >= 0 else turn.showing.start,
        start_mono_ms=turn.at_mono_ms if turn.at >= 0 else turn.begun_mono_ms,
        planned_ms=planned_ms,
        shown_ms=shown_ms,
        result=result,
        evidence=Evidence.DECODED if turn.frames > 0 else Evidence.SCHEDULED,
        clock=turn.quality,
        reason=reason[:100],
    )


def _why_short(turn: Turn, planned_ms: int) -> str:
    """Why a turn that began and ended by itself was not complete."""
    if (turn.at - turn.showing.start) * 100 < planned_ms * (100 - COMPLETE_PERCENT):
        return Reason.STALLED
    return Reason.LATE if turn.watched else Reason.JOINED
