"""The ingest process: the only one that writes plays.

One thread, one loop: read what the web workers sent, commit it as a group, answer. While a commit flushes, the next
batches wait in their sockets, so groups form by themselves and nobody waits for a timer. A wait of some milliseconds
made larger groups, but no gain on the clock could be seen (tried on a busy machine only).
"""

from __future__ import annotations

import gc
import logging
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from server.clock import now_ms
from server.db import PLAYS, check_schema
from server.plays.dictionaries import prepared_dictionaries, renew_if_due
from server.plays.ground import OnlyWriter, check_file, say_sqlite_version, sqlite_file, writing_engine
from server.plays.settle import settle
from server.plays.socket_path import kernel_timeout, short_address
from server.plays.submission import (
    LENGTH,
    MAX_FRAME_BYTES,
    Ack,
    Busy,
    Forked,
    NotStored,
    Submission,
    dump_answer,
    frame,
    load_submission,
)
from server.plays.writer import GROUP, Unwritable, Writer
from server.settings import Settings

log = logging.getLogger(__name__)

QUEUE = 500
SETTLE_EVERY_S = 60.0
ANSWER_WITHIN_S = 5.0
LOOK_FOR_STOP_S = 0.5
READ_BYTES = 256 * 1024


@dataclass
class Peer:
    """One web worker's connection and what arrived of its next frames."""

    connection: socket.socket
    arrived: bytearray = field(default_factory=bytearray)

    def frames(self) -> list[bytes]:
        """The whole frames among what arrived. ValueError when it cannot be a frame."""
        found = []
        while len(self.arrived) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self.arrived)
            if length > MAX_FRAME_BYTES:
                raise ValueError("frame too long")
            end = LENGTH.size + length
            if len(self.arrived) < end:
                break
            found.append(bytes(self.arrived[LENGTH.size : end]))
            del self.arrived[:end]
        return found


class Ingest:
    """Serves the socket: ``step`` does one round, ``settle`` the work of every minute."""

    def __init__(self, writer: Writer, path: Path) -> None:
        self.writer = writer
        self._path = path
        self._waiting: deque[tuple[Peer, Submission]] = deque()
        self._selector = selectors.DefaultSelector()
        path.unlink(missing_ok=True)  # left by a killed process; the lock says that nobody serves it
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with short_address(path) as address:
            self._listener.bind(address)
        path.chmod(0o600)
        self._listener.listen(128)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def step(self, timeout_s: float) -> None:
        """Read everything that arrived, then commit and answer one group."""
        for key, _ in self._selector.select(0 if self._waiting else timeout_s):
            if key.data is None:
                self._accept()
            else:
                self._read(key.data)
        if self._waiting:
            self._commit_group()

    def close(self) -> None:
        """Stop listening; connections end, their devices send again."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(True)  # the kernel keeps the time: Python's own timeout would poll before every call
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, kernel_timeout(ANSWER_WITHIN_S))
        self._selector.register(connection, selectors.EVENT_READ, Peer(connection))

    def _read(self, peer: Peer) -> None:
        try:
            piece = peer.connection.recv(READ_BYTES)
            peer.arrived += piece
            for body in peer.frames():
                self._enqueue(peer, load_submission(body))
        except (OSError, ValueError) as error:
            log.warning("a connection was dropped: %s", error)
            piece = b""
        if not piece:
            self._drop(peer)

    def _enqueue(self, peer: Peer, submission: Submission) -> None:
        if len(self._waiting) >= QUEUE:
            self._answer(peer, Busy())
        else:
            self._waiting.append((peer, submission))

    def _commit_group(self) -> None:
        group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
        answers: list[Ack | NotStored | Forked] | list[Busy]
        try:
            answers = self.writer.commit([submission for _, submission in group])
        except Unwritable:
            log.exception("nothing can be written; devices keep their plays and send again")
            answers = [Busy(retry_after_s=30)] * len(group)
        for (peer, _), answer in zip(group, answers, strict=True):
            self._answer(peer, answer)

    def _answer(self, peer: Peer, answer: Ack | NotStored | Forked | Busy) -> None:
        try:
            peer.connection.sendall(frame(dump_answer(answer)))
        except OSError:
            self._drop(peer)  # gone, or does not read: its device asks again

    def _drop(self, peer: Peer) -> None:
        if peer.connection.fileno() >= 0:
            self._selector.unregister(peer.connection)
            peer.connection.close()


def run(settings: Settings, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until ``stop`` is set. ``ready`` is called once the socket answers.

    Raises:
        SettingsError: another process writes, the file is damaged, or its schema is not ours.
    """
    lock = OnlyWriter(settings.data_dir)
    try:
        file = sqlite_file(settings.plays_database_url)
        if file is not None and file.exists():
            say_sqlite_version()
            check_file(file)
        engine = writing_engine(settings)
        check_schema(engine, PLAYS)
        writer = Writer(engine, prepared_dictionaries(engine, now_ms()))
        ingest = Ingest(writer, settings.ingest_socket)
        gc.collect()
        gc.freeze()  # what was imported stays: no collection need look at it again
        try:
            ready()
            _serve(ingest, stop)
        finally:
            ingest.close()
            writer.close()
            engine.dispose()
    finally:
        lock.release()


def _serve(ingest: Ingest, stop: threading.Event) -> None:
    next_settling = monotonic()
    while not stop.is_set():
        ingest.step(LOOK_FOR_STOP_S)
        if monotonic() >= next_settling:
            next_settling = monotonic() + SETTLE_EVERY_S
            _every_minute(ingest.writer)


def _every_minute(writer: Writer) -> None:
    try:
        settle(writer.engine)
        renew_if_due(writer.engine, writer.dictionaries, now_ms())
    except SQLAlchemyError:
        log.exception("settling failed; marks stay, the next minute tries again")
