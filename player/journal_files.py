"""The files of the journal as one long run of records: ``plays`` grows, ``plays.0000001`` and so on are closed.

An offset counts through all of them. A file that is long enough is closed and not touched again until its plays are
receipted, when it is removed, or until the journal is over its budget, when it is rewritten shorter. Which closed files
count is said by the first record of ``plays`` (``"files": [first, end]``): it is replaced in one step, so they change
with it.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from player.disk import Disk
from player.records import FRAME, LONGEST_RECORD, record_at, records_in

Base = Callable[[int, int], bytes]  # the first record of ``plays``, given which closed files count


@dataclass(slots=True)
class Closed:
    """A file that grows no more: its bytes are ``origin`` to ``end`` of the run."""

    path: Path
    origin: int
    size: int
    merged: bool = False

    @property
    def end(self) -> int:
        return self.origin + self.size


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that was not whole: what it held, what of that could be used, and whether only its end was torn off."""

    path: Path
    found: bytes
    clean: bytes
    torn: bool


class JournalFiles:
    """See above. :meth:`read` first, then :meth:`open`."""

    def __init__(self, folder: Path, disk: Disk, close_bytes: int) -> None:
        self._folder, self._disk, self._close_bytes = folder, disk, close_bytes
        self.path = folder / "plays"
        self.closed: list[Closed] = []
        self.origin = 0
        self._first, self._serial = 1, 1
        self._descriptor = -1

    @property
    def size(self) -> int:
        """Bytes of the growing file."""
        return os.fstat(self._descriptor).st_size

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(closed.size for closed in self.closed) + self.size

    # --- At the start ---

    def read(self, replay: Callable[[dict[str, Any], int], None]) -> list[Damage]:
        """Hand every whole record with its offset to ``replay``, the oldest first; what was damaged."""
        content, readable = self._salvaged(self.path)
        head = record_at(content, 0)
        there = sorted(self._folder.glob("plays.[0-9]*"))
        self._first, self._serial = head.data["files"] if head and "files" in head.data else _all_of(there)
        damages, self.closed, self.origin = [], [], 0
        for path in there:
            if not self._first <= int(path.suffix[1:]) < self._serial:
                self._disk.remove(path)  # left behind by a death between two steps
                continue
            damages.append(self._read_closed(path, replay))
        damages.append(self._replayed(self.path, content, readable, replay))
        return [damage for damage in damages if damage]

    def _read_closed(self, path: Path, replay: Callable[[dict[str, Any], int], None]) -> Damage | None:
        content, readable = self._salvaged(path)
        head = record_at(content, 0)
        damage = self._replayed(path, content, readable, replay)
        size = len(damage.clean if damage else content)
        self.closed.append(Closed(path, self.origin, size, head is not None and "merged" in head.data))
        self.origin += size
        return damage

    def _replayed(
        self, path: Path, content: bytes, readable: bool, replay: Callable[[dict[str, Any], int], None]
    ) -> Damage | None:
        clean, end = bytearray(), 0
        for record in records_in(content):
            replay(record.data, self.origin + len(clean))
            clean += content[record.offset : record.end]
            end = record.end
        if readable and content and len(clean) == len(content):
            return None
        torn = readable and len(clean) == end and path == self.path and len(clean) > 0
        return Damage(path, content, bytes(clean), torn)

    def _salvaged(self, path: Path) -> tuple[bytes, bool]:
        """What of the file can be read, and whether that is all; one that cannot be opened is set aside."""
        try:
            return self._disk.salvage(path)
        except FileNotFoundError:
            return b"", True
        except OSError:
            self._disk.rename(path, self._folder / f"plays.unreadable-{path.name}")
            return b"", False

    def mend(self, damages: Iterable[Damage], base: Base) -> None:
        """Keep a copy of what was damaged and leave only whole records. ``plays`` and its base come first: they say
        what no number may fall behind. A torn end is only cut off, with or without room for a copy: nobody was told
        of it, and a full disk must not keep a screen from starting."""
        for damage in sorted(damages, key=lambda damage: damage.path != self.path):
            if damage.torn:
                with suppress(OSError):
                    self._keep_copy(damage)
                self._cut_off(damage)
                continue
            self._keep_copy(damage)
            head = base(self._first, self._serial) if damage.path == self.path else b""
            self._disk.replace_file(damage.path, head + damage.clean)

    def _keep_copy(self, damage: Damage) -> None:
        if damage.found:
            copy = f"plays.damaged-{damage.path.suffix[1:]}-{len(damage.found)}"
            self._disk.replace_file(self._folder / copy, damage.found)

    def _cut_off(self, damage: Damage) -> None:
        descriptor = os.open(damage.path, os.O_RDWR)
        try:
            self._disk.truncate(descriptor, len(damage.clean))
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)

    def open(self) -> None:
        """From here on it grows."""
        self.close()
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    # --- Records ---

    def append(self, data: bytes) -> int:
        """Where ``data`` lies, on disk; a failed attempt is cut off again, so the file stays whole. Raises OSError."""
        size = self.size
        try:
            self._disk.write(self._descriptor, data)
            self._disk.sync(self._descriptor)
        except OSError:
            self._disk.truncate(self._descriptor, size)
            raise
        return self.origin + size

    def record(self, offset: int) -> dict[str, Any]:
        """The record there. Raises OSError."""
        if offset >= self.origin:
            return self._record_in(self._descriptor, offset - self.origin)
        closed = self.closed[bisect_right(self.closed, offset, key=lambda closed: closed.origin) - 1]
        descriptor = os.open(closed.path, os.O_RDONLY)
        try:
            return self._record_in(descriptor, offset - closed.origin)
        finally:
            os.close(descriptor)

    def _record_in(self, descriptor: int, offset: int) -> dict[str, Any]:
        record = record_at(self._disk.block(descriptor, offset, FRAME.size + LONGEST_RECORD), 0)
        if record is None:
            raise OSError(f"the journal changed on its own at byte {offset}")
        return record.data

    # --- Whole files ---

    def begin_another(self, base: Base) -> None:
        """Close the growing file. Until the last step it counts under its own name only. Raises OSError."""
        size, closed = self.size, self._closed_path(self._serial)
        self._disk.remove(closed)
        self._disk.link(self.path, closed)
        self._disk.replace_file(self.path, base(self._first, self._serial + 1))
        self.closed.append(Closed(closed, self.origin, size))
        self.origin, self._serial = self.origin + size, self._serial + 1
        self.open()

    def shorten(self, offset: int, base: Base) -> int:
        """The growing file without what lies before ``offset``; by how much offsets shrank. Raises OSError."""
        local, head = offset - self.origin, base(self._first, self._serial)
        self._disk.replace_file(self.path, head + os.pread(self._descriptor, self.size - local, local))
        self.open()
        return local - len(head)

    def rewrite(self, closed: Closed, content: bytes) -> None:
        """A closed file with other content, not longer, as merged. Raises OSError."""
        self._disk.replace_file(closed.path, content)
        closed.size, closed.merged = len(content), True

    def drop_before(self, offset: int) -> None:
        """Remove the closed files that end before ``offset``."""
        while self.closed and self.closed[0].end <= offset:
            self._disk.remove(self.closed[0].path)
            del self.closed[0]

    def replace_all(self, records: Iterable[bytes], base: Base) -> list[int]:
        """Other records in the place of all; their offsets. In force with the last step. Raises OSError."""
        first = serial = self._serial + 1
        content, offsets, made, origin = bytearray(), [], [], 0
        for record in records:
            if len(content) >= self._close_bytes:
                made.append(Closed(self._closed_path(serial), origin, len(content)))
                self._disk.replace_file(made[-1].path, bytes(content))
                origin, serial = origin + len(content), serial + 1
                content.clear()
            offsets.append(origin + len(content))
            content += record
        head = base(first, serial)
        self._disk.replace_file(self.path, head + content)
        old, self.closed = self.closed, made
        self.origin, self._first, self._serial = origin, first, serial
        self.open()
        for closed in old:
            self._disk.remove(closed.path)
        return [offset if offset < origin else offset + len(head) for offset in offsets]

    def _closed_path(self, serial: int) -> Path:
        return self._folder / f"plays.{serial:07d}"


def _all_of(paths: list[Path]) -> tuple[int, int]:
    """Without a first record that says it, every closed file counts."""
    numbers = [int(path.suffix[1:]) for path in paths]
    return min(numbers, default=1), max(numbers, default=0) + 1
