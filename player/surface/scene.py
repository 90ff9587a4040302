"""What a display is to show, whole: a display that was away then knows everything at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any

from player.surface import Cue, Event
from playlists.model import Output


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a display must know. ``mode`` is play, slate, blank or pair."""

    mode: str = "slate"
    current: Cue | None = None
    following: Cue | None = None
    cut: bool = False
    code: str = ""
    note: str = ""
    note_until: int = 0
    output: Output = field(default_factory=Output)
    capture: int = 0
    reload: int = 0


class Told:
    """The part of a :class:`player.surface.Surface` that takes what the agent says, and keeps it as one scene."""

    def __init__(self) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.scene, self.serial = Scene(), 0
        self.changed = threading.Condition()

    def show(self, cue: Cue, cut: bool = False) -> None:
        self._change(mode="play", current=cue, cut=cut)

    def prepare(self, cue: Cue | None) -> None:
        self._change(following=cue)

    def hold(self) -> None:
        self._change(mode="play")

    def slate(self) -> None:
        self._change(mode="slate", current=None, cut=True)

    def blank(self) -> None:
        self._change(mode="blank", current=None, cut=True)

    def pair(self, code: str) -> None:
        self._change(mode="pair", current=None, following=None, code=code)

    def identify(self, text: str, until: int) -> None:
        self._change(note=text, note_until=until)

    def adjust(self, output: Output) -> None:
        self._change(output=output)

    def reload(self) -> None:
        self._change(reload=self.scene.reload + 1)

    def rouse(self) -> None:
        """The scene is another one now. Called with ``changed`` held."""
        self.changed.notify_all()

    def _change(self, **changes: Any) -> None:
        with self.changed:
            scene = replace(self.scene, **changes)
            if scene != self.scene:
                self.scene, self.serial = scene, self.serial + 1
                self.rouse()
