"""The local web server behind the browser surface: the page, the files on show, the event stream, the reports.

It listens on this machine only. A page of another site cannot speak to it: the Host must be a name of this machine
(against DNS rebinding) and a POST must come from the page itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Condition
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from player.json_object import read_object
from player.surface import Picture

PAGE = Path(__file__).parent / "page"
PAGE_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
SAFE = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
HEARTBEAT_S = 1.0
REPORT_BYTES = 64 * 1024
PICTURE_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class House(Protocol):
    """What stands behind the door: who knows the scene, and hears what the page says."""

    now_ms: Callable[[], int]
    listen: str
    serial: int
    changed: Condition

    @property
    def running(self) -> bool: ...
    def scene_json(self) -> str: ...
    def file(self, sha256: str) -> tuple[Path, str] | None: ...
    def stream(self, page: str, *, open_now: bool) -> None: ...
    def hear(self, page: str, messages: list[dict[str, Any]]) -> None: ...
    def captured(self, number: int, picture: Picture) -> None: ...


class Door(BaseHTTPRequestHandler):
    """One request of the page."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body of an answer may wait 40 ms for each other
    surface: House
    timeout = 30

    @classmethod
    def of(cls, surface: House) -> type[Door]:
        """The handler class of one surface."""
        return type("Door", (cls,), {"surface": surface})

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the page asks several times a second."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if not self._of_this_machine():
            return self._answer(403, b"")
        if url.path == "/stream":
            return self._stream(parse_qs(url.query).get("page", [""])[0][:40])
        if url.path == "/clock":
            return self._answer(200, json.dumps({"now": self.surface.now_ms()}).encode(), "application/json")
        if url.path.startswith("/files/"):
            return self._file(url.path.removeprefix("/files/"))
        return self._page(url.path.removeprefix("/") or "index.html")

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        length = self.headers.get("content-length", "")
        limit = PICTURE_BYTES if url.path == "/picture" else REPORT_BYTES
        if not (self._of_this_machine() and self._of_this_page()) or not length.isdecimal() or int(length) > limit:
            self.close_connection = True  # the body was not read
            return self._answer(403, b"")
        body = self.rfile.read(int(length))
        if url.path == "/events":
            return self._events(body)
        number = parse_qs(url.query).get("capture", [""])[0]
        if url.path == "/picture" and number.isdecimal():
            self.surface.captured(int(number), Picture(body, "image/jpeg"))
            return self._answer(204, b"")
        return self._answer(404, b"")

    def _of_this_machine(self) -> bool:
        name = self.headers.get("host", "").rsplit(":", 1)[0]
        return self.surface.listen != "127.0.0.1" or name in ("127.0.0.1", "localhost", "[::1]")

    def _of_this_page(self) -> bool:
        return self.headers.get("origin", "") == f"http://{self.headers.get('host', '')}"

    def _events(self, body: bytes) -> None:
        try:
            data = read_object(body)
            messages = [m for m in data["events"] if isinstance(m, dict)]
            page = str(data["page"])[:40]
        except (ValueError, KeyError, TypeError):
            return self._answer(400, b"")
        self.surface.hear(page, messages)
        return self._answer(200, json.dumps({"now": self.surface.now_ms()}).encode(), "application/json")

    def _stream(self, page: str) -> None:
        """Send the scene whenever it changes, until the page is gone."""
        self.close_connection = True
        sent = -1
        self.surface.stream(page, open_now=True)  # first: once the page hears of it, it reports at once
        try:
            self._head(200, {"content-type": "text/event-stream", "cache-control": "no-store", "connection": "close"})
            self.wfile.write(b"retry: 1000\n\n")
            while self.surface.running:
                with self.surface.changed:
                    self.surface.changed.wait_for(lambda: self.surface.serial != sent, HEARTBEAT_S)  # noqa: B023
                    fresh, sent = self.surface.serial != sent, self.surface.serial
                    text = f"data: {self.surface.scene_json()}\n\n" if fresh else ": \n\n"
                self.wfile.write(text.encode())
        except OSError:
            pass  # the page is gone
        finally:
            self.surface.stream(page, open_now=False)

    def _page(self, name: str) -> None:
        path = PAGE / name
        if "/" in name or path.suffix not in PAGE_TYPES or not path.is_file():
            return self._answer(404, b"")
        return self._answer(200, path.read_bytes(), PAGE_TYPES[path.suffix])

    def _file(self, sha256: str) -> None:
        """A cached file, whole or the one range asked for: browsers fetch video in ranges."""
        found = self.surface.file(sha256)
        try:
            file = found[0].open("rb") if found else None
        except OSError:
            file = None
        if not found or not file:
            return self._answer(404, b"")
        with file:
            size = found[0].stat().st_size
            asked = RANGE.fullmatch(self.headers.get("range", ""))
            first = int(asked[1]) if asked else 0
            last = min(int(asked[2]), size - 1) if asked and asked[2] else size - 1
            if first > last:
                return self._answer(416, b"")
            headers = {"content-type": found[1], "content-length": str(last - first + 1), "accept-ranges": "bytes"}
            if asked:
                headers["content-range"] = f"bytes {first}-{last}/{size}"
            self._head(206 if asked else 200, {**headers, "cache-control": "no-store"})
            file.seek(first)
            self._copy(file, last - first + 1)
        return None

    def _copy(self, file: Any, count: int) -> None:
        try:
            while count > 0 and (chunk := file.read(min(CHUNK_BYTES, count))):
                self.wfile.write(chunk)
                count -= len(chunk)
        except OSError:
            self.close_connection = True  # the page wanted no more of it

    def _answer(self, status: int, body: bytes, media_type: str = "text/plain") -> None:
        self._head(status, {"content-type": media_type, "content-length": str(len(body)), "cache-control": "no-store"})
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in {**SAFE, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
