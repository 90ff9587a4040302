"""The other sides of a player, simulated: a server that can lie in every way, and a surface with memory.

Both are the real thing from the player's point of view: HTTP over a socket, documents signed with real keys.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any

from player.surface import Cue, Displayed, Event, Failed, Finished, Picture, Presented
from playlists import model
from playlists.keys import SigningKey, keyid_of
from playlists.proofs import open_plays
from playlists.schemas import seal
from tests.fake_orders import SCREEN, UNIT, Orders
from tests.world import key


def eventually(wanted: Callable[[], Any], timeout_s: float = 20, every_s: float = 0.02) -> Any:
    """The first truthy answer of ``wanted``; fails loudly when none comes in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = wanted()
        if found:
            return found
        time.sleep(every_s)
    raise AssertionError(f"not within {timeout_s} s")


# --- The server ------------------------------------------------------------------------------------------------------

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class FakeServer:
    """A server on a socket. ``says`` overrides what a path answers; ``knobs`` spoil a file, by its SHA-256 or ``*``.

    Knobs: html, truncated, cut, longer, changed, endless, slow, redirect, gzip, busy.
    """

    orders: Orders
    broker_url: str = "mqtt://127.0.0.1:1"
    says: dict[str, Answer] = field(default_factory=dict)
    knobs: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    plays: dict[int, model.Play] = field(default_factory=dict)
    altered: list[int] = field(default_factory=list)
    batches: list[model.PlayBatch] = field(default_factory=list)
    lose_receipts: int = 0
    refused: Callable[[model.Play], bool] = lambda _: False
    paired: bool = True
    stopped: bool = False
    codes: list[str] = field(default_factory=list)
    publics: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    password: str = "d"

    def start(self) -> FakeServer:
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = ThreadingHTTPServer((self.host, 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://{self.host}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.stopped = True  # also for connections that are still open
        self._server.shutdown()
        self._server.server_close()

    def files(self) -> dict[str, bytes]:
        contents = [data for item in self.orders.items for data in (item.data, self.orders.approval(item))]
        return {hashlib.sha256(data).hexdigest(): data for data in contents}

    def answer(self, path: str) -> Answer:
        if path in self.says:
            return self.says[path]
        documents: dict[str, Callable[[], bytes | None]] = {
            "/device/v1/head": self.orders.head,
            "/device/v1/playlist": self.orders.playlist,
            "/device/v1/revocation": self.orders.revocation,
            f"/device/v1/revocation/{self.orders.revocation_version}": self.orders.revocation,
            f"/device/v1/trust/{self.orders.trust_version}": self.orders.trust,
        }
        made = documents.get(path, lambda: None)()
        return (200, {}, made) if made is not None else (404, {}, b"")

    def enrol(self, said: dict[str, Any]) -> Answer:
        self.codes.append(said["code"])
        self.publics[keyid_of(said["public"])] = said["public"]
        if not self.paired:
            return 202, {}, json.dumps({"status": "waiting", "retry_after_s": 1}).encode()
        paired = {
            "status": "paired",
            "screen": SCREEN,
            "unit": UNIT,
            "name": "Sảnh A",
            "broker_url": self.broker_url,
            "username": SCREEN,
            "password": self.password,
            "files_url": f"{self.url}/files",
        }
        return 200, {}, json.dumps(paired).encode()

    def take_plays(self, keyid: str, sealed: bytes) -> Answer:
        batch = open_plays(sealed, self.publics[keyid])
        if any(self.refused(play) for play in batch.plays):
            return 422, {}, json.dumps({"code": "E-SCHEMA", "detail": "a play is not as agreed"}).encode()
        altered = [play.n for play in batch.plays if self.plays.get(play.n, play) != play]
        if altered:
            self.altered += altered
            return 409, {}, json.dumps({"code": "E-FORK", "last": max(self.plays)}).encode()
        self.plays |= {play.n: play for play in batch.plays}
        self.batches.append(batch)
        if self.lose_receipts:
            self.lose_receipts -= 1
            return 503, {"retry-after": "0"}, b""
        receipt = model.Receipt(keyid, max(self.plays), hashlib.sha256(sealed).hexdigest(), self.orders.now_ms)
        return 200, {}, seal(receipt, key("log"))


class _Handler(BaseHTTPRequestHandler):
    fake: FakeServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body of an answer wait 40 ms for each other

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def parse_request(self) -> bool:
        wanted = super().parse_request() and not self.fake.stopped
        self.close_connection = self.close_connection or not wanted
        return wanted

    def do_GET(self) -> None:
        self.fake.asked.append(self.path)
        if self.path.startswith("/files/") and self.path not in self.fake.says:
            self._file(self.path.removeprefix("/files/"))
        else:
            self._say(self.fake.answer(self.path))

    def do_POST(self) -> None:
        self.fake.asked.append(self.path)
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path in self.fake.says:
            self._say(self.fake.says[self.path])
        elif self.path == "/device/v1/enrol":
            self._say(self.fake.enrol(json.loads(body)))
        elif self.path == "/device/v1/plays":
            sealed = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
            keyid = self.headers["authorization"].split('keyid="')[1][:64]
            self._say(self.fake.take_plays(keyid, sealed))
        else:
            self._say((200, {}, b""))

    def _say(self, answer: Answer) -> None:
        status, headers, body = answer
        self.send_response_only(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _file(self, name: str) -> None:
        data = self.fake.files().get(name)
        knob = self.fake.knobs.get(name, self.fake.knobs.get("*", ""))
        if data is None:
            return self._say((404, {}, b""))
        try:
            getattr(self, f"_{knob}" if knob else "_whole")(data)
        except OSError:
            self.close_connection = True
        return None

    def _whole(self, data: bytes) -> None:
        asked = self.headers.get("range", "")
        if not asked:
            return self._say((200, {"accept-ranges": "bytes"}, data))
        first = int(asked.removeprefix("bytes=").rstrip("-"))
        return self._say((206, {"content-range": f"bytes {first}-{len(data) - 1}/{len(data)}"}, data[first:]))

    def _html(self, _data: bytes) -> None:
        self._say((200, {"content-type": "text/html"}, b"<html><title>Wi-Fi login</title>" * 10))

    def _truncated(self, data: bytes) -> None:
        self._say((200, {}, data[: len(data) // 2]))

    def _cut(self, data: bytes) -> None:
        """Break off in the middle, once; then whole. The Range of the next try is the proof of resuming."""
        self.fake.knobs.clear()
        self._say((200, {"content-length": str(len(data))}, data[: len(data) // 2]))
        self.close_connection = True

    def _longer(self, data: bytes) -> None:
        self.close_connection = True
        self.send_response_only(200)
        self.end_headers()
        self.wfile.write(data + b"x" * 100)

    def _changed(self, data: bytes) -> None:
        self._say((200, {}, data[:-1] + bytes([data[-1] ^ 1])))

    def _endless(self, data: bytes) -> None:
        self.close_connection = True
        self.send_response_only(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65536)

    def _slow(self, data: bytes) -> None:
        self.send_response_only(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        for byte in data:
            self.wfile.write(bytes([byte]))
            time.sleep(0.05)

    def _redirect(self, _data: bytes) -> None:
        self._say((302, {"location": self.path}, b""))

    def _gzip(self, data: bytes) -> None:
        bomb = gzip.compress(b"\0" * (len(data) + 10_000_000))
        self._say((200, {"content-encoding": "gzip"}, bomb))

    def _busy(self, _data: bytes) -> None:
        self._say((503, {"retry-after": "7"}, b""))


# --- The surface -----------------------------------------------------------------------------------------------------


class FakeSurface:
    """A display in memory, moved by :meth:`until`. ``broken`` files fail, ``late_ms`` delays every picture."""

    def __init__(self) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.on = True
        self.mode = "slate"
        self.current: Cue | None = None
        self.next: Cue | None = None
        self.output: model.Output | None = None
        self.note = ""
        self.history: list[tuple[str, str]] = []
        self.broken: set[str] = set()
        self.late_ms = 0
        self.frozen = False
        self._seen: Cue | None = None
        self._since = 0
        self._over = False

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def displayed(self) -> bool:
        return self.on

    def show(self, cue: Cue, cut: bool = False) -> None:
        self.mode, self.current = "play", cue
        self.history.append(("cut" if cut else "show", cue.title))

    def prepare(self, cue: Cue | None) -> None:
        self.next = cue

    def hold(self) -> None:
        self.mode = "play"

    def slate(self) -> None:
        self._rest("slate")

    def blank(self) -> None:
        self._rest("blank")

    def pair(self, code: str) -> None:
        self._rest("pair")
        self.note = code

    def identify(self, text: str, until: int) -> None:
        self.note = text

    def adjust(self, output: model.Output) -> None:
        self.output = output

    def reload(self) -> None:
        self.history.append(("reload", ""))

    def capture(self, timeout_s: float) -> Picture | None:
        return Picture(b"jpeg", "image/jpeg") if self.on else None

    def display(self, on: bool) -> None:
        """Plug the display in or out."""
        self.on, self._seen = on, None
        self.events.put(Displayed(on))

    def until(self, now_ms: int) -> None:
        """Let the display come to this instant: present, count, finish."""
        if self._seen and (self.current != self._seen or now_ms >= self._seen.end) and not self._over:
            self._finish(min(now_ms, self._seen.end))
        cue = self.current
        if not self.on or cue is None or cue is self._seen or now_ms < cue.start + self.late_ms:
            return
        self._seen, self._since, self._over = cue, max(cue.start + self.late_ms, now_ms), False
        if cue.sha256 in self.broken:
            self.events.put(Failed(cue.key, "cannot be decoded"))
            self._over = True
        else:
            self.events.put(Presented(cue.key, self._since))

    def _finish(self, now_ms: int) -> None:
        assert self._seen
        shown_ms = 0 if self.frozen else now_ms - self._since
        self.events.put(Finished(self._seen.key, shown_ms, 0 if self.frozen else 1 + shown_ms // 40))
        self._over = True

    def _rest(self, mode: str) -> None:
        self.mode, self.current = mode, None
        self.history.append((mode, ""))


@contextmanager
def serving(orders: Orders | None = None, **fields: Any) -> Iterator[FakeServer]:
    """A running fake server."""
    server = FakeServer(orders or Orders(time.time_ns() // 1_000_000), **fields).start()
    try:
        yield server
    finally:
        server.stop()


def device() -> SigningKey:
    return key("device")
