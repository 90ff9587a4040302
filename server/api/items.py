"""Items: what there is, what their authors say about them, and what approvers decide."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from server import approvals, library, signatures, users
from server.api.door import Door, Nothing
from server.api.item_schemas import (
    Decision,
    Description,
    ItemList,
    ListQuery,
    OneItem,
    Reason,
    Withdrawal,
)
from server.approvals import Terms
from server.clock import now_ms
from server.library import Item
from server.settings import Settings
from server.users import Role
from server.web.database import reading, writing
from server.web.language import ZONE
from server.web.library import READERS
from server.web.limits import LOGIN_BY_ADDRESS, limiter
from server.web.permission import me, permit

bp = Door("items", __name__, description="Sản phẩm: library entries on their way to the screens")
JUDGES = (Role.APPROVER, Role.MANAGER)
Body = dict[str, Any]


@bp.get("")
@permit(*READERS)
@bp.arguments(ListQuery, location="query")
@bp.response(200, ItemList)
def listing(query: Body) -> Body:
    """Items of your units, newest first."""
    session, limit = reading(), query["limit"]
    found = library.listing(
        session,
        users.units_where(session, me(), *READERS),
        status=query.get("status"),
        words=query["q"],
        before_id=query["before"],
        limit=limit + 1,
    )
    return {"items": found[:limit], "before": found[limit - 1].id if len(found) > limit else None}


@bp.get("/<int:item_id>")
@permit(*READERS)
@bp.response(200, OneItem)
def get(item_id: int) -> Body:
    """One item."""
    return _shown(reading(), _item(reading(), item_id))


@bp.post("/<int:item_id>/describe")
@permit(Role.UPLOADER)
@bp.arguments(Description)
@bp.response(200, OneItem)
def describe(body: Body, item_id: int) -> Body:
    """Say what the item is, before it is submitted."""
    session = writing()
    item = _item(session, item_id)
    said = {name: getattr(item, name) for name in ("title", "field_of_law", "legal_basis")}
    library.describe(session, me(), item, **{**said, **body}, now_ms=now_ms())
    return _kept(session, item)


@bp.post("/<int:item_id>/submit")
@permit(Role.UPLOADER)
@bp.arguments(Nothing, required=False)
@bp.response(200, OneItem)
def submit(_body: Body, item_id: int) -> Body:
    """Ask for approval."""
    session = writing()
    item = _item(session, item_id)
    library.submit(session, me(), item, now_ms())
    return _kept(session, item)


@bp.post("/<int:item_id>/approve")
@permit(Role.APPROVER)
@limiter.limit(LOGIN_BY_ADDRESS)
@bp.arguments(Decision)
@bp.response(200, OneItem)
def approve(body: Body, item_id: int) -> Body:
    """Sign the renditions as they are. The author of an item is refused with the code `own-item`."""
    session = writing()
    item = _item(session, item_id, *JUDGES)
    library.refuse_author(me(), item)
    unit = approvals.signing_unit(session, me(), item, body.pop("unit"))
    password, scope = body.pop("password"), tuple(body.pop("scope")) or (unit.code,)
    terms = Terms.of_days(**body, scope=scope, zone=ZONE.key)
    signatures.approve(
        session,
        _settings(),
        approver=me(),
        password=password,
        item=item,
        unit=unit,
        terms=terms,
        now_ms=now_ms(),
    )
    return _kept(session, item)


@bp.post("/<int:item_id>/return")
@permit(Role.APPROVER)
@bp.arguments(Reason)
@bp.response(200, OneItem)
def send_back(body: Body, item_id: int) -> Body:
    """Return a submitted item to its author, with the reason."""
    session = writing()
    item = _item(session, item_id, *JUDGES)
    library.send_back(session, me(), item, body["reason"], now_ms())
    return _kept(session, item)


@bp.post("/<int:item_id>/withdraw")
@permit(Role.APPROVER)
@limiter.limit(LOGIN_BY_ADDRESS)
@bp.arguments(Withdrawal)
@bp.response(200, OneItem)
def withdraw(body: Body, item_id: int) -> Body:
    """Take an approved item off every screen, at once and for ever."""
    session = writing()
    item = _item(session, item_id, *JUDGES)
    signatures.withdraw(session, _settings(), approver=me(), item=item, **body, now_ms=now_ms())
    return _kept(session, item)


def _item(session: Session, item_id: int, *roles: Role) -> Item:
    return library.get(session, item_id, users.units_where(session, me(), *(roles or READERS)))


def _kept(session: Session, item: Item) -> Body:
    """The item as it is from now on."""
    session.commit()
    return _shown(session, item)


def _shown(session: Session, item: Item) -> Body:
    return {"item": item, "approval": approvals.current(session, item.id, now_ms())}


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
