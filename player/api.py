"""The questions a player asks its server over HTTPS, each signed with the device's key and each with a ceiling."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from player.errors import Declined, Unpaired, Unreachable
from player.fetch import Answer, Fetcher
from player.json_object import read_object
from playlists.envelope import Kind
from playlists.keys import SigningKey

SMALL_BYTES = 16 * 1024
GZIP_ABOVE_BYTES = 1024
REFUSAL_CODE = re.compile(r"E-[A-Z]{2,12}")


def authorization(key: SigningKey, method: str, path: str, body: bytes, at_ms: int) -> str:
    """The header by which the server knows the device: a signature over method, path, time and body."""
    text = f"{method}\n{path}\n{at_ms}\n{hashlib.sha256(body).hexdigest()}"
    signature = base64.b64encode(key.sign(text.encode())).decode()
    return f'CauThang keyid="{key.keyid}", time="{at_ms}", sig="{signature}"'


class Api:
    """One server, one device. Raises Unreachable or Unpaired wherever the server does not answer 200 as it should.

    ``now_ms`` only dates the header; when the server finds it wrong it says its own time, and that offset is used for
    the header alone: what is valid is never decided by it.
    """

    def __init__(self, server_url: str, key: SigningKey, fetcher: Fetcher, now_ms: Callable[[], int]) -> None:
        self._url, self._key, self._fetcher, self._now_ms = server_url.rstrip("/"), key, fetcher, now_ms
        self._offset_ms = 0

    def head(self) -> bytes | None:
        """The sealed head; None while nothing was ever published for this screen."""
        return self._perhaps("/device/v1/head", Kind.HEAD)

    def playlist(self) -> bytes:
        """The sealed playlist that the head names."""
        return self._document("/device/v1/playlist", Kind.PLAYLIST)

    def trust(self, version: int) -> bytes | None:
        """The sealed trust of that version; None when there is none yet."""
        return self._perhaps(f"/device/v1/trust/{version}", Kind.TRUST)

    def revocation(self, version: int | None = None) -> bytes | None:
        """The sealed revocation list of that version, or the newest; None when there is none."""
        return self._perhaps("/device/v1/revocation" + (f"/{version}" if version else ""), Kind.REVOCATION)

    def plays(self, sealed: bytes) -> bytes:
        """The sealed receipt for a sealed batch. Raises Declined when it will not be taken like this."""
        headers = {"content-type": Kind.PLAYS.payload_type}
        body = sealed
        if len(sealed) > GZIP_ABOVE_BYTES:
            body = gzip.compress(sealed, 6, mtime=0)
            headers["content-encoding"] = "gzip"
        answer = self._ask("POST", "/device/v1/plays", SMALL_BYTES, body, headers)
        declined = _declined(answer) if answer.status in (400, 409, 422) else None
        if declined:
            raise declined
        return _good(answer).body

    def enrol(self, code: str, name: str) -> dict[str, Any]:
        """What the server says about a pairing code: ``waiting``, ``gone``, or ``paired`` with the screen's data."""
        body = json.dumps({"public": self._key.public, "code": code, "name": name}).encode()
        answer = self._ask("POST", "/device/v1/enrol", SMALL_BYTES, body, {"content-type": "application/json"})
        if answer.status == 409:
            return {"status": "gone"}
        if answer.status not in (200, 202):
            raise Unreachable(f"the server answered {answer.status} to the pairing code", answer.retry_after_s)
        return _json(answer)

    def screenshot(self, image: bytes, media_type: str, command: str) -> None:
        """Hand in the picture a command asked for."""
        path = f"/device/v1/screenshots?command={command}"
        _good(self._ask("POST", path, SMALL_BYTES, image, {"content-type": media_type}))

    def _document(self, path: str, kind: Kind) -> bytes:
        return _good(self._ask("GET", path, kind.limit_bytes)).body

    def _perhaps(self, path: str, kind: Kind) -> bytes | None:
        answer = self._ask("GET", path, kind.limit_bytes)
        return None if answer.status == 404 else _good(answer).body

    def _ask(
        self, method: str, path: str, limit_bytes: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        answer = self._signed(method, path, limit_bytes, body, headers or {})
        if answer.status == 401 and self._learned_time(answer):
            answer = self._signed(method, path, limit_bytes, body, headers or {})
        if answer.status in (401, 403):
            raise Unpaired("the server does not accept this device's key")
        return answer

    def _signed(self, method: str, path: str, limit_bytes: int, body: bytes, headers: dict[str, str]) -> Answer:
        url = self._url + path
        parts = urlsplit(url)
        signed_path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        at_ms = self._now_ms() + self._offset_ms
        header = {"authorization": authorization(self._key, method, signed_path, body, at_ms)}
        return self._fetcher.ask(method, url, {**headers, **header}, limit_bytes, body or None)

    def _learned_time(self, answer: Answer) -> bool:
        try:
            said = read_object(answer.body)
            self._offset_ms = int(said["time"]) - self._now_ms() if said["code"] == "clock" else self._offset_ms
            return bool(said["code"] == "clock")
        except (ValueError, KeyError, TypeError):
            return False


def _good(answer: Answer) -> Answer:
    if answer.status != 200:
        raise Unreachable(f"the server answered {answer.status}", answer.retry_after_s)
    return answer


def _declined(answer: Answer) -> Declined | None:
    """What the server says against a batch; None when it is not our server that speaks."""
    try:
        said = read_object(answer.body)
    except ValueError:
        return None
    code, last = said.get("code"), said.get("last")
    if not isinstance(code, str) or not REFUSAL_CODE.fullmatch(code):
        return None
    return Declined(code, last if type(last) is int else None)


def _json(answer: Answer) -> dict[str, Any]:
    try:
        return read_object(answer.body)
    except ValueError as error:
        raise Unreachable("the server's answer is not as agreed: a login page of the network?") from error
