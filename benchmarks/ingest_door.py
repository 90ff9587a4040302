"""The smallest door around the real receive function, and the real ingest process, for :mod:`benchmarks.ingest`."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from flask import Flask, Response, request

from playlists.keys import SigningKey
from playlists.model import Version
from playlists.proofs import opened_plays
from server import ingest, serve
from server import settings as server_settings
from server.plays.client import IngestClient
from server.plays.counting import Place
from server.plays.receive import Door
from server.plays.resolver import Resolved
from server.plays.samples import SampleDevice
from server.plays.submission import Sender
from server.settings import Settings

DEVICES = 200
START = 1_790_000_000_000


@cache
def _device(number: int) -> SampleDevice:
    return SampleDevice(5_000 + number, START)


def device(number: int) -> SampleDevice:
    """A fresh device of this number: the same key and traffic in every process."""
    return SampleDevice(5_000 + number, START)


def place_of(number: int) -> Place:
    """Where the device of this number stands."""
    return Place(number, number % 17, "Asia/Ho_Chi_Minh")


class TwelveEntries:
    """Every playlist has the same twelve entries."""

    known = tuple(Resolved(100 + i, 1 + i % 3, "", "", 15_000) for i in range(12))

    def entries(self, _session: Any, _screen_id: int, _version: Version) -> Sequence[Resolved]:
        """The twelve."""
        return self.known


def app(settings: Settings) -> Flask:
    """Three routes: nothing at all, signature and parse, and the full way."""
    door = Door(IngestClient(settings.ingest_socket), TwelveEntries(), SigningKey.from_seed(b"l" * 32))
    flask = Flask(__name__)

    @flask.post("/empty")
    def empty() -> Response:
        return Response(request.get_data() and b"")

    @flask.post("/check")
    def check() -> Response:
        opened_plays(request.get_data(), _device(int(request.headers["X-Device"])).key.public)
        return Response(b"")

    @flask.post("/plays")
    def plays() -> Response:
        number = int(request.headers["X-Device"])
        source = _device(number)
        sender = Sender(number, source.key.keyid, source.key.public, place_of(number))
        receipt = door.receive(None, sender, source.screen, request.get_data(), START + 86_400_000)  # type: ignore[arg-type]
        return Response(receipt, mimetype="application/json")

    return flask


class Web(serve.Web):
    """gunicorn as the server runs it, with two workers."""

    def load_config(self) -> None:
        """Tell gunicorn how to run."""
        super().load_config()
        self.cfg.set("workers", 2)
        self.cfg.set("loglevel", "error")

    def load(self) -> Flask:
        """The application, made after the fork."""
        made = app(self.settings)
        serve.settle_down()
        return made


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """``web`` prints its port and serves; ``ingest`` is the real process."""
    if sys.argv[1] == "ingest":
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        ingest.run(server_settings.load(os.environ), stop)
        return
    port = _free_port()
    print(port, flush=True)
    Web(server_settings.load({**os.environ, "PORT": str(port)})).run()


if __name__ == "__main__":
    main()
