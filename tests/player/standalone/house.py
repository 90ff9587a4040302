"""A whole installation for a television: ``cauthang up`` with real parts, a line that can be cut, and a browser with a
profile on disk that survives being killed, as a television's does."""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Error, Page, Playwright
from sqlalchemy.orm import Session

from playlists.files import replace_file
from playlists.keys import SigningKey
from server import first_start, init, publishing, screens, trust, units
from server.clock import now_ms
from server.db import Sessions
from server.library import MadeRendition
from server.plays.ground import reading_engine
from server.plays.listing import Filters
from server.plays.queries import PlayLog
from server.plays.resolver import PublishedEntries
from server.screens import Screen
from server.settings import Settings, load
from tests import cast
from tests.fake_orders import mp4, png
from tests.machine import Machine, free_port, read_until_ready
from tests.stage import Stage
from tests.town import CHROMIUM, QUIET

SECONDS = 2
COLOURS = {"đỏ": (200, 0, 0), "lục": (0, 160, 0), "lam": (0, 0, 200), "vàng": (255, 255, 0)}


class Line:
    """A wire from a port of its own to a port of the machine, which can be cut: nothing listens there then."""

    def __init__(self, to: int) -> None:
        self.port = free_port()
        self._to = to
        self._listener: socket.socket | None = None
        self._ends: set[socket.socket] = set()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        assert self._listener
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._listener, self._ends = None, set()

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), socket.create_connection(("127.0.0.1", self._to)) as far:
            self._ends |= {near, far}
            other = {near: far, far: near}
            while True:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        raise OSError
                    other[end].sendall(data)
        near.close()


class Works(Stage):
    """The stage with files that a browser can show: one colour each."""

    def __init__(self, folder: Path, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.folder = folder

    def _rendition(self, title: str, screen_class: screens.ScreenClass, seconds: int) -> MadeRendition:
        is_video = title == "vàng"
        data = mp4(self.folder, "yellow", seconds * 1000) if is_video else png(COLOURS[title])
        sha256 = self.files.put_bytes(data)
        kind = "video/mp4" if is_video else "image/png"
        return MadeRendition(screen_class.id, sha256, len(data), kind, 640, 360, seconds * 1000, sha256)


@dataclass
class House:
    """The running installation, and what its staff do."""

    folder: Path
    works: Works
    machine: Machine
    web: Line
    broker: Line
    log: PlayLog

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web.port}/tv"

    def cut(self) -> None:
        self.web.cut()
        self.broker.cut()

    def mend(self) -> None:
        self.web.mend()
        self.broker.mend()

    @contextlib.contextmanager
    def staff(self) -> Iterator[Session]:
        self.works.now_ms = now_ms()
        with self.works.sessions.writing() as session:
            yield session

    def show(self, *titles: str) -> None:
        """Approve these; every screen of the ward shows them in turn."""
        with self.staff() as session:
            for title in titles:
                self.works.approved(session, title, seconds=SECONDS)
            publishing.replan(session, self.works.keys, self._numbers(session), now_ms())

    def _numbers(self, session: Session) -> list[int]:
        return [screen.id for screen in screens.in_units(session, [units.by_code(session, cast.WARD_A).id])]

    def pair(self, code: str, name: str) -> None:
        """As the page of the screens does it."""
        with self.staff() as session:
            ward, kind = units.by_code(session, cast.WARD_A), screens.classes(session)[0]
            screen = screens.pair(session, None, code=code, name=name, unit=ward, screen_class=kind, now_ms=now_ms())
            publishing.replan(session, self.works.keys, [screen.id], now_ms())

    def screen(self, session: Session, name: str) -> Screen:
        ward = units.by_code(session, cast.WARD_A)
        return next(each for each in screens.in_units(session, [ward.id]) if each.name == name)

    def plays(self, name: str) -> list[Any]:
        """What the log has of this screen, the oldest number first; a number twice would be there twice."""
        with self.works.sessions.reading() as session:
            wanted = Filters((self.screen(session, name).id,))
            return sorted(self.log.rows(session, wanted), key=lambda play: play.n)

    def faults(self, name: str) -> list[str]:
        with self.works.sessions.reading() as session:
            (standing,) = publishing.standings(session, [self.screen(session, name)], now_ms())
        return list(standing.faults)


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    """A new installation with the cast, running."""
    machine = Machine(folder / "data")
    web, broker = Line(machine.port), Line(machine.websocket_port)
    machine.more = {"BROKER_WEBSOCKET_URL": f"ws://127.0.0.1:{broker.port}/mqtt", "WEB_WORKERS": "1"}
    settings = load(machine.environ())
    works = Works(folder, settings, _furnished(settings))
    with machine.start() as up:
        read_until_ready(up)
        standing = House(folder, works, machine, web, broker, PlayLog(reading_engine(settings), PublishedEntries()))
        standing.mend()
        yield standing
        standing.cut()


def _furnished(settings: Settings) -> Sessions:
    """Keys, people, and the marks of an installation that was started before: no samples, no first accounts."""
    settings.keys_dir.mkdir(parents=True)
    keys = {role: SigningKey.generate() for role in trust.ROLES}
    for role, key in keys.items():
        replace_file(settings.keys_dir / f"{role}.pem", key.pem())
    replace_file(settings.data_dir / "root.pub", json.dumps({"keys": [keys["root"].public], "threshold": 1}).encode())
    replace_file(first_start.samples_done(settings), b"")
    sessions = init.migrate(settings)
    with sessions.writing() as session:
        cast.populate(session, keys)
    return sessions


class Television:
    """A browser with a profile of its own. ``kill`` is a power cut; ``page`` is its only page."""

    def __init__(self, playwright: Playwright, profile: Path, size: tuple[int, int] = (640, 360)) -> None:
        self._playwright, self._profile, self._size = playwright, profile, size
        self.page: Page
        self.start()

    def start(self) -> None:
        width, height = self._size
        self.context = self._playwright.chromium.launch_persistent_context(
            str(self._profile),
            executable_path=CHROMIUM,
            args=list(QUIET),
            viewport={"width": width, "height": height},
        )
        self.page = self.context.pages[0]

    def stop(self) -> None:
        self.context.close()

    def kill(self) -> None:
        """SIGKILL to every process of this profile at once."""
        mark = f"--user-data-dir={self._profile}".encode()
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes().split(b"\0"):
                    os.kill(int(path.parent.name), signal.SIGKILL)
        with contextlib.suppress(Error):
            self.context.close()

    def sees(self) -> str:
        """The item in the middle of the screen, or what else is there."""
        seen = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        pixel = seen.getpixel((seen.width // 2, seen.height // 4))
        assert isinstance(pixel, tuple)
        near = {name: max(abs(a - b) for a, b in zip(pixel, c, strict=True)) for name, c in COLOURS.items()}
        best = min(near, key=lambda name: near[name])
        return best if near[best] < 60 else f"background {pixel}"
