"""Campaigns: which items are shown on which screens, on which days, in which hours, how often."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, String, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from playlists.model import Priority, Window
from server import screens, units, users, windows
from server.audit import record
from server.db import Base, Key, KeyColumn, Millis
from server.errors import Conflict, Invalid, NotFound, msgid
from server.library import Item

LONGEST_DAYS = 366
MOST_PLAYS_PER_HOUR = 360  # one every ten seconds
MOST_ITEMS = 100


class Status(StrEnum):
    """Where a campaign is in its life. Only what is published reaches screens."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


STATUS_NAMES = {
    Status.DRAFT: msgid("Bản nháp"),
    Status.PUBLISHED: msgid("Đã phát hành"),
    Status.ENDED: msgid("Đã kết thúc"),
    Status.WITHDRAWN: msgid("Đã thu hồi"),
}
PRIORITY_NAMES = {
    Priority.PRIORITY: msgid("Ưu tiên"),
    Priority.NORMAL: msgid("Bình thường"),
    Priority.FILLER: msgid("Lấp chỗ trống"),
}


class Campaign(Base):
    """One campaign. ``everywhere``: all screens of its unit and below, also those that will be paired later."""

    __tablename__ = "campaigns"

    id: Mapped[KeyColumn]
    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)
    author_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"))
    directive_number: Mapped[str] = mapped_column(String(100), default="")
    directive_date: Mapped[date | None]
    first_day: Mapped[date]
    last_day: Mapped[date] = mapped_column(index=True)
    windows: Mapped[windows.Stored] = mapped_column(JSON)
    plays_per_hour: Mapped[int]
    priority: Mapped[int] = mapped_column(default=int(Priority.NORMAL))
    everywhere: Mapped[bool] = mapped_column(default=False)
    status: Mapped[Status] = mapped_column(String(16), default=Status.DRAFT, index=True)
    created_ms: Mapped[Millis]
    published_ms: Mapped[int | None] = mapped_column(BigInteger)

    unit: Mapped[units.Unit] = relationship(lazy="joined", innerjoin=True)
    author: Mapped[users.User] = relationship(lazy="select")
    items: Mapped[list[CampaignItem]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="CampaignItem.position"
    )
    screens: Mapped[list[CampaignScreen]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def item_ids(self) -> tuple[int, ...]:
        """The items in the order somebody put them in."""
        return tuple(row.item_id for row in self.items)

    @property
    def screen_ids(self) -> frozenset[int]:
        """The screens named one by one; empty for a campaign that goes everywhere."""
        return frozenset(row.screen_id for row in self.screens)

    def open_windows(self) -> tuple[Window, ...]:
        """When it may be shown, by the wall clock of each screen."""
        return windows.loaded(self.windows)


class CampaignItem(Base):
    """One item of a campaign, at its place in the order."""

    __tablename__ = "campaign_items"

    campaign_id: Mapped[int] = mapped_column(Key, ForeignKey("campaigns.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(Key, ForeignKey("items.id"), primary_key=True, index=True)
    position: Mapped[int]


class CampaignScreen(Base):
    """One screen that a campaign names."""

    __tablename__ = "campaign_screens"

    campaign_id: Mapped[int] = mapped_column(Key, ForeignKey("campaigns.id"), primary_key=True)
    screen_id: Mapped[int] = mapped_column(Key, ForeignKey("screens.id"), primary_key=True, index=True)


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody wants of a campaign. ``screen_ids`` None means everywhere in the unit, now and later."""

    name: str
    unit_id: int
    first_day: date
    last_day: date
    windows: tuple[Window, ...]
    plays_per_hour: int
    item_ids: tuple[int, ...]
    screen_ids: frozenset[int] | None = None
    priority: Priority = Priority.NORMAL
    directive_number: str = ""
    directive_date: date | None = None


def add(session: Session, actor: users.User, terms: Terms, now_ms: int) -> Campaign:
    """A draft with these terms. Raises Invalid (what must change in the form) or Forbidden."""
    check(session, actor, terms)
    campaign = Campaign(author_id=actor.id, created_ms=now_ms, status=Status.DRAFT)
    _write(campaign, terms)
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
    _write(campaign, terms)
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


def _write(campaign: Campaign, terms: Terms) -> None:
    campaign.name = units.clean_name(terms.name)
    campaign.unit_id = terms.unit_id
    campaign.directive_number = " ".join(terms.directive_number.split())[:100]
    campaign.directive_date = terms.directive_date
    campaign.first_day, campaign.last_day = terms.first_day, terms.last_day
    campaign.windows = windows.stored(terms.windows)
    campaign.plays_per_hour, campaign.priority = terms.plays_per_hour, int(terms.priority)
    campaign.everywhere = terms.screen_ids is None
    known_items = {row.item_id: row for row in campaign.items}
    for position, item_id in enumerate(terms.item_ids):
        row = known_items.get(item_id) or CampaignItem(item_id=item_id)
        row.position = position
        known_items[item_id] = row
    campaign.items[:] = [known_items[item_id] for item_id in terms.item_ids]
    known_screens = {row.screen_id: row for row in campaign.screens}
    campaign.screens[:] = [
        known_screens.get(screen_id) or CampaignScreen(screen_id=screen_id)
        for screen_id in sorted(terms.screen_ids or ())
    ]


def check(session: Session, actor: users.User, terms: Terms) -> None:
    """Refuse terms that make no sense or reach too far; whether the items are approved is asked when publishing.

    Raises:
        Invalid: the sentence says what to change.
        Forbidden: the person schedules for none of the units concerned.
    """
    users.require(session, actor, users.Role.SCHEDULER, terms.unit_id)
    units.clean_name(terms.name)
    _check_days(terms)
    _check_frequency(terms)
    if not terms.windows:
        raise Invalid("no-window", "Cần ít nhất một khung giờ.", field="windows")
    if not terms.item_ids:
        raise Invalid("no-item", "Hãy chọn ít nhất một sản phẩm đã được phê duyệt.", field="items")
    if len(terms.item_ids) != len(set(terms.item_ids)) or len(terms.item_ids) > MOST_ITEMS:
        raise Invalid(
            "items", "Mỗi sản phẩm chọn một lần, nhiều nhất %(most)s sản phẩm.", field="items", most=MOST_ITEMS
        )
    _check_items(session, terms)
    _check_screens(session, actor, terms)


def _check_items(session: Session, terms: Terms) -> None:
    """Items come from the campaign's unit, those above it or those below; approved they must be when it goes out."""
    near = {unit.id for unit in units.ancestors(session, terms.unit_id)} | units.subtree_ids(session, terms.unit_id)
    query = select(func.count()).where(Item.id.in_(terms.item_ids), Item.unit_id.in_(near))
    if session.scalar(query) != len(terms.item_ids):
        raise Invalid("item-out-of-reach", "Có sản phẩm không thuộc phạm vi đơn vị của đợt này.", field="items")


def _check_days(terms: Terms) -> None:
    if terms.last_day < terms.first_day:
        raise Invalid(
            "dates-reversed",
            "Ngày cuối (%(last)s) sớm hơn ngày đầu (%(first)s): hãy đổi lại.",
            field="last_day",
            first=terms.first_day.strftime("%d/%m/%Y"),
            last=terms.last_day.strftime("%d/%m/%Y"),
        )
    if (terms.last_day - terms.first_day).days >= LONGEST_DAYS:
        raise Invalid(
            "dates-long", "Một đợt kéo dài nhiều nhất một năm: hãy lập đợt mới cho năm sau.", field="last_day"
        )


def _check_frequency(terms: Terms) -> None:
    if terms.priority is Priority.EMERGENCY:
        raise Invalid("priority", "Tin khẩn cấp không phát bằng đợt tuyên truyền.", field="priority")
    if terms.priority is Priority.FILLER:
        if terms.plays_per_hour != 0:
            raise Invalid("filler-frequency", "Đợt lấp chỗ trống không có tần suất: hãy ghi 0.", field="plays_per_hour")
    elif not 1 <= terms.plays_per_hour <= MOST_PLAYS_PER_HOUR:
        raise Invalid(
            "frequency",
            "Tần suất là số lượt mỗi giờ, từ 1 đến %(most)s (chỉ muốn lấp chỗ trống thì chọn mức “Lấp chỗ trống”).",
            field="plays_per_hour",
            most=MOST_PLAYS_PER_HOUR,
        )


def _check_screens(session: Session, actor: users.User, terms: Terms) -> None:
    if terms.screen_ids is None:
        return
    if not terms.screen_ids:
        raise Invalid("no-screen", "Hãy chọn ít nhất một màn hình.", field="screens")
    reach = users.units_where(session, actor, users.Role.SCHEDULER) & units.subtree_ids(session, terms.unit_id)
    allowed = {screen.id for screen in screens.in_units(session, reach)}
    if not terms.screen_ids <= allowed:
        raise Invalid(
            "screen-out-of-reach", "Có màn hình không thuộc đơn vị của đợt này, hoặc đã ngừng dùng.", field="screens"
        )


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


def terms_of(campaign: Campaign) -> Terms:
    """The campaign as it stands, to be judged or to begin a form with."""
    return Terms(
        name=campaign.name,
        unit_id=campaign.unit_id,
        first_day=campaign.first_day,
        last_day=campaign.last_day,
        windows=campaign.open_windows(),
        plays_per_hour=campaign.plays_per_hour,
        item_ids=campaign.item_ids,
        screen_ids=None if campaign.everywhere else campaign.screen_ids,
        priority=Priority(campaign.priority),
        directive_number=campaign.directive_number,
        directive_date=campaign.directive_date,
    )


def transient(terms: Terms, campaign_id: int) -> Campaign:
    """A campaign of these terms that is not kept: for judging them."""
    campaign = Campaign(id=campaign_id)
    _write(campaign, terms)
    return campaign


def title_of(session: Session, item_id: int) -> str:
    """The item's title, or its number when there is no such item."""
    return session.scalar(select(Item.title).where(Item.id == item_id)) or str(item_id)


def targets_of(session: Session, terms: Terms) -> Sequence[screens.Screen]:
    """The screens in service that these terms reach, by name."""
    found = screens.in_units(session, units.subtree_ids(session, terms.unit_id))
    return found if terms.screen_ids is None else [screen for screen in found if screen.id in terms.screen_ids]


def targets(session: Session, campaign: Campaign) -> Sequence[screens.Screen]:
    """The screens in service that it is meant for, by name."""
    return targets_of(session, terms_of(campaign))


def end_those_over(session: Session, now_ms: int) -> bool:
    """Mark campaigns whose last day is over in every zone as ended. Returns whether there were any."""
    yesterday = datetime.fromtimestamp(now_ms / 1000, UTC).date() - timedelta(days=1)
    over = update(Campaign).where(Campaign.status == Status.PUBLISHED, Campaign.last_day < yesterday)
    ended = session.execute(over.values(status=Status.ENDED))
    return bool(ended.rowcount)  # type: ignore[attr-defined]


def published_for(session: Session, screen: screens.Screen, from_day: date) -> Sequence[Campaign]:
    """The published campaigns of one screen that are not over before ``from_day``, by number.

    A window that crosses midnight ends on the day after the last one.
    """
    above = [unit.id for unit in units.ancestors(session, screen.unit_id)]
    named = select(CampaignScreen.campaign_id).where(CampaignScreen.screen_id == screen.id)
    query = select(Campaign).where(
        Campaign.status == Status.PUBLISHED,
        Campaign.last_day >= from_day - timedelta(days=1),
        Campaign.unit_id.in_(above),
        or_(Campaign.everywhere, Campaign.id.in_(named)),
    )
    return session.scalars(query.order_by(Campaign.id)).all()
