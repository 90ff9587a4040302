"""What lies over and around the picture: panels, the veil that dims it, notes; where it is, which way up, how loud."""

from __future__ import annotations

from collections.abc import Callable

from player.surface.mpv import panels
from player.surface.mpv.house import House
from player.surface.mpv.panels import Area
from player.surface.mpv.seat import Seat
from player.surface.scene import Scene
from playlists.model import Output

PANEL, DIM, NOTE = 1, 2, 3  # the higher one lies above


class Dresser:
    """Knows which seat is in sight and whether a panel covers it."""

    def __init__(self, house: House, now_ms: Callable[[], int]) -> None:
        self._house, self._now_ms = house, now_ms
        self._seen, self._covered = house.seats[0], True
        self._output: Output | None = None
        self.dressed = False  # the size of the screen is known by now

    def anew(self) -> None:
        """The screen or a decoder is another one: set everything again with the next :meth:`dress`."""
        self._output = None

    def cover(self, scene: Scene) -> None:
        """The picture in sight must not be seen."""
        self._covered = True
        self.dress(scene)

    def uncover(self, seat: Seat, scene: Scene) -> None:
        """A picture came into sight in ``seat``."""
        self._seen, self._covered = seat, False
        self.dress(scene)

    def lost(self, seat: Seat, other: Seat) -> None:
        """The decoder of ``seat`` was replaced; if it was in sight, ``other`` is now."""
        self.anew()
        if seat is self._seen:
            self._seen = other
        self._covered = self._covered or not self._seen.drawn

    def dress(self, scene: Scene) -> None:
        """Make it so, on both seats: only what changed is said. May raise Gone or DisplayLost."""
        if scene.output != self._output:
            self._adjust(scene.output)
            self._output = scene.output
        area, size = self._house.area(scene.output)
        self.dressed = all(size)
        if not self.dressed:
            return
        for seat in self._house.seats:
            note = scene.note if self._now_ms() < scene.note_until else ""
            seat.mpv.overlay(NOTE, panels.note(area, note), size)
            seat.mpv.overlay(DIM, panels.dim(area, scene.output.brightness), size)
            seat.mpv.overlay(PANEL, _panel(area, scene) if self._hides(seat) else "", size)

    def _hides(self, seat: Seat) -> bool:
        return self._covered and (seat is self._seen or seat.shared)

    def _adjust(self, output: Output) -> None:
        self._house.place(output)
        settings = {"video-rotate": output.rotation, "volume": output.volume, "mute": output.volume == 0}
        for seat in self._house.seats:
            for name, value in settings.items():
                seat.mpv.set(name, value)


def _panel(area: Area, scene: Scene) -> str:
    if scene.mode == "blank":
        return panels.black(area)
    return panels.pairing(area, scene.code) if scene.mode == "pair" else panels.slate(area)
