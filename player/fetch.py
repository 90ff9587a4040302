"""The one seam to HTTP: every answer has a ceiling in bytes, a floor in speed and a deadline.

Settings follow reliability C4: abort below 1 KiB/s for 60 s, total deadline max(10 min, size / 64 KiB/s), resume by
Range. A login page of a captive portal can only end as E-HASH or as an unreachable server, never as content.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from player.disk import Disk
from player.errors import Overtaken, Unreachable
from playlists.errors import Code, Refusal
from playlists.model import Reference

KIB = 1024
CHUNK_BYTES = 64 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a download is."""

    connect_s: float = 10
    stall_s: float = 60
    stall_bytes_per_s: int = KIB
    deadline_s: float = 600
    deadline_bytes_per_s: int = 64 * KIB
    redirects: int = 3

    def deadline_for(self, size_bytes: int) -> float:
        """Seconds after which a body of this size is given up."""
        return max(self.deadline_s, size_bytes / self.deadline_bytes_per_s)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole small answer: header names are lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def retry_after_s(self) -> float | None:
        """The server's wish, when it is a plain number of seconds."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isdecimal() else None


class Fetcher:
    """Asks and downloads. One per process; safe to use from several threads."""

    def __init__(self, limits: Limits | None = None, disk: Disk | None = None) -> None:
        self.limits = limits or Limits()
        self._disk = disk or Disk()
        self.saw_page: Callable[[str], None] = lambda _: None  # a host answered with a web page: ours never do
        # Counting them itself, so that only redirects are followed and nothing is retried behind our back.
        retries = urllib3.Retry(total=None, connect=0, read=0, other=0, status=0, redirect=self.limits.redirects)
        timeout = urllib3.Timeout(connect=self.limits.connect_s, read=self.limits.stall_s)
        self._pool = urllib3.PoolManager(num_pools=4, maxsize=4, retries=retries, timeout=timeout)

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], limit_bytes: int, body: bytes | None = None
    ) -> Answer:
        """One request with a small answer, whatever its status.

        Raises:
            Unreachable: no answer, too slow, too many redirects.
            Refusal: E-SIZE when the answer is longer than ``limit_bytes``.
        """
        received = bytearray()
        with self._opened(method, url, headers, body) as response:
            for chunk in self._chunks(response, limit_bytes):
                received += chunk
                if len(received) > limit_bytes:
                    raise Refusal(Code.SIZE, f"the answer is longer than {limit_bytes} bytes")
            return Answer(response.status, bytes(received), {k.lower(): v for k, v in response.headers.items()})

    def download(self, url: str, wanted: Reference, folder: Path, urgent: Callable[[], bool] = lambda: False) -> Path:
        """The file named by ``wanted`` in ``folder``, whole, checked and safe on disk. Goes on where it stopped.

        Raises:
            Overtaken: ``urgent`` said, between two pieces, that something else comes first; what arrived is kept.
            Unreachable: try again later; what arrived is kept.
            Refusal: E-HASH when the server sent something else; nothing of it is kept.
            OSError: the disk refused.
        """
        part = folder / f"{wanted.sha256}.part"
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._fill(descriptor, url, wanted, urgent)
            self._disk.sync(descriptor)
        except Refusal:
            self._disk.remove(part)
            raise
        finally:
            os.close(descriptor)
        self._disk.rename(part, folder / wanted.sha256)
        self._disk.sync_folder(folder)
        return folder / wanted.sha256

    def _fill(self, descriptor: int, url: str, wanted: Reference, urgent: Callable[[], bool]) -> None:
        digest, have = _digest_so_far(descriptor, wanted.size_bytes)
        if have < wanted.size_bytes:
            headers = {"range": f"bytes={have}-"} if have else {}
            with self._opened("GET", url, headers) as response:
                if have and not _continues(response, have):
                    digest, have = hashlib.sha256(), 0
                _require_file(response, wanted.size_bytes - have)
                os.lseek(descriptor, have, os.SEEK_SET)
                self._disk.truncate(descriptor, have)
                for chunk in self._chunks(response, wanted.size_bytes):
                    have += len(chunk)
                    if have > wanted.size_bytes:
                        raise Refusal(Code.HASH, "the file is longer than declared")
                    self._disk.write(descriptor, chunk)
                    digest.update(chunk)
                    if urgent() and have < wanted.size_bytes:
                        raise Overtaken("newer orders came while a file was being fetched")
        if have != wanted.size_bytes or digest.hexdigest() != wanted.sha256:
            raise Refusal(Code.HASH, "the file is not the one that was approved")

    def _opened(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        plain = {"accept-encoding": "identity", "user-agent": "cauthang-player", **headers}
        try:
            response = self._pool.request(
                method, url, headers=plain, body=body, preload_content=False, decode_content=False
            )
            if response.status == 200 and response.headers.get("content-type", "").startswith("text/html"):
                self.saw_page(urlsplit(url).netloc)
            return response
        except HTTPError as error:
            raise Unreachable(f"{url.split('?', maxsplit=1)[0]}: {_reason(error)}") from error

    def _chunks(self, response: urllib3.BaseHTTPResponse, size_bytes: int) -> Iterator[bytes]:
        pace = Pace(self.limits, size_bytes)
        try:
            while chunk := response.read1(CHUNK_BYTES):
                pace.received(len(chunk))
                yield chunk
        except HTTPError as error:
            response.close()
            raise Unreachable(f"the answer broke off: {_reason(error)}") from error
        except BaseException:
            response.close()  # the rest of the body is not wanted: the connection cannot be used again
            raise


class Pace:
    """Watches one body: slower than the floor over a whole window, or past the deadline, ends it."""

    def __init__(self, limits: Limits, size_bytes: int, mono: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._mono = limits, mono
        self._window_start = mono()
        self._deadline = self._window_start + limits.deadline_for(size_bytes)
        self._window_bytes = 0

    def received(self, count: int) -> None:
        """Count bytes. Raises Unreachable when the body is too slow."""
        now = self._mono()
        self._window_bytes += count
        if now > self._deadline:
            raise Unreachable("the download took longer than its deadline")
        window_s = now - self._window_start
        if window_s >= self._limits.stall_s:
            if self._window_bytes < window_s * self._limits.stall_bytes_per_s:
                raise Unreachable("the download is slower than a kilobyte a second")
            self._window_start, self._window_bytes = now, 0


def _digest_so_far(descriptor: int, size_bytes: int) -> tuple[hashlib._Hash, int]:
    """The hash and length of what an earlier try left behind; nothing when that is too long already."""
    digest, have = hashlib.sha256(), 0
    while chunk := os.pread(descriptor, CHUNK_BYTES, have):
        digest.update(chunk)
        have += len(chunk)
    return (digest, have) if have <= size_bytes else (hashlib.sha256(), 0)


def _continues(response: urllib3.BaseHTTPResponse, have: int) -> bool:
    return response.status == 206 and response.headers.get("content-range", "").startswith(f"bytes {have}-")


def _require_file(response: urllib3.BaseHTTPResponse, expected_bytes: int) -> None:
    if response.status not in (200, 206):
        answer = Answer(response.status, b"", {k.lower(): v for k, v in response.headers.items()})
        response.close()
        raise Unreachable(f"the file server answered {response.status}", answer.retry_after_s)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Refusal(Code.HASH, "the file came packed; it was asked for as it is")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > expected_bytes:
        raise Refusal(Code.HASH, "the file is longer than declared")


def _reason(error: HTTPError) -> str:
    """The innermost cause in a few words: urllib3 wraps it several times."""
    reason: object = getattr(error, "reason", None) or error
    return str(reason)[:200]
