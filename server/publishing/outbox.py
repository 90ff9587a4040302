"""Messages on their way to the broker: written with the change they tell of, deleted once acknowledged.

At least once, in order. Doing it twice is harmless: players tell versions apart, and retained topics hold one message.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.publishing.tables import Outbox, PlaylistVersion


def put(  # noqa: PLR0913  (a message is all of this; every part is named at the call)
    session: Session,
    topic: str,
    payload: bytes,
    *,
    now_ms: int,
    retain: bool = True,
    expires_ms: int | None = None,
    playlist_id: int | None = None,
) -> None:
    """Have the bridge publish this. On a retained topic it takes the place of a message not sent yet."""
    if retain:
        session.execute(delete(Outbox).where(Outbox.topic == topic, Outbox.retain))
    session.add(
        Outbox(
            topic=topic,
            payload=payload,
            retain=retain,
            expires_ms=expires_ms,
            created_ms=now_ms,
            playlist_id=playlist_id,
        )
    )


def due(session: Session, limit: int, *, but: Collection[int] = ()) -> Sequence[Outbox]:
    """The oldest messages that wait, without those in ``but`` (ids)."""
    query = select(Outbox).order_by(Outbox.id).limit(limit)
    return session.scalars(query.where(Outbox.id.not_in(but)) if but else query).all()


def still_waiting(session: Session, rows: Collection[int]) -> set[int]:
    """Those of these messages (ids) whose place no newer one has taken."""
    return set(session.scalars(select(Outbox.id).where(Outbox.id.in_(rows))))


def done(session: Session, rows: Collection[tuple[int, int | None]], now_ms: int) -> None:
    """Forget messages (their id, and the playlist each carried) that the broker acknowledged or that expired."""
    session.execute(delete(Outbox).where(Outbox.id.in_([row for row, _ in rows])))
    playlists = [playlist for _, playlist in rows if playlist is not None]
    if playlists:
        unsent = PlaylistVersion.id.in_(playlists) & PlaylistVersion.sent_ms.is_(None)
        session.execute(update(PlaylistVersion).where(unsent).values(sent_ms=now_ms))
