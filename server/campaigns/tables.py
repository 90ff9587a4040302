"""What is kept of campaigns."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from playlists.model import DayException, Frequency, Order, Per, Priority, Window
from playlists.targeting import Group, Targets
from server import units, users, windows
from server.db import Base, Key, KeyColumn, Millis
from server.errors import msgid
from server.windows import Stored


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
GROUP_KINDS = tuple(Group.__dataclass_fields__)


class Campaign(Base):
    """One campaign. ``targets`` None: all screens of its unit and below, also those that will be paired later.

    ``reduction``: what was knowingly given up when it was published, see :mod:`server.publishing.release`.
    """

    __tablename__ = "campaigns"

    id: Mapped[KeyColumn]
    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)
    author_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"))
    directive_number: Mapped[str] = mapped_column(String(100), default="")
    directive_date: Mapped[date | None]
    first_day: Mapped[date]
    last_day: Mapped[date] = mapped_column(index=True)
    windows: Mapped[Stored] = mapped_column(JSON)
    exceptions: Mapped[Stored] = mapped_column(JSON, default=list)
    per: Mapped[str] = mapped_column(String(8), default=Per.HOUR.value)
    least: Mapped[int]
    most: Mapped[int | None]
    largest_gap_ms: Mapped[int | None] = mapped_column(BigInteger)
    order: Mapped[str] = mapped_column(String(16), default=Order.ROTATION.value)
    prime_first: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=int(Priority.NORMAL))
    targets: Mapped[dict[str, dict[str, list[str]]] | None] = mapped_column(JSON(none_as_null=True))
    status: Mapped[Status] = mapped_column(String(16), default=Status.DRAFT, index=True)
    reduction: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_ms: Mapped[Millis]
    published_ms: Mapped[int | None] = mapped_column(BigInteger)

    unit: Mapped[units.Unit] = relationship(lazy="joined", innerjoin=True)
    author: Mapped[users.User] = relationship(lazy="select")
    items: Mapped[list[CampaignItem]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="CampaignItem.position"
    )

    @property
    def item_ids(self) -> tuple[int, ...]:
        """The items in the order somebody put them in."""
        return tuple(row.item_id for row in self.items)

    @property
    def weights(self) -> dict[int, int]:
        """How many turns each item has while one of weight 1 has one."""
        return {row.item_id: row.weight for row in self.items}

    def open_windows(self) -> tuple[Window, ...]:
        """When it may be shown, by the wall clock of each screen."""
        return windows.loaded(self.windows)

    def day_exceptions(self) -> tuple[DayException, ...]:
        """The dates on which other windows hold."""
        return windows.loaded_exceptions(self.exceptions)

    def frequency(self) -> Frequency:
        """How often it is to be shown."""
        return Frequency(Per(self.per), self.least, self.most, self.largest_gap_ms)

    def target_groups(self) -> Targets | None:
        """Whom it is for; None: everybody in its unit."""
        if self.targets is None:
            return None
        groups = {side: Group(**{k: frozenset(v) for k, v in named.items()}) for side, named in self.targets.items()}
        return Targets(**groups)


class CampaignItem(Base):
    """One item of a campaign, at its place in the order."""

    __tablename__ = "campaign_items"

    campaign_id: Mapped[int] = mapped_column(Key, ForeignKey("campaigns.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(Key, ForeignKey("items.id"), primary_key=True, index=True)
    position: Mapped[int]
    weight: Mapped[int] = mapped_column(default=1)
