"""Organisations: a tree of any depth (city › ward), each valid from a day to a day, with its successor."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from playlists.model import UNIT_ID
from server.db import Base, Key, KeyColumn
from server.errors import Conflict, Invalid, NotFound

LONGEST_NAME = 200


class Unit(Base):
    """One organisation. ``code`` is its name on the wire and never changes; ``threshold`` approvers must agree for its
    own screens, ``wide_threshold`` for the screens of the units below it (reliability A3: two persons for what is
    shared)."""

    __tablename__ = "units"
    __table_args__ = (CheckConstraint("threshold >= 1 AND wide_threshold >= 1", name="thresholds"),)

    id: Mapped[KeyColumn]
    code: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    parent_id: Mapped[int | None] = mapped_column(Key, ForeignKey("units.id"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    successor_id: Mapped[int | None] = mapped_column(Key, ForeignKey("units.id"))
    threshold: Mapped[int] = mapped_column(default=1)
    wide_threshold: Mapped[int] = mapped_column(default=2)


def get(session: Session, unit_id: int) -> Unit:
    """The unit. Raises NotFound."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound("unit-missing", "Không tìm thấy đơn vị này.")
    return unit


def by_code(session: Session, code: str) -> Unit:
    """The unit with this code. Raises NotFound."""
    unit = session.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        raise NotFound("unit-missing", "Không tìm thấy đơn vị này.")
    return unit


def add(  # noqa: PLR0913  (every part is named at the call)
    session: Session,
    *,
    code: str,
    name: str,
    parent: Unit | None = None,
    valid_from: date | None = None,
    threshold: int = 1,
    wide_threshold: int = 2,
) -> Unit:
    """A new unit below ``parent``. Raises Invalid (code, name) or Conflict (code taken)."""
    if not UNIT_ID.fullmatch(code):
        raise Invalid("unit-code", "Mã đơn vị chỉ gồm chữ thường không dấu, chữ số và dấu gạch nối.", field="code")
    if session.scalar(select(Unit.id).where(Unit.code == code)) is not None:
        raise Conflict("unit-code-taken", "Mã đơn vị “%(code)s” đã được dùng.", code=code)
    unit = Unit(
        code=code,
        name=clean_name(name),
        parent_id=parent.id if parent else None,
        valid_from=valid_from,
        threshold=threshold,
        wide_threshold=wide_threshold,
    )
    session.add(unit)
    session.flush()
    return unit


def rename(session: Session, unit: Unit, name: str) -> None:
    """Give the unit another name; its code stays. Raises Invalid."""
    unit.name = clean_name(name)
    session.flush()


def set_thresholds(session: Session, unit: Unit, threshold: int, wide_threshold: int) -> None:
    """How many approvers must agree, for its own screens and for those below. Raises Invalid."""
    if threshold < 1 or wide_threshold < 1:
        raise Invalid("unit-threshold", "Cần ít nhất một người phê duyệt.", field="threshold")
    unit.threshold, unit.wide_threshold = threshold, wide_threshold
    session.flush()


def move(session: Session, unit: Unit, parent: Unit | None) -> None:
    """Put the unit, with all that is below it, under another one. Raises Invalid for a circle."""
    if parent is not None and parent.id in subtree_ids(session, unit.id):
        raise Invalid("unit-circle", "Một đơn vị không thể nằm dưới chính nó.", field="parent")
    unit.parent_id = parent.id if parent else None
    session.flush()


def close(session: Session, unit: Unit, last_day: date, successor: Unit | None = None) -> None:
    """End the unit after ``last_day``; ``successor`` takes over what it did. Raises Invalid."""
    if unit.valid_from is not None and last_day < unit.valid_from:
        raise Invalid("unit-dates", "Ngày kết thúc phải sau ngày bắt đầu.", field="valid_to")
    if successor is not None and successor.id == unit.id:
        raise Invalid("unit-successor", "Đơn vị kế thừa phải là một đơn vị khác.", field="successor")
    unit.valid_to, unit.successor_id = last_day, successor.id if successor else None
    session.flush()


def all_ids(session: Session) -> set[int]:
    """Every unit there is."""
    return set(session.scalars(select(Unit.id)))


def topmost(session: Session) -> Sequence[Unit]:
    """The units that are below no other."""
    return session.scalars(select(Unit).where(Unit.parent_id.is_(None)).order_by(Unit.id)).all()


def subtree_ids(session: Session, *unit_ids: int) -> set[int]:
    """The given units and everything below them."""
    if not unit_ids:
        return set()
    below = select(Unit.id).where(Unit.id.in_(unit_ids)).cte("below", recursive=True)
    child = aliased(Unit)
    tree = below.union(select(child.id).where(child.parent_id == below.c.id))
    return set(session.scalars(select(tree.c.id)))


def ancestors(session: Session, unit_id: int) -> list[Unit]:
    """The unit itself and the units above it, nearest first; empty when there is no such unit."""
    path: list[Unit] = []
    unit = session.get(Unit, unit_id)
    while unit is not None and unit not in path:
        path.append(unit)
        unit = session.get(Unit, unit.parent_id) if unit.parent_id is not None else None
    return path


def tree(session: Session, among: Collection[int]) -> list[tuple[int, Unit]]:
    """The named units in the order of the tree, each with its depth below the topmost one named."""
    rows = list(session.scalars(select(Unit).where(Unit.id.in_(among)).order_by(Unit.name)))
    present = {unit.id for unit in rows}
    roots = [unit for unit in rows if unit.parent_id not in present]
    return [pair for root in roots for pair in _walk(root, rows, 0)]


def _walk(unit: Unit, rows: Sequence[Unit], depth: int) -> list[tuple[int, Unit]]:
    children = [row for row in rows if row.parent_id == unit.id]
    return [(depth, unit), *(pair for child in children for pair in _walk(child, rows, depth + 1))]


def clean_name(name: str) -> str:
    """A name in NFC on one line. Raises Invalid when nothing is left or it is too long."""
    clean = re.sub(r"\s+", " ", unicodedata.normalize("NFC", name)).strip()
    if not clean or len(clean) > LONGEST_NAME:
        raise Invalid("unit-name", "Tên cần có từ 1 đến %(longest)s ký tự.", field="name", longest=LONGEST_NAME)
    return clean
