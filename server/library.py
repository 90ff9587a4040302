"""The library: items from upload to approval, and the renditions made of each.

    processing ─▶ ready ─▶ submitted ─▶ approved ─▶ withdrawn
        │           ▲          │
        ▼           └─ returned ◀┘
     refused

The row says what is to be done: an item that is ``processing`` waits for a worker or has one, by a lease.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from server import audit, users
from server.db import Base, Key, KeyColumn, Millis
from server.errors import Conflict, Forbidden, Invalid, NotFound, msgid
from server.text import clean, fold
from server.units import Unit
from server.users import Role, User

LONGEST_TITLE = 200
MOST_ATTEMPTS = 3  # a file that brings the worker down three times is refused, so that it cannot hold up the others
LEASE_MS = 60_000  # every report of progress renews it; the item of a worker that died is free after it
DWELL_MS = 10_000  # how long a still stays, unless its author says otherwise
DWELL_RANGE_MS = (3_000, 60_000)


class ItemStatus(StrEnum):
    """Where an item is on its way to the screens."""

    PROCESSING = "processing"
    REFUSED = "refused"
    READY = "ready"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


STATUS_NAMES = {
    ItemStatus.PROCESSING: msgid("Đang xử lý"),
    ItemStatus.REFUSED: msgid("Không dùng được"),
    ItemStatus.READY: msgid("Bản nháp"),
    ItemStatus.SUBMITTED: msgid("Chờ phê duyệt"),
    ItemStatus.RETURNED: msgid("Bị trả lại"),
    ItemStatus.APPROVED: msgid("Đã phê duyệt"),
    ItemStatus.WITHDRAWN: msgid("Đã thu hồi"),
}
EDITABLE = (ItemStatus.PROCESSING, ItemStatus.READY, ItemStatus.RETURNED)


class Item(Base):
    """One library entry. ``source_path`` is the quarantined original; only renditions are ever shown."""

    __tablename__ = "items"

    id: Mapped[KeyColumn]
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    folded: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)
    author_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(String(16), index=True)
    kind: Mapped[str] = mapped_column(String(8), default="")
    field_of_law: Mapped[int | None]
    legal_basis: Mapped[str] = mapped_column(String(300), default="")
    dwell_ms: Mapped[int] = mapped_column(default=DWELL_MS)
    source_name: Mapped[str] = mapped_column(String(300))
    source_path: Mapped[str] = mapped_column(String(500))
    source_bytes: Mapped[int]
    progress: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[Millis] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    return_reason: Mapped[str] = mapped_column(String(1000), default="")
    created: Mapped[Millis]
    changed: Mapped[Millis]

    unit: Mapped[Unit] = relationship()
    author: Mapped[User] = relationship()
    renditions: Mapped[list[Rendition]] = relationship(back_populates="item", order_by="Rendition.id")

    @property
    def poster_sha256(self) -> str | None:
        """The picture that stands for the item on pages, once there is one."""
        return self.renditions[0].poster_sha256 if self.renditions else None


class Rendition(Base):
    """A file made from an item for a screen class, in the content-addressed store."""

    __tablename__ = "renditions"
    __table_args__ = (UniqueConstraint("item_id", "screen_class_id"),)

    id: Mapped[KeyColumn]
    item_id: Mapped[int] = mapped_column(Key, ForeignKey("items.id"))
    screen_class_id: Mapped[int] = mapped_column(Key, ForeignKey("screen_classes.id"))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(16))
    width: Mapped[int]
    height: Mapped[int]
    duration_ms: Mapped[int]
    poster_sha256: Mapped[str] = mapped_column(String(64))

    item: Mapped[Item] = relationship(back_populates="renditions")


@dataclass(frozen=True, slots=True)
class MadeRendition:
    """What the worker made for one screen class."""

    screen_class_id: int
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int
    duration_ms: int
    poster_sha256: str


# --- Reading --------------------------------------------------------------------------------------------------------


def get(session: Session, item_id: int, reach: Collection[int]) -> Item:
    """The item, if it belongs to a unit within ``reach``. Raises NotFound otherwise, whichever is the reason."""
    item = session.get(Item, item_id)
    if item is None or item.unit_id not in reach:
        raise NotFound("item-missing", "Không tìm thấy sản phẩm này.")
    return item


def listing(  # noqa: PLR0913  (every filter is named at the call)
    session: Session,
    reach: Collection[int],
    *,
    status: ItemStatus | None = None,
    words: str = "",
    before_id: int | None = None,
    limit: int = 48,
) -> Sequence[Item]:
    """Items of the units within reach, newest first; ``words`` are looked for without marks."""
    query = select(Item).where(Item.unit_id.in_(reach)).order_by(Item.id.desc()).limit(limit)
    if status is not None:
        query = query.where(Item.status == status)
    for word in fold(words).split():
        query = query.where(Item.folded.contains(word, autoescape=True))
    if before_id is not None:
        query = query.where(Item.id < before_id)
    return session.scalars(query).all()


def of_author(session: Session, author: User, status: ItemStatus, since_ms: int = 0) -> Sequence[Item]:
    """What this person wrote and that has this status since ``since_ms`` or later, newest first; at most 100."""
    query = select(Item).where(Item.author_id == author.id, Item.status == status, Item.changed >= since_ms)
    return session.scalars(query.order_by(Item.id.desc()).limit(100)).all()


def posters(session: Session, sha256s: Collection[str]) -> dict[str, str]:
    """The picture (SHA-256) that stands for each of these renditions, by the rendition's SHA-256."""
    query = select(Rendition.sha256, Rendition.poster_sha256).where(Rendition.sha256.in_(sha256s))
    return dict(session.execute(query).all())


def renditions_of(session: Session, item_id: int) -> Sequence[Rendition]:
    """The renditions of an item, oldest screen class first."""
    return session.scalars(select(Rendition).where(Rendition.item_id == item_id).order_by(Rendition.id)).all()


# --- The author's side ----------------------------------------------------------------------------------------------


def add(  # noqa: PLR0913  (every part is named at the call)
    session: Session,
    author: User,
    unit: Unit,
    *,
    source_name: str,
    source_path: str,
    source_bytes: int,
    now_ms: int,
) -> Item:
    """An uploaded file becomes an item that waits for the worker. Raises Forbidden."""
    users.require(session, author, Role.UPLOADER, unit.id)
    name = clean(source_name)[-300:] or "tệp"
    title = clean(name.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("_", " "))[:LONGEST_TITLE] or name[:LONGEST_TITLE]
    item = Item(
        title=title,
        folded=fold(title)[:LONGEST_TITLE],
        unit_id=unit.id,
        author_id=author.id,
        status=ItemStatus.PROCESSING,
        source_name=name,
        source_path=source_path,
        source_bytes=source_bytes,
        created=now_ms,
        changed=now_ms,
    )
    session.add(item)
    session.flush()
    audit.record(session, author, "item.uploaded", f"item:{item.id}", name=name, bytes=source_bytes)
    return item


def describe(  # noqa: PLR0913  (one parameter per field of the form)
    session: Session,
    actor: User,
    item: Item,
    *,
    title: str,
    field_of_law: int | None,
    legal_basis: str = "",
    dwell_ms: int | None = None,
    now_ms: int,
) -> None:
    """Set what the author says about the item. Raises Forbidden, Conflict (already submitted) or Invalid."""
    users.require(session, actor, Role.UPLOADER, item.unit_id)
    if item.status not in EDITABLE:
        raise Conflict("item-fixed", "Sản phẩm đã trình thì không sửa được nữa: hãy đề nghị người phê duyệt trả lại.")
    text = clean(title)
    if not text or len(text) > LONGEST_TITLE:
        raise Invalid("title", "Tiêu đề cần có từ 1 đến %(longest)s ký tự.", field="title", longest=LONGEST_TITLE)
    if field_of_law is not None and not 1 <= field_of_law <= 45:
        raise Invalid("field-of-law", "Hãy chọn một lĩnh vực pháp luật trong danh sách.", field="field_of_law")
    item.title, item.folded = text, fold(text)[:LONGEST_TITLE]
    item.field_of_law, item.legal_basis, item.changed = field_of_law, clean(legal_basis)[:300], now_ms
    if dwell_ms is not None and dwell_ms != item.dwell_ms:
        _set_dwell(item, dwell_ms)
    session.flush()


def _set_dwell(item: Item, dwell_ms: int) -> None:
    """How long a still stays on screen; stills are measured by it, films by themselves."""
    low, high = DWELL_RANGE_MS
    if not low <= dwell_ms <= high:
        raise Invalid("dwell", "Thời lượng hiển thị từ 3 đến 60 giây.", field="dwell_ms")
    item.dwell_ms = dwell_ms
    for rendition in item.renditions:
        if rendition.media_type.startswith("image/"):
            rendition.duration_ms = dwell_ms


def submit(session: Session, actor: User, item: Item, now_ms: int) -> None:
    """Ask for approval. Raises Forbidden, Conflict (not ready) or Invalid (something is missing)."""
    users.require(session, actor, Role.UPLOADER, item.unit_id)
    if item.field_of_law is None:
        raise Invalid("field-of-law", "Hãy chọn lĩnh vực pháp luật trước khi trình.", field="field_of_law")
    _move(session, item, (ItemStatus.READY, ItemStatus.RETURNED), ItemStatus.SUBMITTED, now_ms)
    audit.record(session, actor, "item.submitted", f"item:{item.id}")


# --- The approver's side (see also server.approvals) ----------------------------------------------------------------


def refuse_author(actor: User, item: Item) -> None:
    """Raise Forbidden when the person would judge the own work."""
    if item.author_id == actor.id:
        raise Forbidden("own-item", "Người soạn thảo không được phê duyệt sản phẩm của chính mình.")


def send_back(session: Session, actor: User, item: Item, reason: str, now_ms: int) -> None:
    """Return a submitted item to its author with a reason. Raises Forbidden, Conflict or Invalid."""
    users.require(session, actor, Role.APPROVER, item.unit_id)
    refuse_author(actor, item)
    text = clean(reason)[:1000]
    if not text:
        raise Invalid("reason", "Hãy viết lý do trả lại để người soạn thảo biết cần sửa gì.", field="reason")
    _move(session, item, (ItemStatus.SUBMITTED,), ItemStatus.RETURNED, now_ms)
    item.return_reason = text
    audit.record(session, actor, "item.returned", f"item:{item.id}", reason=text)


def mark_approved(session: Session, item: Item, now_ms: int) -> None:
    """Raises Conflict when somebody else decided in between."""
    _move(session, item, (ItemStatus.SUBMITTED,), ItemStatus.APPROVED, now_ms)


def mark_withdrawn(session: Session, item: Item, now_ms: int) -> None:
    _move(session, item, (ItemStatus.APPROVED,), ItemStatus.WITHDRAWN, now_ms)


def _move(session: Session, item: Item, sources: Collection[ItemStatus], target: ItemStatus, now_ms: int) -> None:
    """One step on the way, by conditional UPDATE: of two people who click at once, one wins and one is told."""
    moved = session.execute(
        update(Item).where(Item.id == item.id, Item.status.in_(sources)).values(status=target, changed=now_ms)
    )
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        raise Conflict("item-moved", "Trạng thái của sản phẩm vừa thay đổi: hãy tải lại trang rồi quyết định.")
    session.refresh(item)


# --- The worker's side ----------------------------------------------------------------------------------------------


def waiting(session: Session, now_ms: int) -> Sequence[int]:
    """Items that no worker holds, oldest first."""
    query = select(Item.id).where(Item.status == ItemStatus.PROCESSING, Item.lease_until < now_ms).order_by(Item.id)
    return session.scalars(query).all()


def claim(session: Session, item_id: int, now_ms: int) -> Item | None:
    """The item, leased to the caller; None when another worker has it or there is nothing to do."""
    claimed = session.execute(
        update(Item)
        .where(Item.id == item_id, Item.status == ItemStatus.PROCESSING, Item.lease_until < now_ms)
        .values(lease_until=now_ms + LEASE_MS, progress=0, attempts=Item.attempts + 1)
    )
    return session.get(Item, item_id) if claimed.rowcount else None  # type: ignore[attr-defined]


def report_progress(session: Session, item_id: int, percent: int, now_ms: int) -> None:
    """Say how far the work is; the lease lasts on from now."""
    values = {"progress": percent, "lease_until": now_ms + LEASE_MS}
    session.execute(update(Item).where(Item.id == item_id, Item.status == ItemStatus.PROCESSING).values(values))


def finish(  # noqa: PLR0913  (every part is named at the call)
    session: Session,
    item: Item,
    *,
    kind: str,
    findings: list[dict[str, Any]],
    made: Collection[MadeRendition],
    now_ms: int,
) -> None:
    """The worker is done: the item is ready. Renditions an earlier, interrupted try left are replaced."""
    for old in list(item.renditions):
        session.delete(old)
    session.flush()
    for rendition in made:
        session.add(Rendition(item_id=item.id, **{f: getattr(rendition, f) for f in MadeRendition.__slots__}))
    item.kind, item.findings = kind, findings
    item.progress, item.lease_until = 100, 0
    _move(session, item, (ItemStatus.PROCESSING,), ItemStatus.READY, now_ms)


def refuse(session: Session, item: Item, finding: dict[str, Any], now_ms: int) -> None:
    """The file cannot be used; ``finding`` says why in a sentence with its parameters."""
    item.findings, item.lease_until = [finding], 0
    _move(session, item, (ItemStatus.PROCESSING,), ItemStatus.REFUSED, now_ms)


def release(session: Session, item_id: int, now_ms: int) -> None:
    """Give the item back for a later try: this machine could not do it now."""
    values = {"progress": 0, "lease_until": now_ms + LEASE_MS}
    session.execute(update(Item).where(Item.id == item_id, Item.status == ItemStatus.PROCESSING).values(values))
