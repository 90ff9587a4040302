"""Which items may be shown on which screens: exactly what a player would accept, because the same rules are asked.

A playlist with one entry that the player refuses is refused whole. So nothing enters one that was not put to
:mod:`playlists.accept` first, with the trust and the revocations every screen holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from playlists.accept import accept_approval
from playlists.envelope import Kind, open_envelope
from playlists.errors import Code, Refusal
from playlists.model import Approval, Entry, MediaType, PlannedItem, Reference, Rendition, Revocation, Trust
from playlists.schemas import load
from playlists.state import Now, Pinned, State, why_not
from server import approvals, library, revocations, screens, trust, units
from server.errors import Conflict


@dataclass(frozen=True, slots=True)
class Belief:
    """What every screen believes, or will as soon as it is in touch."""

    trust: Trust
    revocation: Revocation


def belief(session: Session) -> Belief:
    """The newest trust and revocations. Raises Conflict before ``cauthang init``."""
    row = trust.latest(session)
    if row is None:
        raise Conflict("trust-missing", "Chưa có tài liệu tin cậy: hãy chạy `cauthang init` trước.")
    return Belief(row.read(), revocations.current(session))


@dataclass(frozen=True, slots=True)
class Approved:
    """An item's approval as it is signed, and where its sealed bytes are found."""

    item_id: int
    sealed: bytes
    reference: Reference
    document: Approval


class Shelf:
    """Answers what may be shown where, at one instant; everything is read and checked once however many screens ask."""

    def __init__(self, session: Session, now_ms: int) -> None:
        self.belief = belief(session)
        self._session = session
        self._now = Now(now_ms)
        self._approved: dict[int, Approved | None] = {}
        self._verdicts: dict[tuple[int, str], Code | None] = {}
        self._renditions: dict[int, dict[int, Rendition]] = {}

    def approved(self, item_id: int) -> Approved | None:
        """The item's approval in force, or None."""
        if item_id not in self._approved:
            row = approvals.current(self._session, item_id, self._now.ms)
            self._approved[item_id] = _read(row) if row is not None else None
        return self._approved[item_id]

    def verdict(self, approved: Approved, unit: str) -> Code | None:
        """Why a screen of this unit (its code) refuses the item, whatever the date; None when it does not."""
        key = (approved.item_id, unit)
        if key not in self._verdicts:
            self._verdicts[key] = self._ask(approved, unit)
        return self._verdicts[key]

    def rendition(self, approved: Approved, class_id: int) -> Rendition | None:
        """The approved file for this class of screens, or None."""
        item_id = approved.item_id
        if item_id not in self._renditions:
            rows = library.renditions_of(self._session, item_id)
            self._renditions[item_id] = {row.screen_class_id: _model(row) for row in rows}
        found = self._renditions[item_id].get(class_id)
        # The duration of a still could have been changed since; what was approved is what is shown.
        return next((r for r in approved.document.renditions if found and r.sha256 == found.sha256), None)

    def planned(self, item_ids: Iterable[int], campaign_id: int, screen: screens.Screen) -> tuple[PlannedItem, ...]:
        """Those of the items that this screen may show, in the given order, as the planner wants them."""
        found = (self._planned(item_id, campaign_id, screen) for item_id in item_ids)
        return tuple(item for item in found if item is not None)

    def newest(self, screen: screens.Screen, most: int) -> list[int]:
        """The items last approved by the screen's unit or one above it, newest first."""
        above = [unit.id for unit in units.ancestors(self._session, screen.unit_id)]
        rows = select(approvals.Approval.item_id).where(
            approvals.Approval.unit_id.in_(above),
            approvals.Approval.withdrawn.is_(None),
            approvals.Approval.not_before <= self._now.ms,
            approvals.Approval.not_after > self._now.ms,
        )
        newest_first = rows.order_by(approvals.Approval.issued.desc(), approvals.Approval.id).limit(most)
        return list(dict.fromkeys(self._session.scalars(newest_first)))

    def _planned(self, item_id: int, campaign_id: int, screen: screens.Screen) -> PlannedItem | None:
        approved = self.approved(item_id)
        if approved is None or self.verdict(approved, screen.unit.code) is not None:
            return None
        rendition = self.rendition(approved, screen.class_id)
        if rendition is None:
            return None
        document = approved.document
        entry = Entry(item_id, campaign_id, document.title, rendition, approved.reference)
        return PlannedItem(entry, document.not_before, document.not_after)

    def _ask(self, approved: Approved, unit: str) -> Code | None:
        player = State("", unit, Pinned((), 1), trust=self.belief.trust, revocation=self.belief.revocation)
        try:
            player = accept_approval(player, approved.sealed, approved.reference, self._now)
        except Refusal as refusal:
            return refusal.code
        document = approved.document
        entry = Entry(approved.item_id, 0, document.title, document.renditions[0], approved.reference)
        return why_not(player, entry, Now(document.not_before))


def _read(row: approvals.Approval) -> Approved:
    document: Approval = load(Kind.APPROVAL, open_envelope(Kind.APPROVAL, row.sealed).payload)
    return Approved(row.item_id, row.sealed, row.reference, document)


def _model(row: library.Rendition) -> Rendition:
    return Rendition(row.sha256, row.size_bytes, MediaType(row.media_type), row.width, row.height, row.duration_ms)


def choosable(session: Session, unit_ids: Collection[int], now_ms: int, most: int = 300) -> Sequence[library.Item]:
    """The items somebody who schedules for these units may pick from: approved there or above, newest first."""
    above = {unit.id for unit_id in unit_ids for unit in units.ancestors(session, unit_id)}
    in_force = (
        select(approvals.Approval.item_id, func.max(approvals.Approval.issued).label("issued"))
        .where(
            approvals.Approval.unit_id.in_(above | set(unit_ids)),
            approvals.Approval.withdrawn.is_(None),
            approvals.Approval.not_after > now_ms,
        )
        .group_by(approvals.Approval.item_id)
        .subquery()
    )
    query = select(library.Item).join(in_force, in_force.c.item_id == library.Item.id)
    return session.scalars(query.order_by(in_force.c.issued.desc(), library.Item.id.desc()).limit(most)).all()


def items_of(session: Session, item_ids: Sequence[int]) -> list[library.Item]:
    """The items with these numbers, in this order."""
    found = {item.id: item for item in session.scalars(select(library.Item).where(library.Item.id.in_(item_ids)))}
    return [found[item_id] for item_id in item_ids if item_id in found]
