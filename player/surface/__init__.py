"""What can show a playlist: one small interface, its drivers beside it.

A surface is told what is on (:meth:`Surface.show`) and what comes next (:meth:`Surface.prepare`). It has the next
item decoded before its instant and swaps by itself, at that instant; if the item is not ready, the old picture stays.
It answers with events, the only ground on which a play is ever recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from playlists.model import MediaType, Output


@dataclass(frozen=True, slots=True)
class Cue:
    """One showing to be made: a file and its two instants on the timeline (UTC ms).

    After ``end`` the last picture stays until something else is shown. ``key`` is unique among all showings.
    """

    key: str
    path: Path
    media_type: MediaType
    title: str
    start: int
    end: int

    @property
    def sha256(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Presented:
    """The first frame of a cue was really put on the display, at ``at`` (timeline, UTC ms)."""

    key: str
    at: int


@dataclass(frozen=True, slots=True)
class Progress:
    """So far ``shown_ms`` were shown and ``frames`` frames presented; a picture counts one. Monotonic clock."""

    key: str
    shown_ms: int
    frames: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The cue is off, after ``shown_ms`` and ``frames``."""

    key: str
    shown_ms: int
    frames: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The cue cannot be shown, or froze; ``reason`` is a few words for the log."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Displayed:
    """A display came or went."""

    on: bool


Event = Presented | Progress | Finished | Failed | Displayed


@dataclass(frozen=True, slots=True)
class Picture:
    """What the surface really shows, as an image file."""

    image: bytes
    media_type: str


class Surface(Protocol):
    """Calls return at once and never raise for anything the display does; what happened comes as events."""

    events: SimpleQueue[Event]

    def start(self) -> None:
        """Begin. Raises SetupError when it cannot."""

    def stop(self) -> None:
        """End, leaving nothing behind."""

    def displayed(self) -> bool:
        """Whether anybody could see what is shown."""

    def show(self, cue: Cue, cut: bool = False) -> None:
        """``cue`` is on. ``cut``: what was on must not be seen any longer, ready or not."""

    def prepare(self, cue: Cue | None) -> None:
        """``cue`` comes next, at its start; None: nothing is known to come."""

    def hold(self) -> None:
        """Nothing is on until the next cue; the last picture stays."""

    def slate(self) -> None:
        """The calm picture for when there is nothing to show."""

    def blank(self) -> None:
        """Black, on purpose."""

    def pair(self, code: str) -> None:
        """The pairing code, large, with what to do."""

    def identify(self, text: str, until: int) -> None:
        """``text`` over everything until that instant."""

    def adjust(self, output: Output) -> None:
        """Where in the frame, which way up, how bright, how loud."""

    def reload(self) -> None:
        """Start the display's own part anew."""

    def capture(self, timeout_s: float) -> Picture | None:
        """What is on now; None when it cannot say."""
