"""The life of campaigns: draft, changed, published, ended; and finding them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server import users
from server.audit import record
from server.campaigns.rules import check
from server.campaigns.tables import Campaign, Status
from server.campaigns.terms import Terms, write
from server.errors import Conflict, NotFound
from server.library import Item


def add(session: Session, actor: users.User, terms: Terms, now_ms: int) -> Campaign:
    """A draft with these terms. Raises Invalid (what must change in the form) or Forbidden."""
    check(session, actor, terms)
    campaign = Campaign(author_id=actor.id, created_ms=now_ms, status=Status.DRAFT)
    write(campaign, terms)
    session.add(campaign)
    session.flush()
    record(session, actor, "campaign.created", f"campaign:{campaign.id}", name=campaign.name)
    return campaign


def change(session: Session, actor: users.User, campaign: Campaign, terms: Terms) -> None:
    """Other terms. A published campaign must be published again before screens follow (the caller does both).

    Raises Invalid, Forbidden, or Conflict when it has ended.
    """
    _still_open(campaign)
    users.require(session, actor, users.Role.SCHEDULER, campaign.unit_id)
    check(session, actor, terms)
    write(campaign, terms)
    campaign.reduction = None  # whoever agreed to a loss agreed to that of the former terms
    session.flush()
    record(session, actor, "campaign.changed", f"campaign:{campaign.id}", name=campaign.name)


def close(session: Session, actor: users.User, campaign: Campaign, status: Status) -> None:
    """End or withdraw it; the caller replans its screens. Raises Forbidden or Conflict."""
    _still_open(campaign)
    users.require(session, actor, users.Role.SCHEDULER, campaign.unit_id)
    campaign.status = status
    session.flush()
    record(session, actor, f"campaign.{status}", f"campaign:{campaign.id}", name=campaign.name)


def _still_open(campaign: Campaign) -> None:
    if campaign.status in (Status.ENDED, Status.WITHDRAWN):
        raise Conflict("campaign-closed", "Đợt tuyên truyền này đã kết thúc: hãy lập đợt mới.")


def get(session: Session, campaign_id: int) -> Campaign:
    """The campaign. Raises NotFound."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("campaign-missing", "Không tìm thấy đợt tuyên truyền này.")
    return campaign


def visible(session: Session, user: users.User, campaign_id: int) -> Campaign:
    """The campaign, if this person has any role that reaches its unit. Raises NotFound otherwise."""
    campaign = get(session, campaign_id)
    if campaign.unit_id not in users.units_where(session, user):
        raise NotFound("campaign-missing", "Không tìm thấy đợt tuyên truyền này.")
    return campaign


def in_units(session: Session, unit_ids: Collection[int]) -> Sequence[Campaign]:
    """The campaigns of these units, newest first."""
    return session.scalars(select(Campaign).where(Campaign.unit_id.in_(unit_ids)).order_by(Campaign.id.desc())).all()


def title_of(session: Session, item_id: int) -> str:
    """The item's title, or its number when there is no such item."""
    return session.scalar(select(Item.title).where(Item.id == item_id)) or str(item_id)


def end_those_over(session: Session, now_ms: int) -> bool:
    """Mark campaigns whose last day is over in every zone as ended. Returns whether there were any."""
    yesterday = datetime.fromtimestamp(now_ms / 1000, UTC).date() - timedelta(days=1)
    over = update(Campaign).where(Campaign.status == Status.PUBLISHED, Campaign.last_day < yesterday)
    ended = session.execute(over.values(status=Status.ENDED))
    return bool(ended.rowcount)  # type: ignore[attr-defined]
