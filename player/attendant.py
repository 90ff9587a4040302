"""Says on a socket in the state folder what the player is doing: for ``cauthang-player status``, and nobody far away.

Nothing is written for it: a status file would be most of what a card takes in a day.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from player.json_object import read_object

NAME = "status.sock"
PATIENCE_S = 2.0
MOST_BYTES = 1024 * 1024


@contextmanager
def short_address(folder: Path) -> Iterator[str]:
    """The socket's address by an open folder: a path may be longer than the 107 bytes that an address holds."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


class Attendant:
    """Gives ``account`` to whoever connects. Only the player's own user can: the folder is closed to others."""

    def __init__(self, folder: Path, account: Callable[[], dict[str, Any]]) -> None:
        self._folder, self._account = folder, account
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Listen. On a file system without sockets there is no attendant, and the screen plays all the same."""
        with suppress(OSError), short_address(self._folder) as address:
            (self._folder / NAME).unlink(missing_ok=True)
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listening.bind(address)
            listening.listen(2)
            self._socket = listening
            threading.Thread(target=self._run, args=(listening,), name="attendant", daemon=True).start()

    def stop(self) -> None:
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            with suppress(OSError):
                (self._folder / NAME).unlink(missing_ok=True)

    def _run(self, listening: socket.socket) -> None:
        while True:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), caller:
                caller.settimeout(PATIENCE_S)
                caller.sendall(json.dumps(self._account(), ensure_ascii=False).encode())


def asked(folder: Path) -> dict[str, Any] | None:
    """The account of the player that runs over this folder; None when none does."""
    try:
        with short_address(folder) as address, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(PATIENCE_S)
            line.connect(address)
            said = bytearray()
            while (piece := line.recv(65536)) and len(said) < MOST_BYTES:
                said += piece
        return read_object(bytes(said))
    except (OSError, ValueError):
        return None
