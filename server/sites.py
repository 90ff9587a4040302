"""Sites: the buildings and places where screens stand, each in an area and looked after by a unit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from server import territories, units, users
from server.audit import record
from server.db import Base, Key, KeyColumn
from server.errors import Invalid, NotFound, msgid
from server.text import clean

# Venue types after OpenOOH's taxonomy, named the way people here name the place.
VENUES = {
    "residential": msgid("Chung cư (thang máy, sảnh)"),
    "stairs": msgid("Cầu thang bộ"),
    "office": msgid("Trụ sở cơ quan"),
    "one_stop": msgid("Bộ phận một cửa"),
    "education": msgid("Trường học"),
    "health": msgid("Bệnh viện, trạm y tế"),
    "transit": msgid("Bến xe, nhà ga"),
    "market": msgid("Chợ, siêu thị"),
    "outdoor": msgid("Ngoài trời (màn hình LED)"),
    "other": msgid("Nơi khác"),
}
KEEPERS = (users.Role.ADMIN, users.Role.OPERATOR)


class Site(Base):
    """One place. Its venue type is that of every screen that stands there."""

    __tablename__ = "sites"

    id: Mapped[KeyColumn]
    name: Mapped[str] = mapped_column(String(units.LONGEST_NAME))
    venue: Mapped[str] = mapped_column(String(32), default="other")
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)
    territory_id: Mapped[int | None] = mapped_column(Key, ForeignKey("territories.id"), index=True)
    address: Mapped[str] = mapped_column(String(300), default="")

    unit: Mapped[units.Unit] = relationship(lazy="joined", innerjoin=True)
    territory: Mapped[territories.Territory | None] = relationship(lazy="joined")


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody writes about a site."""

    name: str
    unit_id: int
    venue: str = "other"
    territory_id: int | None = None
    address: str = ""


def add(session: Session, actor: users.User, terms: Terms) -> Site:
    """A new site. Raises Invalid or Forbidden."""
    site = Site()
    _write(session, actor, site, terms)
    session.add(site)
    session.flush()
    record(session, actor, "site.added", f"site:{site.id}", name=site.name)
    return site


def change(session: Session, actor: users.User, site: Site, terms: Terms) -> None:
    """Other words about it; the caller replans its screens. Raises Invalid or Forbidden."""
    _require(session, actor, site.unit_id)
    _write(session, actor, site, terms)
    session.flush()
    record(session, actor, "site.changed", f"site:{site.id}", name=site.name)


def visible(session: Session, user: users.User, site_id: int) -> Site:
    """The site, if this person looks after sites of its unit. Raises NotFound otherwise."""
    site = session.get(Site, site_id)
    if site is None or site.unit_id not in users.units_where(session, user, *KEEPERS):
        raise NotFound("site-missing", "Không tìm thấy điểm đặt này.")
    return site


def in_units(session: Session, unit_ids: Collection[int]) -> Sequence[Site]:
    """The sites of these units, by name."""
    return session.scalars(select(Site).where(Site.unit_id.in_(unit_ids)).order_by(Site.name, Site.id)).all()


def names(session: Session, numbers: Collection[str]) -> dict[str, str]:
    """The names of sites by their numbers as text, which is how targets name them."""
    ids = [int(number) for number in numbers if number.isdigit()]
    return {str(site.id): site.name for site in session.scalars(select(Site).where(Site.id.in_(ids)))}


def in_territories(session: Session, territory_ids: Collection[int]) -> set[int]:
    """The ids of the sites in these areas."""
    return set(session.scalars(select(Site.id).where(Site.territory_id.in_(territory_ids))))


def _require(session: Session, actor: users.User, unit_id: int) -> None:
    if unit_id not in users.units_where(session, actor, *KEEPERS):
        users.require(session, actor, users.Role.OPERATOR, unit_id)


def _write(session: Session, actor: users.User, site: Site, terms: Terms) -> None:
    _require(session, actor, terms.unit_id)
    if terms.venue not in VENUES:
        raise Invalid("venue", "Loại địa điểm này không có trong danh sách.", field="venue")
    if terms.territory_id is not None:
        territories.get(session, terms.territory_id)
    site.name, site.address = units.clean_name(terms.name), clean(terms.address)[:300]
    site.unit_id, site.venue, site.territory_id = terms.unit_id, terms.venue, terms.territory_id
