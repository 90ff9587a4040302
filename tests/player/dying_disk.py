"""A disk on which the process dies, or that refuses, at a step the test names."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from player.disk import BLOCK_BYTES, Disk


class Death(BaseException):
    """The process is gone."""


class DyingDisk(Disk):
    """Dies at the ``left``-th step, half way through a write; or only refuses, with an error."""

    def __init__(self, left: int, error: OSError | None = None) -> None:
        self.left, self.error = left, error

    def _step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.error or Death

    def write(self, descriptor: int, data: bytes) -> None:
        try:
            self._step()
        except BaseException:
            super().write(descriptor, data[: len(data) // 2])
            raise
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._step()
        super().sync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        super().rename(source, target)

    def link(self, path: Path, other: Path) -> None:
        self._step()
        super().link(path, other)

    def remove(self, path: Path) -> None:
        self._step()
        super().remove(path)

    def sync_folder(self, folder: Path) -> None:
        self._step()
        super().sync_folder(folder)

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        self._step()
        super().truncate(descriptor, size_bytes)


class BadCard(Disk):
    """A card on which some blocks, from ``bad_from`` on, or whole files cannot be read any more."""

    def __init__(self, *names: str, bad_from: int = 0, read_only: bool = False) -> None:
        self.names, self.bad_from, self.read_only = names, bad_from, read_only

    def block(self, descriptor: int, offset: int, size_bytes: int = BLOCK_BYTES) -> bytes:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        if name in self.names and offset + size_bytes > self.bad_from:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().block(descriptor, offset, size_bytes)

    def rename(self, source: Path, target: Path) -> None:
        if self.read_only:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        super().rename(source, target)
