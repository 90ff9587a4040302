"""What the server knows of screens: their kinds, where they stand, the devices behind them, what they last reported."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from playlists.model import ALL_DAY, OffHours, Output
from server import sites, units, windows
from server.db import Base, Key, KeyColumn, Millis

ZONE = "Asia/Ho_Chi_Minh"


class ScreenClass(Base):
    """A kind of screen. Renditions are made per class, so two screens of one class share their files."""

    __tablename__ = "screen_classes"

    id: Mapped[KeyColumn]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    width: Mapped[int]
    height: Mapped[int]
    video_fps: Mapped[int] = mapped_column(default=25)
    sound: Mapped[bool] = mapped_column(default=True)


class Screen(Base):
    """One display with one player. ``public_id`` is its name on the wire and on the broker, and never changes.

    The columns from ``opening`` to ``quiet`` are read and written by :mod:`server.screens.schedule`.
    """

    __tablename__ = "screens"

    id: Mapped[KeyColumn]
    public_id: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)
    class_id: Mapped[int] = mapped_column(Key, ForeignKey("screen_classes.id"))
    place: Mapped[str] = mapped_column(String(300), default="")
    venue: Mapped[str] = mapped_column(String(32), default="other")
    site_id: Mapped[int | None] = mapped_column(Key, ForeignKey("sites.id"), index=True)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    zone: Mapped[str] = mapped_column(String(64), default=ZONE)
    opening: Mapped[windows.Stored] = mapped_column(JSON, default=lambda: windows.stored(ALL_DAY))
    exceptions: Mapped[windows.Stored] = mapped_column(JSON, default=list)
    reserve: Mapped[int] = mapped_column(default=0)  # thousandths of every hour
    owners_share: Mapped[int] = mapped_column(default=0)  # thousandths of every hour
    lent: Mapped[windows.Stored | None] = mapped_column(JSON(none_as_null=True))
    longest_item_ms: Mapped[int | None]
    prime: Mapped[windows.Stored] = mapped_column(JSON, default=list)
    quiet: Mapped[windows.Stored] = mapped_column(JSON, default=list)
    off_hours: Mapped[str] = mapped_column(String(16), default=OffHours.BLANK.value)
    output: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    created_ms: Mapped[Millis]

    unit: Mapped[units.Unit] = relationship(lazy="joined", innerjoin=True)
    screen_class: Mapped[ScreenClass] = relationship(lazy="joined", innerjoin=True)
    site: Mapped[sites.Site | None] = relationship(lazy="joined")
    state: Mapped[ScreenState | None] = relationship(lazy="joined", uselist=False, viewonly=True)

    @property
    def venue_type(self) -> str:
        """What kind of place it stands in: its site's, if it has one."""
        return self.site.venue if self.site is not None else self.venue

    def output_model(self) -> Output:
        """Where the picture goes inside the frame."""
        return Output(**self.output)


class Device(Base):
    """One player of one screen, known by its key. A screen has at most one that is not retired."""

    __tablename__ = "devices"

    id: Mapped[KeyColumn]
    screen_id: Mapped[int] = mapped_column(Key, ForeignKey("screens.id"), index=True)
    keyid: Mapped[str] = mapped_column(String(64), unique=True)
    public: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100), default="")
    enrolled_ms: Mapped[Millis]
    retired_ms: Mapped[int | None] = mapped_column(BigInteger)
    forked_ms: Mapped[int | None] = mapped_column(BigInteger)  # when it last sent a number again with other content

    screen: Mapped[Screen] = relationship(lazy="joined", innerjoin=True)

    @property
    def fingerprint(self) -> str:
        """What staff compare with the screen: the first eight digits of its key's id."""
        return self.keyid[:8]


class Enrolment(Base):
    """A player that shows its code and waits for staff to enter it (the shape of RFC 8628)."""

    __tablename__ = "enrolments"

    id: Mapped[KeyColumn]
    public: Mapped[str] = mapped_column(String(64), unique=True)
    code: Mapped[str] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    expires_ms: Mapped[Millis] = mapped_column(index=True)


class ShownCode(Base):
    """A code that a player shows or showed: for a day no other key may show it, or a photo of it would be worth much.

    ``expires_ms``: until when it pairs; ``free_ms``: from when it may be shown by anybody.
    """

    __tablename__ = "shown_codes"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    public: Mapped[str] = mapped_column(String(64))
    expires_ms: Mapped[Millis]
    free_ms: Mapped[Millis] = mapped_column(index=True)


class ScreenState(Base):
    """The last words of a screen. ``reported`` is its whole state message; the columns are what pages ask for."""

    __tablename__ = "screen_states"
    __table_args__ = (Index("ix_screen_states_seen_ms", "seen_ms"),)

    screen_id: Mapped[int] = mapped_column(Key, ForeignKey("screens.id"), primary_key=True, autoincrement=False)
    online: Mapped[bool] = mapped_column(default=False)
    seen_ms: Mapped[Millis] = mapped_column(default=0)
    boot: Mapped[int] = mapped_column(default=0)
    display: Mapped[bool] = mapped_column(default=False)
    freshness: Mapped[str] = mapped_column(String(16), default="")
    epoch: Mapped[int] = mapped_column(default=0)
    number: Mapped[int] = mapped_column(default=0)
    phase: Mapped[str] = mapped_column(String(16), default="")
    pending_epoch: Mapped[int] = mapped_column(default=0)
    pending_number: Mapped[int] = mapped_column(default=0)
    pending_phase: Mapped[str] = mapped_column(String(16), default="")
    reported: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class CommandResult(Base):
    """What a screen answered to a command."""

    __tablename__ = "command_results"

    id: Mapped[KeyColumn]
    screen_id: Mapped[int] = mapped_column(Key, ForeignKey("screens.id"), index=True)
    command: Mapped[str] = mapped_column(String(64), index=True)
    at_ms: Mapped[Millis]
    answer: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
