"""What the player remembers over a power cut: two slots, the newer whole one counts.

A slot is one line ``cauthang 1 <counter> <sha256 of the body>`` and the body. A slot that is damaged, cannot be
read, or whose body cannot be used, is set aside under another name and never read again: the player must not stumble
over its own file at every start.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from player.disk import Disk
from player.json_object import read_object
from playlists.errors import Refusal
from playlists.restore import restore
from playlists.state import State

MAGIC = b"cauthang 1"
Content = TypeVar("Content")


class Slots:
    """Two files ``name.a`` and ``name.b`` that take turns."""

    def __init__(self, folder: Path, name: str, disk: Disk | None = None) -> None:
        self._paths = (folder / f"{name}.a", folder / f"{name}.b")
        self._disk = disk or Disk()
        self._counter = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def load(self, read: Callable[[bytes], Content], set_aside: bool = True) -> Content | None:
        """What ``read`` makes of the newest whole slot; ``None`` when there is none.

        ``read`` raises ValueError for a body it cannot use: that slot is set aside and the other one tried.
        A mere onlooker sets nothing aside.
        """
        slots = [
            (counter, path, body)
            for path in self._paths
            if (found := self._opened(path, set_aside))
            for counter, body in [found]
        ]
        for counter, path, body in sorted(slots, reverse=True):
            self._counter = max(self._counter, counter)
            try:
                return read(body)
            except ValueError:
                if set_aside:
                    self._set_aside(path)
        return None

    def save(self, body: bytes) -> None:
        """Replace the older slot. Raises OSError; then the newer one still counts."""
        self._counter += 1
        head = b"%s %d %s\n" % (MAGIC, self._counter, hashlib.sha256(body).hexdigest().encode())
        self._disk.replace_file(self._paths[self._counter % 2], head + body)

    def _opened(self, path: Path, set_aside: bool) -> tuple[int, bytes] | None:
        try:
            head, _, body = self._disk.read(path).partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError:
            head, body = b"", b""  # the card cannot read it: as good as damaged
        words = head.removeprefix(MAGIC + b" ").split(b" ")
        whole = head.startswith(MAGIC) and len(words) == 2 and words[0].isdigit()
        if not whole or words[1].decode("ascii", "replace") != hashlib.sha256(body).hexdigest():
            if set_aside:
                self._set_aside(path)
            return None
        return int(words[0]), body

    def _set_aside(self, path: Path) -> None:
        with suppress(OSError):  # a card that only reads: the other slot counts all the same
            self._disk.rename(path, path.with_suffix(path.suffix + ".bad"))


def write_state(state: State) -> bytes:
    """What the player believes, as the exact sealed documents it accepted."""
    sealed = {name: document.decode() for name, document in state.sealed.items()}
    return json.dumps({"format": 1, "sealed": sealed, "floors": dict(state.floors)}, ensure_ascii=False).encode()


def read_state(body: bytes, whose: State) -> State:
    """The state of the screen, unit and root of ``whose``, its documents checked once more.

    Raises:
        ValueError: the body is not a state, or its documents do not agree with each other.
    """
    try:
        saved = read_object(body)
        sealed = {str(name): str(document).encode() for name, document in saved["sealed"].items()}
        return restore(
            whose.screen, whose.unit, whose.pinned, sealed, {str(k): int(v) for k, v in saved["floors"].items()}
        )
    except (KeyError, TypeError, AttributeError, Refusal) as error:
        raise ValueError(f"the saved state cannot be used: {error}") from error
