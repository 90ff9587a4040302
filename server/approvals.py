"""Approvals: signed statements over the hashes of an item's renditions, by people who are not its author.

The sealed approval is a file like any other: players fetch it by its hash and check it themselves. A first signature
makes the item usable on the approving unit's own screens (once its threshold is met); screens of the units below need
the unit's wide threshold, so further approvers countersign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy import JSON, Date, ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from playlists import model
from playlists.envelope import Kind, add_signature
from playlists.keys import SigningKey
from playlists.schemas import seal
from playlists.windows import midnight
from server import audit, library, units, users
from server.db import Base, Key, Millis
from server.errors import Conflict, Forbidden, Invalid, NotFound, msgid
from server.files import Files
from server.library import Item, ItemStatus
from server.text import clean
from server.units import Unit
from server.users import Role, User

LONGEST_VALIDITY_MS = 366 * 24 * 3600 * 1000  # an approval lives at most a year (reference: reliability A3)
NO_ROLE = msgid("Bạn không có vai trò cần thiết ở đơn vị này: hãy hỏi người quản trị.")


class Approval(Base):
    """One approval. ``signers`` are the persons who signed; ``scope`` are unit codes whose subtrees may show it."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    item_id: Mapped[int] = mapped_column(Key, ForeignKey("items.id"), index=True)
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"))
    scope: Mapped[list[str]] = mapped_column(JSON)
    decision_number: Mapped[str] = mapped_column(String(100))
    decision_date: Mapped[date] = mapped_column(Date)
    not_before: Mapped[Millis]
    not_after: Mapped[Millis]
    issued: Mapped[Millis]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_sha256: Mapped[str] = mapped_column(String(64))
    sealed_size: Mapped[int]
    signers: Mapped[list[str]] = mapped_column(JSON)
    withdrawn: Mapped[int | None]
    withdrawal_reason: Mapped[str] = mapped_column(String(500), default="")

    item: Mapped[Item] = relationship()
    unit: Mapped[Unit] = relationship()

    @property
    def reference(self) -> model.Reference:
        """How playlists name the sealed approval."""
        return model.Reference(self.sealed_sha256, self.sealed_size)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an approver decides besides yes: the document it rests on, how long, and whose screens."""

    decision_number: str
    decision_date: date
    not_before: int
    not_after: int
    scope: tuple[str, ...]

    @classmethod
    def of_days(  # noqa: PLR0913  (what the form asks for)
        cls,
        *,
        decision_number: str,
        decision_date: date,
        first_day: date,
        last_day: date,
        scope: tuple[str, ...],
        zone: str,
    ) -> Terms:
        """The terms as people say them: from the first day to the end of the last, by the clocks of ``zone``.

        Raises Invalid for a year that nobody can mean.
        """
        for field, day in (("decision_date", decision_date), ("first_day", first_day), ("last_day", last_day)):
            if not 1945 <= day.year <= 2200:
                raise Invalid("year", "Hãy xem lại năm của ngày này.", field=field)
        not_after = midnight(last_day + timedelta(days=1), zone)
        return cls(decision_number, decision_date, midnight(first_day, zone), not_after, scope)


def approving_units(session: Session, approver: User, item: Item) -> list[Unit]:
    """The units in whose name this person may approve the item, nearest first."""
    given = {g.unit_id for g in approver.grants if g.role == Role.APPROVER}
    return [unit for unit in units.ancestors(session, item.unit_id) if unit.id in given]


def signing_unit(session: Session, approver: User, item: Item, code: str = "") -> Unit:
    """The unit of this code in whose name the person may approve; the nearest one when none is named.

    Raises Forbidden (there is none) or Invalid (not this one).
    """
    mine = approving_units(session, approver, item)
    if not mine:
        raise Forbidden("role", NO_ROLE)
    unit = next((u for u in mine if code in ("", u.code)), None)
    if unit is None:
        raise Invalid("unit", "Bạn không ký thay mặt đơn vị này.", field="unit")
    return unit


def withdrawing_unit(session: Session, approver: User, approval: Approval) -> Unit:
    """The nearest unit at or above the approving one for which this person signs. Raises Forbidden."""
    given = {g.unit_id for g in approver.grants if g.role == Role.APPROVER}
    for unit in units.ancestors(session, approval.unit_id):
        if unit.id in given:
            return unit
    raise Forbidden("role", NO_ROLE)


def approve(  # noqa: PLR0913  (a signature needs all of this; every part is named at the call)
    session: Session,
    files: Files,
    *,
    approver: User,
    key: SigningKey,
    item: Item,
    unit: Unit,
    terms: Terms,
    now_ms: int,
) -> Approval:
    """Sign the item's renditions as they are now. The key is the approver's own, just unlocked.

    Raises:
        Forbidden: the author, or somebody without the role. Invalid: the terms. Conflict: decided meanwhile.
    """
    _may_sign(session, approver, item, unit)
    _check_terms(session, unit, terms)
    renditions = library.renditions_of(session, item.id)
    if not renditions:
        raise Conflict("no-renditions", "Sản phẩm chưa có bản chiếu nào để phê duyệt.")
    document = _document(item, unit, terms, renditions, now_ms)
    library.mark_approved(session, item, now_ms)
    row = Approval(
        id=document.id,
        item_id=item.id,
        unit_id=unit.id,
        scope=list(terms.scope),
        decision_number=document.decision.number,
        decision_date=terms.decision_date,
        not_before=terms.not_before,
        not_after=terms.not_after,
        issued=now_ms,
    )
    _keep(row, seal(document, key), files, [approver.person])
    session.add(row)
    session.flush()
    audit.record(session, approver, "item.approved", f"item:{item.id}", approval=row.id, decision=row.decision_number)
    return row


def countersign(session: Session, files: Files, approver: User, key: SigningKey, approval: Approval) -> None:
    """Add a further signature. Raises Forbidden (author, no role) or Conflict (already signed, withdrawn)."""
    _may_sign(session, approver, approval.item, approval.unit)
    if approval.withdrawn is not None:
        raise Conflict("withdrawn", "Phê duyệt này đã bị thu hồi.")
    if approver.person in approval.signers:
        raise Conflict("signed", "Bạn đã ký phê duyệt này: cần một người khác ký tiếp.")
    sealed = add_signature(Kind.APPROVAL, approval.sealed, key)
    _keep(approval, sealed, files, [*approval.signers, approver.person])
    session.flush()
    audit.record(session, approver, "item.countersigned", f"item:{approval.item_id}", approval=approval.id)


def get(session: Session, approval_id: str) -> Approval:
    """The approval. Raises NotFound."""
    row = session.get(Approval, approval_id)
    if row is None:
        raise NotFound("approval-missing", "Không tìm thấy phê duyệt này.")
    return row


def current(session: Session, item_id: int, now_ms: int) -> Approval | None:
    """The approval under which the item may be scheduled: not withdrawn, not over."""
    return session.scalar(
        select(Approval)
        .where(Approval.item_id == item_id, Approval.withdrawn.is_(None), Approval.not_after > now_ms)
        .order_by(Approval.issued.desc())
        .limit(1)
    )


def history(session: Session, item_id: int) -> Sequence[Approval]:
    """Every approval the item ever had, newest first."""
    return session.scalars(select(Approval).where(Approval.item_id == item_id).order_by(Approval.issued.desc())).all()


def scope_names(session: Session, approval: Approval) -> Sequence[str]:
    """The names of the units whose screens may show it."""
    return session.scalars(select(Unit.name).where(Unit.code.in_(approval.scope)).order_by(Unit.id)).all()


def signer_names(session: Session, approval: Approval) -> list[str]:
    """The names of those who signed, in the order of their signatures."""
    signed = session.scalars(select(User).where(User.username.in_(approval.signers))).all()
    names = {user.person: user.display_name for user in signed}
    return [names.get(person, person) for person in approval.signers]


def queue(session: Session, reach: Collection[int], approver: User) -> Sequence[Item]:
    """Items within reach that wait for approval and that this person did not write, oldest first."""
    query = select(Item).where(
        Item.unit_id.in_(reach), Item.status == ItemStatus.SUBMITTED, Item.author_id != approver.id
    )
    return session.scalars(query.order_by(Item.changed)).all()


def unfinished(session: Session, reach: Collection[int]) -> Sequence[Approval]:
    """Approvals of units within reach that name units below and still lack signatures for them."""
    query = select(Approval).join(Approval.unit).where(Approval.unit_id.in_(reach), Approval.withdrawn.is_(None))
    return [a for a in session.scalars(query.order_by(Approval.issued)) if _still_needs(session, a)]


def to_countersign(session: Session, approver: User) -> Sequence[Approval]:
    """Unfinished approvals that this person's own signature would bring further."""
    mine = {g.unit_id for g in approver.grants if g.role == Role.APPROVER}
    return [
        approval
        for approval in unfinished(session, mine)
        if approver.person not in approval.signers and approval.item.author_id != approver.id
    ]


def _still_needs(session: Session, approval: Approval) -> bool:
    unit = approval.unit
    wide = any(unit_id != unit.id for code in approval.scope for unit_id in _below(session, code))
    return len(set(approval.signers)) < (unit.wide_threshold if wide else unit.threshold)


def _below(session: Session, code: str) -> set[int]:
    return units.subtree_ids(session, units.by_code(session, code).id)


def missing_signatures(session: Session, approval: Approval, screen_unit_id: int) -> int:
    """How many further signatures the approval needs for screens of this unit; 0 when it holds there.

    The same rule as the player's (:func:`playlists.approvals.still_signed`), asked before anything is published.
    """
    unit = approval.unit
    needed = unit.threshold if unit.id == screen_unit_id else unit.wide_threshold
    return max(0, needed - len(set(approval.signers)))


def reaches(session: Session, approval: Approval, screen_unit_id: int) -> bool:
    """Whether approving unit and scope both stand at or above the screen's unit."""
    above = units.ancestors(session, screen_unit_id)
    return approval.unit_id in {u.id for u in above} and bool({u.code for u in above} & set(approval.scope))


def mark_withdrawn(session: Session, approval: Approval, actor: User, reason: str, now_ms: int) -> None:
    """Note the withdrawal here; :func:`server.publishing.withdraw` tells the screens in the same transaction."""
    text = clean(reason)[:500]
    if not text:
        raise Invalid("reason", "Hãy viết lý do thu hồi.", field="reason")
    if approval.withdrawn is not None:
        raise Conflict("withdrawn", "Phê duyệt này đã bị thu hồi.")
    approval.withdrawn, approval.withdrawal_reason = now_ms, text
    library.mark_withdrawn(session, approval.item, now_ms)
    audit.record(session, actor, "item.withdrawn", f"item:{approval.item_id}", approval=approval.id, reason=text)


def _may_sign(session: Session, approver: User, item: Item, unit: Unit) -> None:
    library.refuse_author(approver, item)
    users.require(session, approver, Role.APPROVER, unit.id)
    if unit.id not in {u.id for u in units.ancestors(session, item.unit_id)}:
        raise Forbidden("role", NO_ROLE)


def _check_terms(session: Session, unit: Unit, terms: Terms) -> None:
    if not clean(terms.decision_number) or len(clean(terms.decision_number)) > 100:
        raise Invalid("decision", "Hãy ghi số quyết định hoặc văn bản phê duyệt.", field="decision_number")
    if terms.not_before >= terms.not_after:
        raise Invalid("validity", "Ngày hết hiệu lực phải sau ngày bắt đầu.", field="last_day")
    if terms.not_after - terms.not_before > LONGEST_VALIDITY_MS:
        raise Invalid("validity-long", "Phê duyệt có hiệu lực nhiều nhất một năm.", field="last_day")
    below = {u.code for _, u in units.tree(session, units.subtree_ids(session, unit.id))}
    if not terms.scope or not below.issuperset(terms.scope):
        raise Invalid("scope", "Phạm vi phải là đơn vị phê duyệt hoặc đơn vị cấp dưới.", field="scope")


def _document(
    item: Item, unit: Unit, terms: Terms, renditions: Sequence[library.Rendition], now_ms: int
) -> model.Approval:
    return model.Approval(
        id=uuid4().hex,
        item=item.id,
        title=item.title,
        unit=unit.code,
        author=item.author.person,
        decision=model.Decision(clean(terms.decision_number), terms.decision_date.isoformat()),
        renditions=tuple(
            {
                (r.sha256, r.duration_ms): model.Rendition(
                    r.sha256, r.size_bytes, model.MediaType(r.media_type), r.width, r.height, r.duration_ms
                )
                for r in renditions
            }.values()
        ),
        scope=terms.scope,
        not_before=terms.not_before,
        not_after=terms.not_after,
        issued=now_ms,
    )


def _keep(row: Approval, sealed: bytes, files: Files, signers: list[str]) -> None:
    # The file is there before the row that names it is committed: a player never asks for what is not there yet.
    files.put_bytes(sealed)
    row.sealed, row.sealed_size = sealed, len(sealed)
    row.sealed_sha256 = hashlib.sha256(sealed).hexdigest()
    row.signers = signers
