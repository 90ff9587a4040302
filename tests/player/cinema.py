"""A whole screen before a server that may lie: real sync over real HTTP, a real stage; display and clock in memory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from player.disk import Disk
from player.inspector import Inspector
from player.stage import Stage
from playlists.model import Play
from playlists.state import Freshness, freshness
from tests.fakes import FakeServer, FakeSurface
from tests.player.rig import Rig, rig

STEP_MS = 100


class Cinema:
    """One screen. ``passes`` lets time go by, ``titles`` is everything that ever was to be seen on it."""

    def __init__(self, folder: Path, server: FakeServer, disk: Disk | None = None) -> None:
        self.server, self.folder, self._given = server, folder, disk
        self.now_ms = server.orders.now_ms
        self.surface = FakeSurface()
        self.plays: list[Play] = []
        self.titles: list[str] = []
        self.prepared: set[str] = set()
        self.start()

    def start(self) -> None:
        """Begin, or begin again after a power cut, over the same folder."""
        self.player: Rig = rig(self.folder, self.server, self._given)
        clock = self.player.clock
        began = clock.mono_ms() - self.now_ms
        clock._wall, clock._mono = lambda: self.now_ms, lambda: began + self.now_ms
        self.inspector = Inspector(self.player.cache, self.player.beliefs, self.player.faults, clock)
        self.stage = Stage(self.surface, clock, self.inspector.stored, self.plays.append, "d" * 64)

    def looks_at_files(self) -> None:
        """What the inspector's thread does."""
        while wanted := next(self.inspector._unseen(), None):
            self.player.cache.checked(wanted)

    def passes(self, ms: int) -> None:
        """Show what is due, for so long."""
        for _ in range(ms // STEP_MS):
            self.stage.step(self.player.beliefs.state)
            self.surface.until(self.now_ms)
            if self.surface.mode == "play" and self.surface.current:
                self.titles.append(self.surface.current.title)
            if self.surface.next:
                self.prepared.add(self.surface.next.title)
            self.now_ms += STEP_MS

    def seen(self, ms: int) -> set[str]:
        """The titles to be seen in the next ``ms``, none of them in the dark: "" stands for slate or black."""
        self.titles.clear()
        steps = ms // STEP_MS
        self.passes(ms)
        return {*self.titles, *([""] if len(self.titles) < steps else [])}

    def freshness(self) -> Freshness:
        return freshness(self.player.beliefs.state, self.player.clock.read().now)

    def disk(self) -> dict[str, str]:
        """The SHA-256 of every file on the device, but for downloads under way."""
        files = (p for p in self.folder.rglob("*") if p.is_file() and p.suffix != ".part")
        return {str(p.relative_to(self.folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    def files(self) -> dict[str, str]:
        """Only what may be shown, and its approvals."""
        return {name: sha256 for name, sha256 in self.disk().items() if name.startswith("files/")}

    def saved(self) -> dict[str, object]:
        """What a restart would take up, save the head: that one may be right while all else is a lie."""
        newest = max(self.folder.glob("state.?"), key=lambda p: int(p.read_bytes().split()[2]))
        sealed: dict[str, object] = json.loads(newest.read_bytes().split(b"\n", 1)[1])["sealed"]
        return {name: document for name, document in sealed.items() if name != "head"}
