"""A browser page as the display: the agent serves it on this machine, drives it by an event stream, hears it by POST.

The page is always told the whole scene, never a change to it, so a page that was away knows everything at once.
Several pages may watch; only the oldest visible one is believed as evidence.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from http.server import ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from player.errors import SetupError
from player.surface import Cue, Displayed, Event, Failed, Finished, Picture, Presented, Progress
from player.surface.door import PAGE, Door
from player.surface.scene import Told

log = logging.getLogger("player")
LOOPBACK = "127.0.0.1"


class QuietServer(ThreadingHTTPServer):
    """A page that goes away in the middle of an answer is nothing to print a traceback about."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("the page broke off", exc_info=True)


class BrowserSurface(Told):
    """See :class:`player.surface.Surface`. ``now_ms`` is the timeline's clock; port 0 takes any free one."""

    def __init__(self, now_ms: Callable[[], int], port: int = 8090, listen: str = LOOPBACK) -> None:
        super().__init__()
        self.now_ms, self.port, self.listen = now_ms, port, listen
        self.heard: Callable[[], None] = lambda: None  # called after every event, to wake whoever waits
        self.version = page_version()
        self._streams: set[str] = set()
        self._watchers: dict[str, bool] = {}  # those in sight, the oldest first
        self._believed = ""
        self._captures = itertools.count(1)
        self._picture: SimpleQueue[tuple[int, Picture]] = SimpleQueue()
        self._server: ThreadingHTTPServer | None = None

    # --- Its life ---

    def start(self) -> None:
        """Listen. Raises SetupError when the port is taken."""
        try:
            self._server = QuietServer((self.listen, self.port), Door.of(self))
        except OSError as error:
            sentence = (
                f"Cổng {self.port} tại {self.listen} đang bận hoặc không được phép: hãy chọn cổng khác bằng --port."
            )
            raise SetupError(sentence) from error
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.2,), name="surface", daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            with self.changed:
                self.changed.notify_all()

    @property
    def running(self) -> bool:
        return self._server is not None

    # --- What the agent says ---

    def displayed(self) -> bool:
        with self.changed:
            return bool(self._believed)

    def capture(self, timeout_s: float) -> Picture | None:
        if not self.displayed():
            return None
        wanted = next(self._captures)
        self._change(capture=wanted)
        try:
            while True:
                number, picture = self._picture.get(timeout=timeout_s)
                if number == wanted:
                    return picture
        except Empty:
            return None

    # --- What the door asks and brings (its threads) ---

    def scene_json(self) -> str:
        """The scene as the page reads it."""
        scene = self.scene
        data = {
            "now": self.now_ms(),
            "mode": scene.mode,
            "current": _cue_json(scene.current),
            "next": _cue_json(scene.following),
            "cut": scene.cut,
            "code": scene.code,
            "note": scene.note,
            "note_until": scene.note_until,
            "output": asdict(scene.output),
            "capture": scene.capture,
            "reload": f"{self.version} {scene.reload}",
        }
        return json.dumps(data, ensure_ascii=False)

    def file(self, sha256: str) -> tuple[Path, str] | None:
        """The file and media type of a cue on or next; nothing else is served."""
        for cue in (self.scene.current, self.scene.following):
            if cue and cue.sha256 == sha256:
                return cue.path, cue.media_type.value
        return None

    def stream(self, page: str, *, open_now: bool) -> None:
        """A page's event stream began or ended: without one it watches nothing, whatever it may still say."""
        with self.changed:
            (self._streams.add if open_now else self._streams.discard)(page)
        if not open_now:
            self._watches(page, False)

    def _watches(self, page: str, visible: bool) -> None:
        """A page came into sight or went out of it."""
        with self.changed:
            if visible and page in self._streams:
                self._watchers.setdefault(page, True)
            elif not visible:
                self._watchers.pop(page, None)
            believed = next(iter(self._watchers), "")
            if believed == self._believed:
                return
            if self._believed:
                self.events.put(Displayed(False))
            if believed:
                self.events.put(Displayed(True))
            self._believed = believed
        self.heard()

    def hear(self, page: str, messages: list[dict[str, Any]]) -> None:
        """What a page reports. Only the believed page counts; a message of no known form is dropped."""
        for message in messages:
            if message.get("type") == "display":
                self._watches(page, message.get("visible") is True)
            elif page == self._believed and (event := _event_of(message)):
                self.events.put(event)
        self.heard()

    def captured(self, number: int, picture: Picture) -> None:
        """The page's answer to a capture."""
        self._picture.put((number, picture))


def page_version() -> str:
    """Changes with every file of the page, so that an open page notices an update of the player."""
    files = sorted(path for path in PAGE.iterdir() if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _cue_json(cue: Cue | None) -> dict[str, Any] | None:
    if cue is None:
        return None
    return {
        "key": cue.key,
        "url": f"/files/{cue.sha256}",
        "video": cue.media_type.is_video,
        "start": cue.start,
        "end": cue.end,
    }


def _event_of(message: dict[str, Any]) -> Event | None:
    """The event in a page's message; None when it is not of a known form."""
    key, kind = message.get("key"), message.get("type")
    numbers = [message.get(name) for name in ("at", "shown_ms", "frames")]
    at, shown_ms, frames = (n if type(n) is int and 0 <= n < 2**53 else 0 for n in numbers)
    if not isinstance(key, str):
        return None
    match kind:
        case "presented":
            return Presented(key, at)
        case "progress":
            return Progress(key, shown_ms, frames)
        case "finished":
            return Finished(key, shown_ms, frames)
        case "failed":
            return Failed(key, str(message.get("reason"))[:100])
    return None
