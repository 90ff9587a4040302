"""A whole player in a thread, over a real port and a state folder, for tests with a real browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from player.agent import Agent, Setup, prepared
from player.surface.browser import BrowserSurface
from tests.fakes import FakeServer, FakeSurface, eventually
from tests.world import key


class Life:
    """A running player."""

    def __init__(self, folder: Path, server: FakeServer) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        root = folder / "root.pub"
        root.write_text(json.dumps({"keys": [key("root").public], "threshold": 1}))
        clock, seen, fetcher = prepared(folder / "state")
        self.clock = clock
        self.surface = BrowserSurface(lambda: clock.read().ms, 0)
        self.agent = Agent(Setup(server.url, root, folder / "state"), self.surface, clock, seen, fetcher)
        self.surface.heard = self.agent.wake.set
        self._thread = threading.Thread(target=self.agent.run)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.surface.port}/"

    def start(self) -> None:
        self._thread.start()
        eventually(lambda: self.surface.running)

    def stop(self) -> None:
        self.agent.stop.set()
        self.agent.wake.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "the player did not stop"


@contextmanager
def living(folder: Path, server: FakeServer) -> Iterator[Life]:
    """A player that lives while the block runs."""
    life = Life(folder, server)
    life.start()
    try:
        yield life
    finally:
        life.stop()


@contextmanager
def acting(folder: Path, server: FakeServer) -> Iterator[tuple[Agent, FakeSurface]]:
    """A whole player over a display in memory, while the block runs."""
    folder.mkdir(exist_ok=True)
    (folder / "root.pub").write_text(json.dumps({"keys": [key("root").public], "threshold": 1}))
    clock, seen, fetcher = prepared(folder / "state")
    surface = FakeSurface()
    agent = Agent(Setup(server.url, folder / "root.pub", folder / "state"), surface, clock, seen, fetcher)
    thread = threading.Thread(target=agent.run)
    thread.start()
    try:
        yield agent, surface
    finally:
        agent.stop.set()
        agent.wake.set()
        thread.join(20)
        assert not thread.is_alive()
