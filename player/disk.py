"""The disk of the player, step by step, so that a test can die before any write and fail at any read.

Measured over power cuts: write, fsync, rename, fsync of the folder keeps what was reported done; append + fdatasync
lost nothing in 15 of 15 rounds. An fsync error is fatal for that file: it is raised, never retried on the same file.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

BLOCK_BYTES = 4096  # what one bad place of a card takes with it


class Disk:
    """The steps a durable write is made of. Tests replace single steps by a death or an error."""

    def block(self, descriptor: int, offset: int, size_bytes: int = BLOCK_BYTES) -> bytes:
        """At most so many bytes from ``offset`` on; none at the end. Raises OSError."""
        return os.pread(descriptor, size_bytes, offset)

    def read(self, path: Path) -> bytes:
        """The whole file. Raises OSError."""
        content, whole = self.salvage(path)
        if not whole:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return content

    def salvage(self, path: Path) -> tuple[bytes, bool]:
        """What of the file can be read, zeros for the rest, and whether that is all of it.

        Raises:
            OSError: it cannot even be opened.
        """
        descriptor = os.open(path, os.O_RDONLY)
        try:
            content, whole, size = bytearray(), True, os.fstat(descriptor).st_size
            while len(content) < size:
                try:
                    block = self.block(descriptor, len(content))
                except OSError:
                    whole, block = False, bytes(min(BLOCK_BYTES, size - len(content)))
                if not block:
                    break
                content += block
            return bytes(content), whole
        finally:
            os.close(descriptor)

    def write(self, descriptor: int, data: bytes) -> None:
        """All of ``data`` at the descriptor's position. Raises OSError."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        """What was written survives a power cut from here on."""
        os.fdatasync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """``target`` becomes ``source``, in one step for every reader."""
        source.rename(target)

    def link(self, path: Path, other: Path) -> None:
        """``other`` is a second name of ``path``."""
        other.hardlink_to(path)

    def sync_folder(self, folder: Path) -> None:
        """New and renamed names in ``folder`` survive a power cut from here on."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """Cut the file to ``size_bytes``."""
        os.ftruncate(descriptor, size_bytes)

    def remove(self, path: Path) -> None:
        """The file is gone; it is no error when it never was there."""
        path.unlink(missing_ok=True)

    def replace_file(self, path: Path, data: bytes, mode: int = 0o600) -> None:
        """``path`` holds ``data``: all of it, or what was there before.

        A fixed name beside it, so that a death leaves at most one leftover, overwritten next time.
        """
        beside = path.with_name(f".{path.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            self.write(descriptor, data)
            self.sync(descriptor)
        finally:
            os.close(descriptor)
        self.rename(beside, path)
        self.sync_folder(path.parent)
