"""Is this process alive, and does its database answer? For load balancers and supervisors."""

from __future__ import annotations

from flask import Blueprint, Response

from server.db import ping
from server.web.database import reading
from server.web.permission import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """200 ``ok`` when a query succeeds; a database that does not answer makes it 500."""
    ping(reading())
    return Response("ok\n", content_type="text/plain")
