"""A surface of mpv on a display of its own, told what to show as an agent would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from player.surface import Cue, Event
from player.surface.mpv.surface import MpvSurface
from playlists.model import MediaType
from tests import fakes
from tests.player.lab import Lab, lab, name_of

MIDDLE = (320, 180)
HOUR_MS = 3_600_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def eventually(wanted: Callable[[], Any], timeout_s: float = 60, every_s: float = 0.02) -> Any:
    """With more patience than usual: several programs start and draw, on a machine that does other things besides."""
    return fakes.eventually(wanted, timeout_s, every_s)


class Show:
    """A surface on a display, told what to show as an agent would, with a memory of what it reported."""

    def __init__(self, place: Lab, folder: Path, *, single: bool = False) -> None:
        self.lab, self.folder = place, folder
        self.surface = MpvSurface(now_ms, place.name, single=single)
        self.told: list[Event] = []
        self._number = 0

    def cue(self, data: bytes, media_type: MediaType = MediaType.PNG, start: int = 0, ms: int = HOUR_MS) -> Cue:
        self._number += 1
        path = self.folder / f"{self._number:064x}"
        path.write_bytes(data)
        begin = start or now_ms()
        return Cue(str(self._number), path, media_type, path.name, begin, begin + ms)

    def show(self, data: bytes, media_type: MediaType = MediaType.PNG, start: int = 0, ms: int = HOUR_MS) -> Cue:
        cue = self.cue(data, media_type, start, ms)
        self.surface.show(cue)
        return cue

    def seen(self, x: int = MIDDLE[0], y: int = MIDDLE[1]) -> str:
        return name_of(self.lab.pixel(x, y))

    def events(self, kind: type) -> list[Any]:
        while not self.surface.events.empty():
            self.told.append(self.surface.events.get())
        return [event for event in self.told if isinstance(event, kind)]

    def decoders(self) -> list[int]:
        """The process ids of mpv on this display, the youngest last."""
        mark = f"DISPLAY={self.lab.name}\0".encode()
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                ours = mark in environ.read_bytes() and (environ.parent / "comm").read_text() == "mpv\n"
            except OSError:
                continue
            if ours:
                found.append(int(environ.parent.name))
        return sorted(found)


@contextmanager
def running(single: bool, folder: Path) -> Iterator[Show]:
    with lab() as place:
        show = Show(place, folder, single=single)
        show.surface.start()
        eventually(show.surface.displayed)
        yield show
        show.surface.stop()
        assert show.decoders() == []
