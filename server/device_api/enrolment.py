"""A new player asks whether staff have entered its code, and is then told who it is."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, request

from playlists.keys import keyid_of
from playlists.model import SHA256
from server import screens
from server.broker.ours import from_there, login_of, websocket_url
from server.clock import now_ms
from server.device_api.asking import SMALL_BYTES, Refused, answer, body, check, claim, settings, unauthorized
from server.errors import DomainError, Forbidden, Invalid
from server.screens import Device
from server.web.database import reading, writing
from server.web.limits import limiter
from server.web.permission import device as for_devices

ORIGIN = re.compile(r"(https?://([A-Za-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?)?")
POLLS = "600 per minute"  # thirty screens behind one address, each asking every three seconds
NEW_CODES = "300 per hour"  # each is remembered for a day
RETRY_AFTER_S = 3


def add_to(bp: Blueprint) -> None:
    """Serve this part's routes."""
    limited = limiter.limit(NEW_CODES, deduct_when=lambda _: g.get("shows_new_code", False))(enrol)
    bp.add_url_rule("/device/v1/enrol", view_func=limiter.limit(POLLS)(limited), methods=["POST"])
    bp.register_error_handler(Refused, lambda refused: refused.response)


@for_devices
def enrol() -> Response:
    """202 while nobody entered the code, 200 with the screen's data afterwards: to the same key, however often."""
    data = body(SMALL_BYTES)
    public, code, name, origin = _asked(data)
    wanted = claim()
    if wanted.keyid != keyid_of(public):
        raise Refused(unauthorized("signature"))
    check(wanted, public, data)
    try:
        known = screens.look(reading(), public, code, now_ms()) or _written_down(public, code, name)
    except DomainError as error:
        status = 403 if isinstance(error, Forbidden) else 400 if isinstance(error, Invalid) else 409
        return answer(status, {"code": error.code})
    if isinstance(known, Device):
        return answer(200, _paired(known, origin))
    return answer(202, {"status": "waiting", "retry_after_s": RETRY_AFTER_S})


def _written_down(public: str, code: str, name: str) -> Device | None:
    g.shows_new_code = True
    session = writing()
    device = screens.poll(session, public, code, name, now_ms(), request.remote_addr or "")
    session.commit()
    return device


def _asked(data: bytes) -> tuple[str, str, str, str]:
    """Key, code and name; and, from a player that is a page in a browser, the origin at which it was opened."""
    try:
        said = json.loads(data)
        public, code, name, origin = said["public"], said["code"], said.get("name", ""), said.get("origin", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(answer(400, {"code": "damaged"})) from error
    if not all(isinstance(value, str) for value in (public, code, name, origin)) or not SHA256.fullmatch(public):
        raise Refused(answer(400, {"code": "damaged"}))
    if not ORIGIN.fullmatch(origin):
        raise Refused(answer(400, {"code": "origin"}))
    return public, code, "".join(c for c in name if c.isprintable()), origin


def _paired(device: Device, origin: str) -> dict[str, str]:
    login = login_of(settings(), device.screen.public_id, device.keyid)
    host = urlsplit(request.host_url).hostname or ""
    return {
        "status": "paired",
        "screen": device.screen.public_id,
        "unit": device.screen.unit.code,
        "name": device.screen.name,
        "broker_url": websocket_url(settings(), origin) if origin else from_there(login.broker_url, host),
        "username": login.username,
        "password": login.password,
        "files_url": request.host_url.rstrip("/") + "/files",
    }
