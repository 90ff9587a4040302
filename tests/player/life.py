"""A whole player in a thread, over a real port and a state folder, for tests with a real browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from player.agent import Agent, Setup, prepared
from player.clock import Clock
from player.surface.browser import BrowserSurface
from tests.fakes import FakeServer, FakeSurface, eventually
from tests.world import key


def root_of(folder: Path) -> Path:
    """The file with the root key, carried by hand into the folder of a player."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / "root.pub"
    root.write_text(json.dumps({"keys": [key("root").public], "threshold": 1}))
    return root


class Life:
    """A running player."""

    def __init__(self, folder: Path, server: FakeServer) -> None:
        root = root_of(folder)
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
def acting(
    folder: Path, server: FakeServer, display: Callable[[Clock], Any] = lambda _: FakeSurface()
) -> Iterator[tuple[Agent, Any]]:
    """A whole player while the block runs, over a display in memory unless told otherwise."""
    root = root_of(folder)
    clock, seen, fetcher = prepared(folder / "state")
    surface = display(clock)
    agent = Agent(Setup(server.url, root, folder / "state"), surface, clock, seen, fetcher)
    surface.heard = agent.wake.set
    thread = threading.Thread(target=agent.run)
    thread.start()
    try:
        yield agent, surface
    finally:
        agent.stop.set()
        agent.wake.set()
        thread.join(20)
        assert not thread.is_alive()
