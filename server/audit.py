"""Who did what to which thing, and when. Rows are only ever added, in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import JSON, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.clock import now_ms
from server.db import Base, Key, KeyColumn, Millis


class Person(Protocol):
    """Whoever acted: a row of users."""

    @property
    def id(self) -> Any: ...

    @property
    def username(self) -> Any: ...


class AuditEvent(Base):
    """One act. ``actor_id`` None is the system itself; ``object`` is written ``noun:id``."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_object", "object", "id"),)

    id: Mapped[KeyColumn]
    at_ms: Mapped[Millis] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(Key, ForeignKey("users.id"))
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    object: Mapped[str] = mapped_column(String(128))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


def record(session: Session, actor: Person | None, action: str, object: str, **details: Any) -> AuditEvent:
    """Add one event to the caller's transaction.

    ``action`` is ``noun.verb`` (``item.approved``), ``object`` is ``noun:id`` (``item:42``), ``details`` must be JSON
    and hold no secret.
    """
    event = AuditEvent(
        at_ms=now_ms(),
        actor_id=actor.id if actor is not None else None,
        actor=actor.username if actor is not None else "system",
        action=action,
        object=object,
        details=details,
    )
    session.add(event)
    return event


def history(session: Session, object: str, limit: int = 100) -> Sequence[AuditEvent]:
    """What was done to one thing, newest first."""
    query = select(AuditEvent).where(AuditEvent.object == object).order_by(AuditEvent.id.desc()).limit(limit)
    return session.scalars(query).all()
