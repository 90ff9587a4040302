"""A new player asks whether staff have entered its code, and is then told who it is."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, request

from playlists.keys import keyid_of
from playlists.model import SHA256
from server import screens
from server.broker.ours import login_of
from server.clock import now_ms
from server.device_api.asking import SMALL_BYTES, Refused, answer, body, check, claim, settings, unauthorized
from server.errors import DomainError, Forbidden, Invalid
from server.screens import Device
from server.web.database import reading, writing
from server.web.limits import limiter
from server.web.permission import device as for_devices

POLLS = "600 per minute"  # thirty screens behind one address, each asking every three seconds
NEW_CODES = "300 per hour"  # each is remembered for a day
RETRY_AFTER_S = 3
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def add_to(bp: Blueprint) -> None:
    """Serve this part's routes."""
    limited = limiter.limit(NEW_CODES, deduct_when=lambda _: g.get("shows_new_code", False))(enrol)
    bp.add_url_rule("/device/v1/enrol", view_func=limiter.limit(POLLS)(limited), methods=["POST"])
    bp.register_error_handler(Refused, lambda refused: refused.response)


@for_devices
def enrol() -> Response:
    """202 while nobody entered the code, 200 with the screen's data afterwards: to the same key, however often."""
    data = body(SMALL_BYTES)
    public, code, name = _asked(data)
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
        return answer(200, _paired(known))
    return answer(202, {"status": "waiting", "retry_after_s": RETRY_AFTER_S})


def _written_down(public: str, code: str, name: str) -> Device | None:
    g.shows_new_code = True
    session = writing()
    device = screens.poll(session, public, code, name, now_ms(), request.remote_addr or "")
    session.commit()
    return device


def _asked(data: bytes) -> tuple[str, str, str]:
    try:
        said = json.loads(data)
        public, code, name = said["public"], said["code"], said.get("name", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(answer(400, {"code": "damaged"})) from error
    if not all(isinstance(value, str) for value in (public, code, name)) or not SHA256.fullmatch(public):
        raise Refused(answer(400, {"code": "damaged"}))
    return public, code, "".join(c for c in name if c.isprintable())


def _paired(device: Device) -> dict[str, str]:
    login = login_of(settings(), device.screen.public_id, device.keyid)
    return {
        "status": "paired",
        "screen": device.screen.public_id,
        "unit": device.screen.unit.code,
        "name": device.screen.name,
        "broker_url": _from_there(login.broker_url),
        "username": login.username,
        "password": login.password,
        "files_url": request.host_url.rstrip("/") + "/files",
    }


def _from_there(url: str) -> str:
    """A broker on this machine, by the name under which the player reached this machine."""
    broker, here = urlsplit(url), urlsplit(request.host_url).hostname or ""
    if broker.hostname not in LOOPBACK or here in LOOPBACK:
        return url
    host = f"[{here}]" if ":" in here else here
    return url.replace(broker.netloc, f"{host}:{broker.port}" if broker.port else host, 1)
