"""What was published, what is current on each screen, and what still has to be told to the broker."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from playlists.model import Version
from server.db import Base, Key, KeyColumn, Millis

DUE = date(1970, 1, 1)  # the screen waits to be planned anew, which the bridge does next


class PlaylistVersion(Base):
    """One playlist as it was signed, kept for ever: plays name its entries. ``packed`` is what travels over MQTT.

    ``digest`` is over everything but version and dates: an equal plan has an equal digest and is not published again.
    """

    __tablename__ = "playlist_versions"
    __table_args__ = (UniqueConstraint("screen_id", "number"),)

    id: Mapped[KeyColumn]
    screen_id: Mapped[int] = mapped_column(Key, ForeignKey("screens.id"))
    epoch: Mapped[int]
    number: Mapped[int]
    packed: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    issued_ms: Mapped[Millis]
    expires_ms: Mapped[Millis]
    sent_ms: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def version(self) -> Version:
        return Version(self.epoch, self.number)


class Head(Base):
    """The current pointer of one screen, as signed. ``planned_from`` is the first day of its plan, or :data:`DUE`."""

    __tablename__ = "heads"

    screen_id: Mapped[int] = mapped_column(Key, ForeignKey("screens.id"), primary_key=True, autoincrement=False)
    playlist_id: Mapped[int] = mapped_column(Key, ForeignKey("playlist_versions.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    trust: Mapped[int]
    revocation: Mapped[int]
    issued_ms: Mapped[Millis] = mapped_column(index=True)
    planned_from: Mapped[date] = mapped_column(index=True)


class PlaylistUse(Base):
    """What the current playlist of a screen holds: finds the screens of a campaign or an item."""

    __tablename__ = "playlist_uses"

    screen_id: Mapped[int] = mapped_column(Key, ForeignKey("screens.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False, index=True)
    item_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False, index=True)


class Outbox(Base):
    """A message the bridge has still to bring to the broker; the row goes when the broker has acknowledged it.

    ``playlist_id`` is the playlist it carries. Numbers are never used twice, so deleting a row twice is harmless.
    """

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[KeyColumn]
    topic: Mapped[str] = mapped_column(String(200), index=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    retain: Mapped[bool]
    qos: Mapped[int] = mapped_column(default=1)
    expires_ms: Mapped[int | None] = mapped_column(BigInteger)
    created_ms: Mapped[Millis]
    playlist_id: Mapped[int | None] = mapped_column(Key, ForeignKey("playlist_versions.id"))


class Bulletin(Base):
    """The newest version of each document for all screens that was given to the outbox; and the bridge's own mark."""

    __tablename__ = "bulletins"

    topic: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int]
