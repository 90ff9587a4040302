"""Files named by their content. A half file is always recognisable, a wrong one is never played."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from player.allowance import MIB, Allowance
from player.disk import Disk
from player.errors import Overtaken
from player.fetch import Fetcher
from playlists.errors import Code, Refusal
from playlists.model import SHA256, Reference


class Cache:
    """A folder of files, each under its SHA-256.

    Every file is hashed again before its first use after a start: cards rot, and so do disks. ``ready`` never hashes.
    """

    def __init__(
        self,
        folder: Path,
        fetcher: Fetcher,
        files_url: str,
        allowance: Allowance | None = None,
        disk: Disk | None = None,
    ) -> None:
        self._folder, self._fetcher, self._files_url = folder, fetcher, files_url.rstrip("/")
        self._allowance = allowance or Allowance()
        self._disk = disk or Disk()
        self._checked: set[str] = set()
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        """Where the file is or would be. Raises Refusal E-PATH for a name that is no hash."""
        if not SHA256.fullmatch(sha256):
            raise Refusal(Code.PATH, "a file is named by its hash only")
        return self._folder / sha256

    def holds(self, wanted: Reference) -> bool:
        """Whether the file is here in full length; its bytes may not have been looked at yet."""
        try:
            return self.path(wanted.sha256).stat().st_size == wanted.size_bytes
        except FileNotFoundError:
            return False

    def ready(self, wanted: Reference) -> Path | None:
        """The file, if it is here and was hashed since the start. Never slow."""
        return self._folder / wanted.sha256 if wanted.sha256 in self._checked and self.holds(wanted) else None

    def checked(self, wanted: Reference, urgent: Callable[[], bool] = lambda: False) -> Path:
        """The file, its bytes hashed at least once since the start; that may take a while.

        Raises:
            Refusal: E-ROT when the disk changed it or cannot read it; it is removed so that it is fetched again.
            FileNotFoundError: it is not here.
            OSError: it can be neither read nor removed.
            Overtaken: ``urgent`` said that something else comes first.
        """
        path = self.path(wanted.sha256)
        if wanted.sha256 not in self._checked:
            try:
                found = digest_of(path, urgent)
            except FileNotFoundError:
                raise
            except OSError as error:
                self._disk.remove(path)
                raise Refusal(Code.ROT, "a stored file cannot be read and is fetched again") from error
            if found != wanted.sha256:
                self._disk.remove(path)
                raise Refusal(Code.ROT, "a stored file changed on its own and is fetched again")
            with self._lock:
                self._checked.add(wanted.sha256)
        return path

    def fetch(self, wanted: Reference, urgent: Callable[[], bool] = lambda: False) -> Path:
        """The file, from here or else from the file server.

        Raises:
            Overtaken: ``urgent`` said that something else comes first.
            Refusal: E-HASH, the server sent something else.
            Unreachable: try again later.
            OSError: the disk.
        """
        if self.holds(wanted):
            try:
                return self.checked(wanted)
            except Refusal:
                pass  # rotten: it is gone now, and comes again
        path = self._fetcher.download(f"{self._files_url}/{wanted.sha256}", wanted, self._folder, urgent)
        with self._lock:
            self._checked.add(wanted.sha256)
        return path

    def remove(self, names: Iterable[str]) -> None:
        """These files are wanted no more, whole or begun."""
        for sha256 in names:
            self._disk.remove(self.path(sha256))
            self._disk.remove(self._folder / f"{sha256}.part")

    def scheduled(self, names: Iterable[str], issued_ms: int) -> None:
        """A playlist issued then names these files: what was named longest ago is the first to go.

        Raises:
            OSError: one cannot be marked.
        """
        for name in names:
            with suppress(FileNotFoundError):
                os.utime(self.path(name), ns=(issued_ms * 1_000_000, issued_ms * 1_000_000))

    def evict(self, keep: Iterable[str], room_bytes: int = 0) -> int:
        """Remove what nobody names, downloads that were given up and then the longest unscheduled first, until quota
        and disk leave ``room_bytes``; bytes freed.

        Raises:
            OSError: ENOSPC, there is no room even so. Journal and system keep what is spared for them.
        """
        kept, freed = set(keep), 0
        lacking = self._lacking(room_bytes)
        files = [(p.suffix != ".part", p.stat().st_mtime_ns, p) for p in self._folder.iterdir() if p.is_file()]
        for _, _, path in sorted(files):
            if freed >= lacking:
                break
            if path.name.removesuffix(".part") not in kept:
                freed += path.stat().st_size
                self._disk.remove(path)
        if room_bytes and self._lacking(room_bytes) > 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder))
        return freed

    def _lacking(self, room_bytes: int) -> int:
        """How many bytes must go for so many more to fit into quota and disk."""
        used = sum(p.stat().st_size for p in self._folder.iterdir() if p.is_file())
        disk = shutil.disk_usage(self._folder)
        over_quota = used + room_bytes - self._allowance.files_mb * MIB
        return max(over_quota, room_bytes + self._allowance.spare_bytes(disk.total) - disk.free)


def digest_of(path: Path, urgent: Callable[[], bool]) -> str:
    """The SHA-256 of a file. Raises Overtaken as soon as ``urgent`` says so."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(MIB):
            digest.update(chunk)
            if urgent():
                raise Overtaken("something else comes before this file")
    return digest.hexdigest()
