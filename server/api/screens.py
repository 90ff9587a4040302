"""Screens: how each one is, and pairing a new one."""

from __future__ import annotations

from typing import Any

from server import publishing, screens, units, users
from server.api.door import Door
from server.api.screen_schemas import Pairing, ScreenList, StandingView
from server.clock import now_ms
from server.errors import NotFound
from server.users import Role
from server.web.database import reading, writing
from server.web.limits import limiter
from server.web.permission import me, permit
from server.web.screens import READERS, WRONG_CODES
from server.web.signing import keys

bp = Door("screens", __name__, description="Màn hình: one display with one player")
Body = dict[str, Any]


@bp.get("")
@permit(*READERS)
@bp.response(200, ScreenList)
def listing() -> Body:
    """Screens of your units that are in service."""
    session = reading()
    found = screens.in_units(session, users.units_where(session, me(), *READERS))
    return {"screens": publishing.standings(session, found, now_ms())}


@bp.get("/<public_id>")
@permit(*READERS)
@bp.response(200, StandingView)
def get(public_id: str) -> publishing.Standing:
    """One screen."""
    session = reading()
    screen = screens.by_public_id(session, public_id)
    if screen is None:
        raise NotFound("screen-missing", "Không tìm thấy màn hình này.")
    return publishing.standings(session, [screens.visible(session, me(), screen.id)], now_ms())[0]


@bp.post("/pair")
@permit(Role.OPERATOR)
@limiter.limit(WRONG_CODES, key_func=lambda: f"pair:{me().id}", deduct_when=lambda answer: answer.status_code == 422)
@bp.arguments(Pairing)
@bp.response(201, StandingView)
def pair(body: Body) -> publishing.Standing:
    """Make the player that shows the code a screen, and give it something to show at once."""
    session = writing()
    screen = screens.pair(
        session,
        me(),
        code=body["code"],
        name=body["name"],
        unit=units.by_code(session, body["unit"]),
        screen_class=screens.get_class(session, body["screen_class"]),
        place=body["place"],
        venue=body["venue"],
        now_ms=now_ms(),
    )
    publishing.replan(session, keys(), [screen.id], now_ms())
    session.commit()
    return publishing.standings(session, [screen], now_ms())[0]
