"""A seat holds one showing: in an mpv of its own behind a window, or in line in the one mpv that owns the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from player.surface import Cue
from player.surface.mpv.child import STATUS, Mpv
from player.surface.mpv.reel import Reel, Status, status_of

DRAWN_MS = 30  # from decoded to drawn, at most; only a picture that comes late has to wait for it
LONGEST_LEAD_MS = 80
LATE_MS = 300  # joining later than this begins in the middle of a video


class Seat:
    """A seat with a window of its own: prepared out of sight, it comes on by being raised.

    ``raise_window`` returns when the window is in sight. All methods may raise Gone.
    """

    shared = False
    lead_ms = 0  # how long before its instant it must be told to begin

    def __init__(self, mpv: Mpv, raise_window: Callable[[], None]) -> None:
        self.mpv, self._raise = mpv, raise_window
        self.reel: Reel | None = None
        self.drawn = False  # its window holds a picture

    def load(self, cue: Cue, late_ms: int, mono_ms: int) -> None:
        """Get ``cue`` ready, in place of what else was to come; what is late begins in the middle, out of sight."""
        self.reel = reel = Reel(cue, mono_ms, late_ms if cue.media_type.is_video and late_ms > LATE_MS else 0)
        self._load(reel)

    def _load(self, reel: Reel) -> None:
        self.mpv.set("pause", True)
        self.mpv.set("speed", 1.0)
        self._open(reel, "replace")

    def _open(self, reel: Reel, how: str) -> None:
        def opened(answer: dict[str, Any]) -> None:
            reel.entry = (answer.get("data") or {}).get("playlist_entry_id", -1)

        self.mpv.tell(
            "loadfile",
            str(reel.cue.path),
            how,
            f"start={reel.offset_ms / 1000}",
            then=opened,
            mono_ms=reel.loaded_mono_ms,
        )

    def seek(self, late_ms: int) -> None:
        """It became ready too late to begin at its beginning, and nobody has seen it yet."""
        assert self.reel  # noqa: S101  only what is loaded can be late
        self.reel.offset_ms, self.reel.ready_mono_ms = late_ms, -1
        self.mpv.tell("seek", late_ms / 1000, "absolute+exact")

    def begin(self) -> None:
        """Run, and come into sight."""
        self.mpv.set("pause", False)
        self.reveal()

    def learn(self, took_ms: int) -> None:
        """How long it took from :meth:`begin` to the picture: with a window of its own no time worth telling."""

    def reveal(self) -> None:
        """Come into sight as it is."""
        self._raise()

    def rest(self) -> None:
        """Stand still and be silent: another one is in sight, or a panel over this one."""
        self.mpv.set("pause", True)

    def forget(self) -> None:
        """What was to come is not to come."""
        self.reel = None

    def look(self, mono_ms: int, then: Callable[[Reel, Status | None], None]) -> None:
        """Ask mpv how its showing goes; ``then`` gets the answer for the showing that is meant now."""
        reel = self.reel
        if reel:
            self.mpv.tell(
                "expand-text", STATUS, mono_ms=mono_ms, then=lambda a: then(reel, status_of(a.get("data") or "||||"))
            )


class SharedSeat(Seat):
    """One of two seats in the same mpv, for a screen that only one process can own (DRM): the next file stands in
    mpv's own line, opened ahead, and comes on by moving on to it."""

    shared = True

    def _load(self, reel: Reel) -> None:
        self.mpv.tell("playlist-clear")  # all but the file that is open
        self._open(reel, "append")
        reel.ready_mono_ms = reel.loaded_mono_ms

    def begin(self) -> None:
        """Move on in the line; the picture follows a frame or two later, see :meth:`learn`."""
        self.mpv.set("speed", 1.0)
        self.mpv.tell("playlist-play-index", 0 if self.mpv.entry < 0 else 1)

    def learn(self, took_ms: int) -> None:
        """So long it took from :meth:`begin` to the picture: next time it is told so much earlier."""
        self.lead_ms = min((self.lead_ms + min(took_ms, 2 * LONGEST_LEAD_MS)) // 2, LONGEST_LEAD_MS)

    def rest(self) -> None:
        """The one mpv stops for both."""
        self.mpv.tell("stop")

    def forget(self) -> None:
        self.reel = None
        self.mpv.tell("playlist-clear")
