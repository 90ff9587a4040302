"""The sealed documents, for players whose broker connection is cut: the same bytes as over MQTT."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from server import publishing, revocations, trust
from server.clock import now_ms
from server.device_api.asking import answer, device
from server.web.database import reading
from server.web.permission import device as for_devices
from server.web.permission import public

SEALED = "application/vnd.cauthang.sealed+json"
NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def add_to(bp: Blueprint) -> None:
    """Serve this part's routes."""
    bp.add_url_rule("/device/v1/head", view_func=head)
    bp.add_url_rule("/device/v1/playlist", view_func=playlist)
    bp.add_url_rule("/device/v1/trust", view_func=newest_trust)
    bp.add_url_rule("/device/v1/trust/<int:version>", view_func=trust_version)
    bp.add_url_rule("/device/v1/revocation", view_func=newest_revocation)
    bp.add_url_rule("/device/v1/revocation/<int:version>", view_func=revocation_version)
    bp.add_url_rule("/device/v1/time", view_func=time)


@for_devices
def head() -> Response:
    """The head of the screen of this device."""
    session = reading()
    row = publishing.head_of(session, device(session).screen_id)
    return _sealed(row.sealed if row is not None else None)


@for_devices
def playlist() -> Response:
    """The current playlist; its ETag is the SHA-256 that the head names."""
    session = reading()
    row = publishing.latest(session, device(session).screen_id)
    if row is None:
        return _missing()
    response = _sealed(publishing.sealed_playlist(row))
    response.set_etag(row.sha256)
    response.make_conditional(request)
    return response


@for_devices
def newest_trust() -> Response:
    """The newest signed trust document."""
    session = reading()
    device(session)
    row = trust.latest(session)
    return _sealed(row.sealed if row is not None else None)


@for_devices
def trust_version(version: int) -> Response:
    """One version: players take them step by step."""
    session = reading()
    device(session)
    row = trust.get(session, version)
    return _sealed(row.sealed if row is not None else None)


@for_devices
def newest_revocation() -> Response:
    """The newest list of what was withdrawn; 404 while nothing was."""
    session = reading()
    device(session)
    row = revocations.latest(session)
    return _sealed(row.sealed if row is not None else None)


@for_devices
def revocation_version(version: int) -> Response:
    """One version of that list."""
    session = reading()
    device(session)
    row = revocations.get(session, version)
    return _sealed(row.sealed if row is not None else None)


@public
def time() -> Response:
    """This server's clock beside the caller's nonce, for a device that has no clock of its own."""
    nonce = request.args.get("nonce", "")
    if not NONCE.fullmatch(nonce):
        return answer(400, {"code": "nonce"})
    return answer(200, {"nonce": nonce, "time": now_ms()})


def _sealed(data: bytes | None) -> Response:
    return _missing() if data is None else Response(data, content_type=SEALED)


def _missing() -> Response:
    return answer(404, {"code": "missing"})
