"""Files named by their content, for players and pages alike: public by nature, and never changing."""

from __future__ import annotations

from typing import BinaryIO

from flask import Blueprint, Response, abort, request, send_file

from playlists.model import SHA256
from server.device_api.asking import settings
from server.errors import NotFound
from server.files import Files
from server.web.permission import public

FOR_EVER_S = 365 * 24 * 3600
# Only what we made ourselves is in the store; the browser is told by content what it is, and nothing else is guessed.
MAGIC = ((b"\x89PNG", 0, "image/png"), (b"\xff\xd8\xff", 0, "image/jpeg"), (b"ftyp", 4, "video/mp4"))
SEALED = (b"{", 0, "application/json")


def add_to(bp: Blueprint) -> None:
    """Serve this part's route."""
    bp.add_url_rule("/files/<sha256>", view_func=file)


@public
def file(sha256: str) -> Response:
    """The file with this SHA-256, whole or in ranges."""
    store = Files(settings().files_url)
    if not SHA256.fullmatch(sha256):
        abort(404)
    try:
        path = store.local_path(sha256)
        reader = store.open(sha256)
    except NotFound:
        abort(404)
    media_type = _media_type(reader)
    if path is not None:
        reader.close()
        response = send_file(path, mimetype=media_type, etag=sha256, max_age=FOR_EVER_S, conditional=True)
    else:
        response = send_file(reader, mimetype=media_type, etag=sha256, max_age=FOR_EVER_S)
        response.content_length = store.size(sha256)
        response.make_conditional(request.environ, accept_ranges=True, complete_length=response.content_length)
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.cache_control.no_cache = None
    return response


def _media_type(reader: BinaryIO) -> str:
    begin = reader.read(16)
    reader.seek(0)
    for magic, offset, name in (*MAGIC, SEALED):
        if begin[offset : offset + len(magic)] == magic:
            return name
    return "application/octet-stream"
