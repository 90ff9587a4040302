"""Uploads in resumable parts: the tus protocol 1.0.0 with its extensions creation and termination.

What a cut connection delivered is kept; the browser asks how far it came and goes on. The last answer may be lost as
well, so asking for the offset of a whole upload also makes its item.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for
from flask_login import current_user

from server import jobs, units, uploads
from server.clock import now_ms
from server.errors import Conflict, DomainError, Invalid, NotFound
from server.settings import Settings
from server.uploads import LARGEST_BYTES, Quarantine, Upload
from server.users import Role
from server.web.database import reading, writing
from server.web.limits import limiter
from server.web.permission import me, permit, public
from server.web.problems import sentence

bp = Blueprint("uploads", __name__, url_prefix="/uploads")

TUS = {"Tus-Resumable": "1.0.0"}
WHAT_WE_SPEAK = {
    "Tus-Version": "1.0.0",
    "Tus-Extension": "creation,termination",
    "Tus-Max-Size": str(LARGEST_BYTES),
}
PART_BYTES = 64 * 1024
LARGEST_PART_BYTES = 64 * 1024 * 1024
NEW_UPLOADS = "120 per minute"


@bp.url_value_preprocessor
def larger_parts(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the ceiling before the CSRF check, which runs before the view and looks for a form in the body."""
    if request.method == "PATCH" and current_user.is_authenticated:
        request.max_content_length = LARGEST_PART_BYTES


@bp.errorhandler(DomainError)
def refuse(error: DomainError) -> Response:
    """The protocol's own status, with the sentence that the page shows beside the file."""
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 403
    if isinstance(error, Invalid):
        status = 413 if error.code in ("too-large", "too-long") else 400
    return _answer(sentence(error), 423 if error.code == "upload-busy" else status)


@bp.route("", methods=["OPTIONS"], provide_automatic_options=False)
@public
def options() -> Response:
    """What this server speaks."""
    return _answer("", 204, **WHAT_WE_SPEAK)


@bp.post("")
@permit(Role.UPLOADER)
@limiter.limit(NEW_UPLOADS)
def create() -> Response:
    """A place for one file; the browser then sends its parts there."""
    told = _metadata(request.headers.get("Upload-Metadata", ""))
    session = writing()
    unit = units.get(session, int(told["unit"])) if told.get("unit", "").isdigit() else me().unit
    upload = uploads.begin(
        session,
        _quarantine(),
        me(),
        unit,
        name=told.get("filename", ""),
        size_bytes=_whole_header("Upload-Length"),
        now_ms=now_ms(),
    )
    session.commit()
    return _answer("", 201, Location=url_for("uploads.part", upload_id=upload.id))


@bp.route("/<upload_id>", methods=["HEAD", "PATCH", "DELETE"])
@permit(Role.UPLOADER)
def part(upload_id: str) -> Response:
    """How far it is, the next part, or the end of it."""
    upload = uploads.get(reading(), upload_id, me())
    if request.method == "DELETE":
        session = writing()
        uploads.cancel(session, _quarantine(), upload)
        session.commit()
        return _answer("", 204)
    if request.method == "HEAD":
        return _progress(upload, _quarantine().offset(upload.id) if upload.item_id is None else upload.size_bytes, 200)
    if request.mimetype != "application/offset+octet-stream":
        return _answer("", 415)
    return _progress(upload, _quarantine().append(upload, _whole_header("Upload-Offset"), _parts()), 204)


def _progress(upload: Upload, offset: int, status: int) -> Response:
    """Where the upload stands; a whole one becomes an item now."""
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.size_bytes)}
    if offset == upload.size_bytes:
        session = writing()
        item = uploads.complete(session, _quarantine(), upload, now_ms())
        session.commit()
        if item is not None:
            headers["X-Item-Id"] = str(item.id)
            jobs.Bell(_settings().jobs_url).ring()
    return _answer("", status, **headers)


def _parts() -> Iterator[bytes]:
    """The body as it arrives. A connection that breaks ends it early: what came is kept."""
    while True:
        try:
            data = request.stream.read(PART_BYTES)
        except OSError:
            return
        if not data:
            return
        yield data


def _metadata(header: str) -> dict[str, str]:
    """``name base64,name base64`` as the protocol sends it; what cannot be read is left out."""
    found = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found


def _whole_header(name: str) -> int:
    value = request.headers.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 15:
        raise Invalid("header", "Trình duyệt gửi thiếu thông tin về tệp: hãy tải lại trang rồi thử lại.")
    return int(value)


def _answer(text: str, status: int, **headers: str) -> Response:
    return Response(text, status, {**TUS, **headers}, mimetype="text/plain")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _quarantine() -> Quarantine:
    return Quarantine(_settings().data_dir)
