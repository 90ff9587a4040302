"""Where the pictures come out: two windows under a window system, or the one screen that a single mpv owns."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

from player.surface import Picture
from player.surface.mpv.child import Mpv, Then
from player.surface.mpv.glass import PANES, DisplayLost, Glass, pixels
from player.surface.mpv.panels import Area, area_of
from player.surface.mpv.photo import picture_of
from player.surface.mpv.seat import Seat, SharedSeat
from playlists.model import Output

DRIVERS = "--vo=gpu,x11,drm"  # mpv takes the first that works without drawing by software through OpenGL


class House(Protocol):
    """Two seats and the screen they share. Methods may raise DisplayLost or Gone."""

    seats: list[Seat]

    def renew(self, seat: Seat) -> None:
        """Another mpv for a seat whose own one is gone or frozen."""

    def place(self, output: Output) -> None:
        """Put the picture where the output says."""

    def area(self, output: Output) -> tuple[Area, tuple[int, int]]:
        """The output in the pixels that mpv's overlays are laid out in, and how many those are."""

    def look(self) -> bool:
        """Whether the screen has another size than before. Asked once a second."""

    def photograph(self, output: Output, timeout_s: float) -> Picture | None:
        """What is on the screen, from any thread."""

    def close(self) -> None:
        """End the decoders, give the screen back."""


class Windows:
    """Two panes with an mpv each: the hidden one stands on its first frame until it is raised."""

    def __init__(self, display: str | None = None) -> None:
        self._display = display or os.environ.get("DISPLAY")
        self._glass = Glass(self._display)
        self.seats = [Seat(self._mpv(n), lambda n=n: self._glass.raise_pane(n)) for n in range(PANES)]  # type: ignore[misc]

    def _mpv(self, pane: int) -> Mpv:
        return Mpv(DRIVERS, "--pause", f"--wid={self._glass.panes[pane]}", environ=_environ(self._display))

    def renew(self, seat: Seat) -> None:
        seat.mpv.kill()
        seat.mpv, seat.reel, seat.drawn = self._mpv(self.seats.index(seat)), None, False

    def place(self, output: Output) -> None:
        self._glass.place(area_of(output, self._glass.size))

    def area(self, output: Output) -> tuple[Area, tuple[int, int]]:
        placed = area_of(output, self._glass.size)
        return Area(0, 0, placed.width, placed.height, placed.rotation), (placed.width, placed.height)

    def look(self) -> bool:
        return self._glass.fit()

    def photograph(self, output: Output, timeout_s: float) -> Picture | None:
        area = area_of(output, self._glass.size)
        try:
            return picture_of(pixels(area, self._display), area, timeout_s)
        except DisplayLost:
            return None

    def close(self) -> None:
        for seat in self.seats:
            seat.mpv.kill()
        self._glass.close()


class Whole:
    """One mpv that owns the whole screen, straight on the graphics card or as a full window."""

    def __init__(self, display: str | None = None) -> None:
        self._display = display
        mpv = self._mpv()
        self.seats: list[Seat] = [SharedSeat(mpv, lambda: None) for _ in range(2)]
        self._size, self._told = (0, 0), (0, 0)
        self._photos: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def _mpv(self) -> Mpv:
        return Mpv(DRIVERS, "--fullscreen", "--prefetch-playlist=yes", environ=_environ(self._display))

    def renew(self, seat: Seat) -> None:
        seat.mpv.kill()
        mpv = self._mpv()
        for one in self.seats:
            one.mpv, one.reel, one.drawn = mpv, None, False

    def place(self, output: Output) -> None:
        width, height = self._size
        if not width or not height:
            return
        at = area_of(output, self._size)
        margins = {
            "left": at.x / width,
            "right": 1 - (at.x + at.width) / width,
            "top": at.y / height,
            "bottom": 1 - (at.y + at.height) / height,
        }
        for side, share in margins.items():
            self.seats[0].mpv.set(f"video-margin-ratio-{side}", min(max(share, 0), 1))

    def area(self, output: Output) -> tuple[Area, tuple[int, int]]:
        return area_of(output, self._size), self._size

    def look(self) -> bool:
        mpv = self.seats[0].mpv
        mpv.tell("get_property", "osd-dimensions", then=self._hear)
        while not self._photos.empty():
            self._photos.get()()
        changed = self._told != self._size and all(self._told)
        self._size = self._told if changed else self._size
        return changed

    def _hear(self, answer: dict[str, Any]) -> None:
        said = answer.get("data") or {}
        self._told = (said.get("w", 0), said.get("h", 0))

    def photograph(self, output: Output, timeout_s: float) -> Picture | None:
        """mpv writes it itself; drivers that cannot give the window give the picture without what lies over it."""
        done = threading.Event()
        with tempfile.TemporaryDirectory(prefix="cauthang-") as folder:
            path = Path(folder) / "photo.jpg"

            def ask(what: str, then: Then) -> None:
                self.seats[0].mpv.tell("screenshot-to-file", str(path), what, then=then)

            def taken(answer: dict[str, Any]) -> None:
                if answer.get("error") == "success":
                    done.set()
                else:
                    ask("subtitles", lambda _: done.set())

            self._photos.put(lambda: ask("window", taken))
            done.wait(timeout_s)
            return Picture(path.read_bytes(), "image/jpeg") if path.exists() else None

    def close(self) -> None:
        self.seats[0].mpv.kill()


def _environ(display: str | None) -> dict[str, str]:
    return {**os.environ, **({"DISPLAY": display} if display else {})}
