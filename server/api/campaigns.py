"""Campaigns: what there is, making one, publishing it, and how far each screen is with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from server import campaigns, publishing, screens, units, users, windows
from server.api.campaign_schemas import PRIORITIES, CampaignInput, CampaignList, OneCampaign
from server.api.door import Door, Nothing
from server.campaigns import Campaign, Status, Terms
from server.clock import now_ms
from server.errors import Invalid
from server.users import Role
from server.web.campaigns import READERS
from server.web.database import reading, writing
from server.web.permission import me, permit
from server.web.signing import keys

bp = Door("campaigns", __name__, description="Đợt tuyên truyền: items, days, hours, frequency, screens")
Body = dict[str, Any]


@bp.get("")
@permit(*READERS)
@bp.response(200, CampaignList)
def listing() -> Body:
    """Campaigns of your units, newest first."""
    session = reading()
    return {"campaigns": campaigns.in_units(session, users.units_where(session, me(), *READERS))}


@bp.post("")
@permit(Role.SCHEDULER)
@bp.arguments(CampaignInput)
@bp.response(201, OneCampaign)
def create(body: Body) -> Body:
    """A draft. Nothing reaches a screen before it is published."""
    session = writing()
    campaign = campaigns.add(session, me(), _terms(session, body), now_ms())
    return _kept(session, campaign)


@bp.get("/<int:campaign_id>")
@permit(*READERS)
@bp.response(200, OneCampaign)
def get(campaign_id: int) -> Body:
    """One campaign, and how far each of its screens is."""
    session = reading()
    return _shown(session, campaigns.visible(session, me(), campaign_id))


@bp.post("/<int:campaign_id>/publish")
@permit(Role.SCHEDULER)
@bp.arguments(Nothing, required=False)
@bp.response(200, OneCampaign)
def publish(_body: Body, campaign_id: int) -> Body:
    """Bring it to its screens. Publishing twice changes nothing; what cannot be kept is refused with the reason."""
    session = writing()
    campaign = campaigns.visible(session, me(), campaign_id)
    publishing.publish(session, me(), campaign, keys(), now_ms())
    return _kept(session, campaign)


@bp.post("/<int:campaign_id>/end")
@permit(Role.SCHEDULER)
@bp.arguments(Nothing, required=False)
@bp.response(200, OneCampaign)
def end(_body: Body, campaign_id: int) -> Body:
    """Take it off its screens before its last day."""
    session = writing()
    campaign = campaigns.visible(session, me(), campaign_id)
    publishing.close(session, me(), campaign, status=Status.ENDED, keys=keys(), now_ms=now_ms())
    return _kept(session, campaign)


def _terms(session: Session, body: Body) -> Terms:
    wanted = body["screens"]
    found = [screens.by_public_id(session, name) for name in wanted or ()]
    if any(screen is None for screen in found):
        raise Invalid("screen-missing", "Không tìm thấy màn hình này.", field="screens")
    return Terms(
        name=body["name"],
        unit_id=units.by_code(session, body["unit"]).id,
        first_day=body["first_day"],
        last_day=body["last_day"],
        windows=tuple(windows.read(w["start"], w["end"], w["days"]) for w in body["windows"]),
        plays_per_hour=body["plays_per_hour"],
        item_ids=tuple(body["items"]),
        screen_ids=None if wanted is None else frozenset(screen.id for screen in found if screen is not None),
        priority=PRIORITIES[body["priority"]],
        directive_number=body["directive_number"],
        directive_date=body["directive_date"],
    )


def _kept(session: Session, campaign: Campaign) -> Body:
    session.commit()
    return _shown(session, campaign)


def _shown(session: Session, campaign: Campaign) -> Body:
    found = publishing.standings(session, campaigns.targets(session, campaign), now_ms())
    return {"campaign": campaign, "screens": found}
