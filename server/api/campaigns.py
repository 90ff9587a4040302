"""Campaigns: what there is, making one, publishing it, and how far each screen is with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from playlists.changes import Change, FewerPlays, OtherWindows
from playlists.model import Order, Per
from playlists.targeting import Group, Targets
from server import campaigns, publishing, units, users, windows
from server.api.campaign_schemas import (
    PRIORITIES,
    CampaignInput,
    CampaignList,
    JudgedInput,
    OneCampaign,
    Publishing,
    VerdictView,
    window_view,
)
from server.api.door import Door, Nothing
from server.campaigns import Campaign, Status, Terms, frequency
from server.clock import now_ms
from server.users import Role
from server.web.campaigns import READERS
from server.web.database import reading, writing
from server.web.permission import me, permit
from server.web.problems import sentence
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


@bp.post("/feasibility")
@permit(Role.SCHEDULER)
@bp.arguments(JudgedInput)
@bp.response(200, VerdictView)
def feasibility(body: Body) -> Body:
    """Whether a campaign could be published as promised, and if not, what is short and what would help."""
    session = reading()
    terms = _terms(session, body)
    campaigns.check(session, me(), terms)
    found = publishing.judge(session, terms, body["replaces"], now_ms())
    return {
        "good": found.good,
        "screens": found.screens,
        "missing_s": found.missing_s,
        "objections": [{"code": one.code, "detail": sentence(one)} for one in found.objections],
        "shorts": found.shorts,
        "changes": [_change(terms, change) for change in publishing.changes(found)] if found.shorts else [],
    }


@bp.get("/<int:campaign_id>")
@permit(*READERS)
@bp.response(200, OneCampaign)
def get(campaign_id: int) -> Body:
    """One campaign, and how far each of its screens is."""
    session = reading()
    return _shown(session, campaigns.visible(session, me(), campaign_id))


@bp.post("/<int:campaign_id>/publish")
@permit(Role.SCHEDULER)
@bp.arguments(Publishing, required=False)
@bp.response(200, OneCampaign)
def publish(body: Body, campaign_id: int) -> Body:
    """Bring it to its screens. Publishing twice changes nothing. What cannot be kept is refused with the reason, unless
    the loss is accepted by number."""
    session = writing()
    campaign = campaigns.visible(session, me(), campaign_id)
    publishing.publish(session, me(), campaign, keys(), now_ms(), body.get("accept_missing_seconds", 0))
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
    often, targets = body["frequency"], body["targets"]
    exceptions = [
        (one["day"], windows.read(w["start"], w["end"]) if w else None)
        for one in body["exceptions"]
        for w in one["windows"] or (None,)
    ]
    return Terms(
        name=body["name"],
        unit_id=units.by_code(session, body["unit"]).id,
        first_day=body["first_day"],
        last_day=body["last_day"],
        windows=tuple(windows.read(w["start"], w["end"], w["days"], w["dates"]) for w in body["windows"]),
        frequency=frequency.read(Per(often["per"]), often["least"], often["most"], often["largest_gap_minutes"]),
        item_ids=tuple(body["items"]),
        targets=None if targets is None else Targets(_group(targets["include"]), _group(targets["exclude"])),
        priority=PRIORITIES[body["priority"]],
        exceptions=windows.exceptions_of(exceptions, body["name"]),
        order=Order(body["order"]),
        weights=body["weights"],
        prime_first=body["prime_first"],
        directive_number=body["directive_number"],
        directive_date=body["directive_date"],
    )


def _group(named: Body) -> Group:
    return Group(**{kind: frozenset(names) - {""} for kind, names in named.items()})


def _change(terms: Terms, change: Change) -> Body:
    """A change in the words of the input, so that it can be put into it."""
    if isinstance(change, FewerPlays):
        least, _most, gap = frequency.written(frequency.thinned(terms.frequency, change.least))
        return {"cost": change.cost, "least": least, "largest_gap_minutes": gap}
    if isinstance(change, OtherWindows):
        return {"cost": change.cost, "windows": [window_view(window) for window in change.windows]}
    return {"cost": change.cost, "longest_item_ms": change.longest_ms}


def _kept(session: Session, campaign: Campaign) -> Body:
    session.commit()
    return _shown(session, campaign)


def _shown(session: Session, campaign: Campaign) -> Body:
    found = publishing.standings(session, campaigns.targets(session, campaign), now_ms())
    return {"campaign": campaign, "screens": found}
