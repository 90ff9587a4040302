"""Administrative areas: a tree of its own beside the units, each valid from a day to a day.

Codes are the official ones (General Statistics Office), zero-padded, hence text: “00004” is not 4.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from server import units, users
from server.audit import record
from server.db import Base, Key, KeyColumn
from server.errors import Conflict, Forbidden, Invalid, NotFound

CODE = re.compile(r"[0-9A-Za-z]{1,12}")


class Territory(Base):
    """One area. ``code`` is its name in targets and reports and never changes; ``valid_to`` is its last day."""

    __tablename__ = "territories"

    id: Mapped[KeyColumn]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(units.LONGEST_NAME))
    parent_id: Mapped[int | None] = mapped_column(Key, ForeignKey("territories.id"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody writes about an area."""

    name: str
    parent_id: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


def may_change(session: Session, user: users.User) -> bool:
    """Whether the person may change the areas, which all units share: administrators of a topmost unit may."""
    top = (unit.id for unit in units.topmost(session))
    return any(users.may(session, user, users.Role.ADMIN, unit_id) for unit_id in top)


def add(session: Session, actor: users.User, code: str, terms: Terms) -> Territory:
    """A new area. Raises Invalid, Conflict (the code is taken) or Forbidden."""
    _require(session, actor)
    if not CODE.fullmatch(code):
        raise Invalid("territory-code", "Mã địa bàn gồm chữ số (giữ cả số 0 ở đầu), ví dụ 01 hoặc 00004.", field="code")
    if session.scalar(select(Territory.id).where(Territory.code == code)) is not None:
        raise Conflict("territory-code-taken", "Mã địa bàn “%(code)s” đã được dùng.", code=code, field="code")
    territory = Territory(code=code)
    _write(session, territory, terms)
    session.add(territory)
    session.flush()
    record(session, actor, "territory.added", f"territory:{territory.id}", code=code, name=territory.name)
    return territory


def change(session: Session, actor: users.User, territory: Territory, terms: Terms) -> None:
    """Another name, place in the tree or span of days; the caller replans its screens. Raises Invalid or Forbidden."""
    _require(session, actor)
    if terms.parent_id is not None and terms.parent_id in subtree_ids(session, territory.id):
        raise Invalid("territory-circle", "Một địa bàn không thể nằm dưới chính nó.", field="parent")
    _write(session, territory, terms)
    session.flush()
    record(session, actor, "territory.changed", f"territory:{territory.id}", code=territory.code, name=territory.name)


def get(session: Session, territory_id: int) -> Territory:
    """The area. Raises NotFound."""
    territory = session.get(Territory, territory_id)
    if territory is None:
        raise NotFound("territory-missing", "Không tìm thấy địa bàn này.")
    return territory


def everyone(session: Session) -> Sequence[Territory]:
    """All areas, by code."""
    return session.scalars(select(Territory).order_by(Territory.code)).all()


def by_codes(session: Session, codes: Collection[str]) -> Sequence[Territory]:
    """The areas with these codes, by code; codes that there are not are left out."""
    return session.scalars(select(Territory).where(Territory.code.in_(codes)).order_by(Territory.code)).all()


def tree(session: Session) -> list[tuple[int, Territory]]:
    """All areas in the order of the tree, each with its depth."""
    children: dict[int | None, list[Territory]] = {}
    for territory in everyone(session):
        children.setdefault(territory.parent_id, []).append(territory)
    found: list[tuple[int, Territory]] = []
    ahead = [(0, territory) for territory in reversed(children.get(None, []))]
    while ahead:
        depth, territory = ahead.pop()
        found.append((depth, territory))
        ahead += [(depth + 1, child) for child in reversed(children.get(territory.id, []))]
    return found


def subtree_ids(session: Session, territory_id: int) -> set[int]:
    """The area and everything below it."""
    below = select(Territory.id).where(Territory.id == territory_id).cte("below", recursive=True)
    child = aliased(Territory)
    whole = below.union(select(child.id).where(child.parent_id == below.c.id))
    return set(session.scalars(select(whole.c.id)))


def path(session: Session, territory_id: int | None) -> tuple[str, ...]:
    """The codes from the root down to this area; empty without one."""
    codes: list[str] = []
    while territory_id is not None:
        territory = get(session, territory_id)
        codes.insert(0, territory.code)
        territory_id = territory.parent_id
    return tuple(codes)


def _require(session: Session, actor: users.User) -> None:
    if not may_change(session, actor):
        raise Forbidden("role", "Bạn không có vai trò cần thiết ở đơn vị này: hãy hỏi người quản trị.")


def _write(session: Session, territory: Territory, terms: Terms) -> None:
    if terms.valid_from is not None and terms.valid_to is not None and terms.valid_to < terms.valid_from:
        raise Invalid("territory-dates", "Ngày kết thúc phải sau ngày bắt đầu.", field="valid_to")
    if terms.parent_id is not None:
        get(session, terms.parent_id)
    territory.name, territory.parent_id = units.clean_name(terms.name), terms.parent_id
    territory.valid_from, territory.valid_to = terms.valid_from, terms.valid_to
