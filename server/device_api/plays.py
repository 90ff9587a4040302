"""A device hands in its plays and gets the signed receipt, after the commit."""

from __future__ import annotations

import json
import logging

from flask import Blueprint, Response, current_app
from sqlalchemy.orm import Session

from playlists.envelope import Kind
from playlists.errors import Code, Refusal
from server import screens, signing
from server.clock import now_ms
from server.device_api.asking import Refused, answer, body, check, claim, inflated, settings, unauthorized
from server.plays.client import IngestClient
from server.plays.counting import Place
from server.plays.receive import Door
from server.plays.resolver import PublishedEntries
from server.plays.submission import Busy, Forked, Sender
from server.screens.senders import PlaySender, sender_by_keyid
from server.web.database import reading, writing
from server.web.permission import device as for_devices

log = logging.getLogger(__name__)

EXTENSION = "cauthang.plays"


def add_to(bp: Blueprint) -> None:
    """Serve this part's route."""
    bp.add_url_rule("/device/v1/plays", view_func=receive, methods=["POST"])


@for_devices
def receive() -> Response:
    """200 with the sealed receipt; 422 for a batch that will never be good; 503 when it should come again.

    409 with ``E-FORK`` and ``last``, the highest number known of this device: a number came again with other content,
    and nothing of the batch counts. The device numbers its plays anew from there on.
    """
    limit = Kind.PLAYS.limit_bytes
    data = body(limit)
    session = reading()
    sender = _sender(session, data)
    place = Place(sender.screen_id, sender.unit_id, sender.zone)
    try:
        receipt = _door().receive(
            session,
            Sender(sender.device_id, sender.keyid, sender.public, place),
            sender.screen_public_id,
            inflated(data, limit),
            now_ms(),
        )
    except Refusal as refusal:
        return answer(422, {"code": str(refusal.code), "detail": refusal.sentence})
    except Busy as busy:
        return answer(503, {"code": "busy"}, {"Retry-After": str(busy.retry_after_s)})
    except Forked as fork:
        return _forked(sender, fork)
    return Response(receipt, content_type=Kind.RECEIPT.payload_type)


def _sender(session: Session, data: bytes) -> PlaySender:
    """The device that signed this request, even a retired one: what it showed before is still to be handed in.

    The batch inside is signed as well, over its content. The signature of the request is checked nevertheless: it is
    what makes a copied request worthless after ten minutes, and what tells a wrong clock.
    """
    wanted = claim()
    found = sender_by_keyid(session, wanted.keyid)
    if found is None:
        raise Refused(unauthorized("unknown"))
    check(wanted, found.public, data)
    return found


def _forked(sender: PlaySender, fork: Forked) -> Response:
    log.warning("device %s of screen %s sent numbers again", sender.keyid[:16], sender.screen_public_id)
    session = writing()
    device = screens.device_by_keyid(session, sender.keyid)
    if device is not None:
        screens.note_fork(session, device, now_ms())
    session.commit()
    problem = {"type": "about:blank", "title": "Conflict", "status": 409, "code": str(Code.FORK), "last": fork.last}
    return Response(json.dumps(problem), 409, content_type="application/problem+json")


def _door() -> Door:
    """The door of this process: it remembers playlists and keeps its connections to the ingest process."""
    extensions = current_app.extensions
    if EXTENSION not in extensions:
        here = settings()
        log_key = signing.load(here.keys_dir).log
        extensions[EXTENSION] = Door(IngestClient(here.ingest_socket), PublishedEntries(), log_key)
    door: Door = extensions[EXTENSION]
    return door
