"""Files named by their content: renditions, posters and sealed approvals, in a folder or any store fsspec knows.

A file is written once and never changes, so a copy can be checked by its name and kept for ever by any cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

import fsspec

from playlists.files import replace_file, sync_folder
from playlists.model import SHA256
from server.errors import NotFound

CHUNK_BYTES = 1 << 20


class Files:
    """The store behind FILES_URL. Two letters of the name make a folder, so that no folder grows huge."""

    def __init__(self, url: str) -> None:
        self._store, root = fsspec.core.url_to_fs(url)
        self._root = str(root).rstrip("/")
        self._local = "file" in (self._store.protocol if isinstance(self._store.protocol, tuple) else ())

    def put(self, source: Path) -> str:
        """Keep a copy of the file; answers its SHA-256. Putting it again changes nothing."""
        with source.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if not self.has(sha256):
            self._copy(source, sha256)
        return sha256

    def put_bytes(self, data: bytes) -> str:
        """Keep these bytes; answers their SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        if self.has(sha256):
            return sha256
        if self._local:
            path = self._prepared(sha256)
            replace_file(path, data, mode=0o644)
        else:
            self._store.pipe_file(self._path(sha256), data)
        return sha256

    def has(self, sha256: str) -> bool:
        return bool(self._store.exists(self._path(sha256)))

    def size(self, sha256: str) -> int:
        """Length in bytes. Raises NotFound."""
        self._insist(sha256)
        return int(self._store.size(self._path(sha256)))

    def open(self, sha256: str) -> BinaryIO:
        """A seekable reader. Raises NotFound."""
        self._insist(sha256)
        return cast(BinaryIO, self._store.open(self._path(sha256), "rb"))

    def local_path(self, sha256: str) -> Path | None:
        """Where the file lies on this machine, for a web server to send it itself; None for a remote store.

        Raises NotFound.
        """
        self._insist(sha256)
        return Path(self._path(sha256)) if self._local else None

    def _insist(self, sha256: str) -> None:
        if not SHA256.fullmatch(sha256) or not self.has(sha256):
            raise NotFound("file-missing", "Không tìm thấy tệp này.")

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def _prepared(self, sha256: str) -> Path:
        path = Path(self._path(sha256))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _copy(self, source: Path, sha256: str) -> None:
        if not self._local:
            self._store.put_file(str(source), self._path(sha256))
            return
        path = self._prepared(sha256)
        with (
            tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as beside,
            source.open("rb") as file,
        ):
            shutil.copyfileobj(file, beside, CHUNK_BYTES)
            beside.flush()
            os.fsync(beside.fileno())
        Path(beside.name).chmod(0o644)
        Path(beside.name).replace(path)
        sync_folder(path.parent)
