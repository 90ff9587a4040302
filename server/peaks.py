"""Peak campaigns (đợt cao điểm): on request of a competent body, chosen campaigns play more often for some days, or
have prime windows to themselves (Plan 241/KH, II.3.c). What they mean for the plan is :mod:`playlists.peaks`: it has
its dates inside, so nobody has to switch anything on or off.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from playlists import peaks as model
from playlists.model import Window
from server import units, users, windows
from server.audit import record
from server.campaigns import Campaign
from server.db import Base, Key, KeyColumn, Millis
from server.errors import Conflict, Invalid, NotFound, msgid
from server.text import clean

LONGEST_DAYS = 92


class Status(StrEnum):
    """Where a peak is in its life. Only a published one changes plans."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


STATUS_NAMES = {
    Status.DRAFT: msgid("Bản nháp"),
    Status.PUBLISHED: msgid("Đã phát hành"),
    Status.CLOSED: msgid("Đã đóng"),
}


class Peak(Base):
    """One peak. ``boost_percent`` 100 boosts nothing; ``reserved`` empty reserves nothing."""

    __tablename__ = "peaks"

    id: Mapped[KeyColumn]
    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)
    author_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"))
    requester: Mapped[str] = mapped_column(String(200), default="")
    directive_number: Mapped[str] = mapped_column(String(100), default="")
    first_day: Mapped[date]
    last_day: Mapped[date]
    boost_percent: Mapped[int]
    reserved: Mapped[windows.Stored] = mapped_column(JSON, default=list)
    status: Mapped[Status] = mapped_column(String(16), default=Status.DRAFT, index=True)
    created_ms: Mapped[Millis]

    unit: Mapped[units.Unit] = relationship(lazy="joined", innerjoin=True)
    campaigns: Mapped[list[Campaign]] = relationship(secondary="peak_campaigns", lazy="selectin", order_by=Campaign.id)

    def planned(self) -> model.Peak:
        """The peak as the planner sees it."""
        return model.Peak(
            self.id,
            self.name,
            self.first_day,
            self.last_day,
            frozenset(campaign.id for campaign in self.campaigns),
            self.boost_percent,
            windows.loaded(self.reserved),
        )


class PeakCampaign(Base):
    """One campaign that a peak favours."""

    __tablename__ = "peak_campaigns"

    peak_id: Mapped[int] = mapped_column(Key, ForeignKey("peaks.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Key, ForeignKey("campaigns.id"), primary_key=True, index=True)


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody wants of a peak."""

    name: str
    unit_id: int
    first_day: date
    last_day: date
    campaign_ids: frozenset[int]
    boost_percent: int = model.USUAL_PERCENT
    reserved: tuple[Window, ...] = ()
    requester: str = ""
    directive_number: str = ""


def add(session: Session, actor: users.User, terms: Terms, now_ms: int) -> Peak:
    """A draft with these terms. Raises Invalid or Forbidden."""
    peak = Peak(author_id=actor.id, created_ms=now_ms, status=Status.DRAFT)
    _write(session, actor, peak, terms)
    session.add(peak)
    session.flush()
    record(session, actor, "peak.created", f"peak:{peak.id}", name=peak.name)
    return peak


def change(session: Session, actor: users.User, peak: Peak, terms: Terms) -> None:
    """Other terms; the caller replans when it is published. Raises Invalid, Forbidden, or Conflict when closed."""
    _still_open(peak)
    users.require(session, actor, users.Role.SCHEDULER, peak.unit_id)
    _write(session, actor, peak, terms)
    session.flush()
    record(session, actor, "peak.changed", f"peak:{peak.id}", name=peak.name)


def set_status(session: Session, actor: users.User, peak: Peak, status: Status) -> None:
    """Publish or close it; the caller replans the screens. Raises Forbidden or Conflict."""
    _still_open(peak)
    users.require(session, actor, users.Role.SCHEDULER, peak.unit_id)
    if peak.status == status:
        return
    peak.status = status
    session.flush()
    record(session, actor, f"peak.{status}", f"peak:{peak.id}", name=peak.name)


def get(session: Session, peak_id: int) -> Peak:
    """The peak. Raises NotFound."""
    peak = session.get(Peak, peak_id)
    if peak is None:
        raise NotFound("peak-missing", "Không tìm thấy đợt cao điểm này.")
    return peak


def visible(session: Session, user: users.User, peak_id: int) -> Peak:
    """The peak, if this person has any role that reaches its unit. Raises NotFound otherwise."""
    peak = get(session, peak_id)
    if peak.unit_id not in users.units_where(session, user):
        raise NotFound("peak-missing", "Không tìm thấy đợt cao điểm này.")
    return peak


def in_units(session: Session, unit_ids: Collection[int]) -> Sequence[Peak]:
    """The peaks of these units, newest first."""
    return session.scalars(select(Peak).where(Peak.unit_id.in_(unit_ids)).order_by(Peak.id.desc())).all()


def published(session: Session, from_day: date) -> tuple[model.Peak, ...]:
    """The published peaks that are not over before this day, as the planner sees them, by number."""
    query = select(Peak).where(Peak.status == Status.PUBLISHED, Peak.last_day >= from_day).order_by(Peak.id)
    return tuple(peak.planned() for peak in session.scalars(query) if peak.campaigns)


def choosable(session: Session, unit_ids: Collection[int]) -> Sequence[Campaign]:
    """The campaigns that a peak of these units may favour: those of the units that are not over, newest first."""
    query = select(Campaign).where(Campaign.unit_id.in_(unit_ids), Campaign.status.in_(("draft", "published")))
    return session.scalars(query.order_by(Campaign.id.desc())).all()


def terms_of(peak: Peak) -> Terms:
    """The peak as it stands, to begin a form with."""
    return Terms(
        name=peak.name,
        unit_id=peak.unit_id,
        first_day=peak.first_day,
        last_day=peak.last_day,
        campaign_ids=frozenset(campaign.id for campaign in peak.campaigns),
        boost_percent=peak.boost_percent,
        reserved=windows.loaded(peak.reserved),
        requester=peak.requester,
        directive_number=peak.directive_number,
    )


def _still_open(peak: Peak) -> None:
    if peak.status == Status.CLOSED:
        raise Conflict("peak-closed", "Đợt cao điểm này đã đóng: hãy lập đợt cao điểm mới.")


def _write(session: Session, actor: users.User, peak: Peak, terms: Terms) -> None:
    users.require(session, actor, users.Role.SCHEDULER, terms.unit_id)
    _check(terms)
    peak.campaigns = _favoured(session, terms)
    peak.name, peak.unit_id = units.clean_name(terms.name), terms.unit_id
    peak.first_day, peak.last_day = terms.first_day, terms.last_day
    peak.boost_percent, peak.reserved = terms.boost_percent, windows.stored(terms.reserved)
    peak.requester, peak.directive_number = clean(terms.requester)[:200], clean(terms.directive_number)[:100]


def _check(terms: Terms) -> None:
    if terms.last_day < terms.first_day:
        raise Invalid(
            "dates-reversed",
            "Ngày cuối (%(last)s) sớm hơn ngày đầu (%(first)s): hãy đổi lại.",
            field="last_day",
            first=terms.first_day.strftime("%d/%m/%Y"),
            last=terms.last_day.strftime("%d/%m/%Y"),
        )
    if (terms.last_day - terms.first_day).days >= LONGEST_DAYS:
        raise Invalid("peak-long", "Một đợt cao điểm kéo dài nhiều nhất ba tháng.", field="last_day")
    if not model.USUAL_PERCENT <= terms.boost_percent <= model.MOST_PERCENT:
        raise Invalid(
            "peak-boost",
            "Mức tăng là từ %(least)s đến %(most)s phần trăm so với thường ngày.",
            field="boost_percent",
            least=model.USUAL_PERCENT,
            most=model.MOST_PERCENT,
        )
    if terms.boost_percent == model.USUAL_PERCENT and not terms.reserved:
        raise Invalid(
            "peak-nothing",
            "Đợt cao điểm này chưa thay đổi gì: hãy tăng tần suất trên 100%% hoặc dành riêng khung giờ.",
            field="boost_percent",
        )


def _favoured(session: Session, terms: Terms) -> list[Campaign]:
    allowed = {campaign.id: campaign for campaign in choosable(session, units.subtree_ids(session, terms.unit_id))}
    if not terms.campaign_ids or not terms.campaign_ids <= allowed.keys():
        raise Invalid(
            "peak-campaigns",
            "Hãy chọn ít nhất một đợt tuyên truyền chưa kết thúc, của chính đơn vị này hoặc đơn vị trực thuộc.",
            field="campaigns",
        )
    return [allowed[number] for number in sorted(terms.campaign_ids)]
