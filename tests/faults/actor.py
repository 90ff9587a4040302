"""The player as a process of its own on a display in memory: the real command, threads, files and network.

``python -P -m tests.faults.actor <descriptor> run --server …``: whatever the display shows, and every play that is
durable, is told at once through that pipe, one JSON object a line. What was told stays told when the process dies.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from player import agent, cli, pen, report
from player.fetch import Fetcher, Limits
from player.journal import Journal
from player.records import play_data
from player.surface import Cue, Finished
from playlists.model import Play
from tests.fakes import FakeSurface

LOOK_S = 0.02
Tell = Callable[[dict[str, Any]], None]


class Panel(FakeSurface):
    """A display that moves by itself and reads the files it shows; what it counts, it counts monotonically."""

    def __init__(self, tell: Tell, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self.heard: Callable[[], None] = lambda: None
        self._tell, self._now_ms = tell, now_ms
        self._moving, self._off = threading.RLock(), threading.Event()
        self._glass = ""
        self._since_mono_ms = 0

    def start(self) -> None:
        threading.Thread(target=self._run, name="panel", daemon=True).start()

    def stop(self) -> None:
        self._off.set()

    def show(self, cue: Cue, cut: bool = False) -> None:
        with self._moving:
            super().show(cue, cut)

    def _rest(self, mode: str) -> None:
        with self._moving:
            super()._rest(mode)
            self.until(self._now_ms())
            self._seen = None
            self._see(mode)

    def _run(self) -> None:
        while not self._off.wait(LOOK_S):
            with self._moving:
                self.until(self._now_ms())

    def until(self, now_ms: int) -> None:
        before = self._seen
        super().until(now_ms)
        if self._seen is not None and self._seen is not before:
            self._since_mono_ms = mono_ms()
            self._see(hashlib.sha256(self._seen.path.read_bytes()).hexdigest(), key=self._seen.key, at=self._since)
            self.heard()

    def _finish(self, now_ms: int) -> None:
        assert self._seen
        shown_ms = mono_ms() - self._since_mono_ms
        self.events.put(Finished(self._seen.key, shown_ms, 1 + shown_ms // 40))
        self._over = True
        self.heard()

    def _see(self, what: str, **more: Any) -> None:
        if what != self._glass or more:
            self._glass = what
            self._tell({"t": mono_ms(), "see": what, "pid": os.getpid(), "waited": waited_ms(), **more})


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def waited_ms() -> int:
    """How long this process was ready to run and others held the processor (proc(5), schedstat)."""
    return int(Path("/proc/self/schedstat").read_text().split()[1]) // 1_000_000


def main(descriptor: int, arguments: list[str], settings: dict[str, float]) -> int:
    """Run the player's own command with this display, and with other patience where a test asks for it."""

    def tell(said: dict[str, Any]) -> None:
        os.write(descriptor, json.dumps(said).encode() + b"\n")

    class TellingJournal(Journal):
        def append_all(self, plays: Sequence[Play]) -> list[Play]:
            numbered = super().append_all(plays)
            for play in numbered:
                tell({"t": mono_ms(), "ack": play_data(play, self.boot)})
            return numbered

    limits = Limits(**{name: settings[name] for name in ("connect_s", "stall_s", "deadline_s") if name in settings})
    agent.Journal = TellingJournal  # type: ignore[misc]
    agent.Fetcher = lambda: Fetcher(limits)  # type: ignore[assignment,misc]
    cli.BrowserSurface = lambda now_ms, *_: Panel(tell, now_ms)  # type: ignore[assignment,misc]
    pen.REST_S = settings.get("rest_s", 0.1)  # type: ignore[misc]
    report.LATEST_MS = int(settings.get("latest_ms", report.LATEST_MS))  # type: ignore[misc]
    tell({"t": mono_ms(), "begin": os.getpid()})
    return cli.main(arguments)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), sys.argv[3:], json.loads(sys.argv[2])))
