"""Who asks: the device whose key signed the request. And the shapes of answers."""

from __future__ import annotations

import json
import zlib
from typing import Any

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from server import device_auth, screens
from server.clock import now_ms
from server.device_auth import Claim, NotSigned, Request
from server.screens import Device
from server.settings import Settings

SMALL_BYTES = 16 * 1024


class Refused(Exception):  # noqa: N818  (an answer, not a fault)
    """An answer other than 200, raised from anywhere below a route."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def answer(status: int, data: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(json.dumps(data, ensure_ascii=False), status, headers, content_type="application/json")


def body(limit_bytes: int) -> bytes:
    """The request's body as it was sent; 413 when it is longer than ``limit_bytes``."""
    if (request.content_length or 0) > limit_bytes:
        raise Refused(answer(413, {"code": "too-long", "limit": limit_bytes}))
    request.max_content_length = limit_bytes
    return request.get_data(cache=True)


def inflated(data: bytes, limit_bytes: int) -> bytes:
    """The body without its Content-Encoding (gzip, or none); never more than ``limit_bytes``."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding == "identity":
        return data
    if encoding != "gzip":
        raise Refused(answer(415, {"code": "encoding"}))
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(data, limit_bytes + 1)
    except zlib.error as error:
        raise Refused(answer(400, {"code": "damaged"})) from error
    if len(plain) > limit_bytes:
        raise Refused(answer(413, {"code": "too-long", "limit": limit_bytes}))
    if not inflater.eof:
        raise Refused(answer(400, {"code": "damaged"}))
    return plain


def claim() -> Claim:
    """What the Authorization header says, not checked yet."""
    try:
        return device_auth.read_header(request.headers.get("Authorization", ""))
    except NotSigned as error:
        raise Refused(unauthorized(error.code)) from error


def check(wanted: Claim, public: str, data: bytes) -> None:
    """Refuse a request that this key did not sign, or not now."""
    asked = Request(request.method, _target(), data)
    try:
        device_auth.check(wanted, public, asked, now_ms())
    except NotSigned as error:
        raise Refused(unauthorized(error.code)) from error


def device(session: Session, data: bytes = b"") -> Device:
    """The device in service that signed this request with the body ``data``."""
    wanted = claim()
    found = screens.device_by_keyid(session, wanted.keyid)
    if found is None:
        raise Refused(unauthorized("unknown"))
    check(wanted, found.public, data)
    if found.retired_ms is not None or not found.screen.active:
        raise Refused(answer(403, {"code": "device-retired"}))
    return found


def unauthorized(code: str) -> Response:
    """401; a wrong clock is told the time, so that the device can date its next request."""
    data: dict[str, Any] = {"code": code, "time": now_ms()} if code == "clock" else {"code": code}
    return answer(401, data, {"WWW-Authenticate": "CauThang"})


def settings() -> Settings:
    """The settings of this installation."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def _target() -> str:
    """Path with query exactly as sent: the WSGI server keeps the raw form, decoding and encoding could change it."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI")
    if isinstance(raw, str) and raw.startswith("/"):
        return raw
    query = request.query_string.decode("ascii", "replace")
    return f"{request.path}?{query}" if query else request.path
