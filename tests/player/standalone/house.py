"""A whole installation for a television: ``cauthang up`` with real parts, a line that can be cut, and a browser with a
profile on disk that survives being killed, as a television's does."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import select
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

from PIL import Image
from playwright.sync_api import Error, Page, Playwright
from sqlalchemy.orm import Session

from playlists.files import replace_file
from playlists.keys import SigningKey
from server import approvals, init, publishing, screens, trust, units
from server.broker import accounts
from server.clock import now_ms
from server.db import Sessions
from server.library import MadeRendition
from server.plays.ground import reading_engine
from server.plays.listing import Filters
from server.plays.queries import PlayLog
from server.plays.resolver import PublishedEntries
from server.screens import Screen
from server.settings import Settings, load
from server.supervise import running
from server.up import waves
from tests import cast
from tests.fake_orders import mp4, png
from tests.machine import Machine
from tests.stage import Stage
from tests.town import CHROMIUM, QUIET

PARTS = {"broker", "ingest", "web", "bridge"}
SECONDS = 2
COLOURS = {"đỏ": (200, 0, 0), "lục": (0, 160, 0), "lam": (0, 0, 200), "vàng": (255, 255, 0)}
VIDEO = "vàng"


class Line:
    """A wire from a port of its own to a port of the machine. Cut, it breaks off whoever comes."""

    def __init__(self, to: int) -> None:
        self._to, self._whole = to, True
        self._ends: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def mend(self) -> None:
        self._whole = True

    def cut(self) -> None:
        self._whole = False
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                Thread(target=self._carry, args=(self._listener.accept()[0],), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as far:
            other = {near: far, far: near}
            self._ends |= other.keys()
            while self._whole:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)


def quiet_port() -> int:
    """A free port that the system gives to no outgoing connection before a slow start has bound it."""
    while True:
        port = random.randint(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Works(Stage):
    """The stage with files that a browser can show: one colour each."""

    def __init__(self, folder: Path, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.folder = folder
        self.made: dict[str, bytes] = {}

    def _rendition(self, title: str, screen_class: screens.ScreenClass, seconds: int) -> MadeRendition:
        data = self.data_of(title, seconds)
        kind = "video/mp4" if title == VIDEO else "image/png"
        sha256 = self.files.put_bytes(data)
        return MadeRendition(screen_class.id, sha256, len(data), kind, 640, 360, seconds * 1000, sha256)

    def data_of(self, title: str, seconds: int) -> bytes:
        """The file of an item."""
        if title not in self.made:
            video = title == VIDEO
            self.made[title] = mp4(self.folder, "yellow", seconds * 1000) if video else png(COLOURS[title])
        return self.made[title]


@dataclass
class House:
    """The running installation, and what its staff do."""

    folder: Path
    works: Works
    web: Line
    broker: Line
    log: PlayLog
    items: dict[str, int] = field(default_factory=dict)

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
                self.items[title] = self.works.approved(session, title, seconds=SECONDS).id
            ward = units.by_code(session, cast.WARD_A)
            shown_on = [screen.id for screen in screens.in_units(session, [ward.id])]
            publishing.replan(session, self.works.keys, shown_on, now_ms())

    def withdraw(self, title: str) -> None:
        """Take it off every screen for ever."""
        with self.staff() as session:
            approval = approvals.current(session, self.items[title], now_ms())
            assert approval
            signer = self.works.unlock(session, self.works.person(session, "approver-a"))
            keys = self.works.keys
            publishing.withdraw(session, keys, signer=signer, approval=approval, reason="Sai", now_ms=now_ms())

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

    def standing(self, name: str) -> publishing.Standing:
        with self.works.sessions.reading() as session:
            (found,) = publishing.standings(session, [self.screen(session, name)], now_ms())
        return found

    def faults(self, name: str) -> tuple[str, ...]:
        return self.standing(name).faults

    def file_of(self, title: str) -> Path:
        """Where the server keeps the rendition of an item of this title, made or not."""
        path = self.works.files.local_path(self.works.files.put_bytes(self.works.data_of(title, SECONDS)))
        assert path
        return path

    @property
    def root_id(self) -> str:
        root = self.works.keys.root
        assert root
        return root.keyid

    @property
    def root_print(self) -> str:
        """As people compare it."""
        return " ".join(self.root_id[at : at + 4] for at in range(0, 20, 4))


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    """A new installation with the cast: of what ``cauthang up`` runs, the parts that a screen has to do with."""
    machine = Machine(folder / "data", **{f"{name}port": quiet_port() for name in ("", "broker_", "websocket_")})
    web, broker = Line(machine.port), Line(machine.websocket_port)
    machine.more = {"BROKER_WEBSOCKET_URL": f"ws://127.0.0.1:{broker.port}/mqtt", "WEB_WORKERS": "1"}
    settings = load(machine.environ())
    works = Works(folder, settings, _furnished(settings))
    steps = [
        [replace(step, environ=machine.environ()) for step in wave if step.name in PARTS] for wave in waves(settings)
    ]
    with running(steps, settings.data_dir / "logs", Event()):
        standing = House(folder, works, web, broker, PlayLog(reading_engine(settings), PublishedEntries()))
        yield standing
        for line in (web, broker):
            line.close()


def _furnished(settings: Settings) -> Sessions:
    """Keys and people."""
    settings.keys_dir.mkdir(parents=True)
    keys = {role: SigningKey.generate() for role in trust.ROLES}
    for role, key in keys.items():
        replace_file(settings.keys_dir / f"{role}.pem", key.pem())
    replace_file(settings.data_dir / "root.pub", json.dumps({"keys": [keys["root"].public], "threshold": 1}).encode())
    replace_file(settings.broker_secret, accounts.new_secret())
    replace_file(settings.data_dir / "secret.key", b"k" * 48)
    sessions = init.migrate(settings)
    with sessions.writing() as session:
        cast.populate(session, keys)
    return sessions


class Television:
    """A browser with a profile of its own. ``kill`` is a power cut; ``page`` is its only page."""

    def __init__(self, playwright: Playwright, profile: Path, size: tuple[int, int] = (640, 360)) -> None:
        self._playwright, self._profile, self._size = playwright, profile, size
        self.troubles: list[str] = []
        self.start()

    def start(self) -> None:
        width, height = self._size
        self.context = self._playwright.chromium.launch_persistent_context(
            str(self._profile),
            executable_path=CHROMIUM,
            args=list(QUIET),
            viewport={"width": width, "height": height},
        )
        self.watch(self.context.pages[0])

    def watch(self, page: Page) -> None:
        """From now on this is the page that is looked at; what it may not do ends up in ``troubles``."""
        self.page = page
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda message: self.troubles.append(message.text) if "Refused" in message.text else None)

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
