"""The web door's side of the ingest socket."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

from server.plays.socket_path import kernel_timeout, short_address
from server.plays.submission import (
    LENGTH,
    MAX_FRAME_BYTES,
    Ack,
    Busy,
    Submission,
    dump_submission,
    frame,
    load_answer,
)

ANSWER_WITHIN_S = 10.0
READ_BYTES = 64 * 1024


class IngestClient:
    """Submits batches to the ingest process over its Unix socket; one kept connection per thread."""

    def __init__(self, path: Path, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self.path = path
        self._answer_within_s = answer_within_s
        self._kept = threading.local()

    def submit(self, submission: Submission) -> Ack:
        """The acknowledgement, after the commit.

        Raises:
            Busy: the writer is not there, is overloaded, or did not answer in time. Whether the batch was committed
                is then unknown, which is harmless: the device sends it again.
            NotStored: the database cannot take this batch.
            Forked: it repeats numbers with other content.
        """
        body = dump_submission(submission)
        try:
            return load_answer(self._exchange(frame(body)))
        except (OSError, EOFError) as error:
            self.close()
            raise Busy from error

    def close(self) -> None:
        """Drop this thread's connection; the next submission makes a new one."""
        connection: socket.socket | None = getattr(self._kept, "connection", None)
        if connection is not None:
            connection.close()
        self._kept.connection = None

    def _exchange(self, data: bytes) -> bytes:
        fresh = self._kept_connection() is None
        try:
            return self._ask(data)
        except (ConnectionError, EOFError):
            if fresh:
                raise
            self.close()  # ingest was restarted since the last batch of this thread
            return self._ask(data)

    def _ask(self, data: bytes) -> bytes:
        connection = self._kept_connection() or self._connect()
        connection.sendall(data)
        return _answer(connection)

    def _kept_connection(self) -> socket.socket | None:
        """This thread's connection, unless a fork copied it from the parent."""
        if getattr(self._kept, "pid", None) != os.getpid():
            return None
        kept: socket.socket | None = getattr(self._kept, "connection", None)
        return kept

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The kernel keeps the time: Python's own timeout would poll before every call.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            connection.setsockopt(socket.SOL_SOCKET, option, kernel_timeout(self._answer_within_s))
        try:
            with short_address(self.path) as address:
                connection.connect(address)
        except OSError:
            connection.close()
            raise
        self._kept.connection, self._kept.pid = connection, os.getpid()
        return connection


def _answer(connection: socket.socket) -> bytes:
    """The body of one frame; nothing else is on its way. Usually one call: each call hands the interpreter over."""
    arrived = bytearray()
    end = LENGTH.size
    while len(arrived) < end:
        piece = connection.recv(READ_BYTES)
        if not piece:
            raise EOFError("ingest closed the connection")
        arrived += piece
        if len(arrived) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(arrived)[0]
        if end > MAX_FRAME_BYTES:
            raise EOFError("the answer is not a frame")
    return bytes(arrived[LENGTH.size : end])
