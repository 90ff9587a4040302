"""Documents that are the same for every screen: the newest trust and the newest revocations, each on its topic."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from playlists import topics
from playlists.envelope import pack
from server import revocations, trust
from server.publishing import outbox
from server.publishing.tables import DUE, Bulletin, Head


def announce(session: Session, now_ms: int) -> bool:
    """Have the broker told of a trust or revocation version it does not know. Returns whether there was one."""
    announced = [_announce(session, topic, version, sealed, now_ms) for topic, version, sealed in newest(session)]
    return any(announced)


def newest(session: Session) -> list[tuple[str, int, bytes]]:
    """Topic, version and sealed bytes of each document for all screens."""
    found = []
    row = trust.latest(session)
    if row is not None and row.sealed is not None:
        found.append((topics.ALL_TRUST, row.version, row.sealed))
    withdrawn = revocations.latest(session)
    if withdrawn is not None:
        found.append((topics.ALL_REVOCATION, withdrawn.version, withdrawn.sealed))
    return found


def _announce(session: Session, topic: str, version: int, sealed: bytes, now_ms: int) -> bool:
    if _is_announced(session.get(Bulletin, topic), version):
        return False
    trust.one_at_a_time(session)  # of two processes that announce at once, the newer document has the last word
    bulletin = session.get(Bulletin, topic, populate_existing=True)
    if _is_announced(bulletin, version):
        return False
    outbox.put(session, topic, pack(sealed), now_ms=now_ms)
    if topic == topics.ALL_TRUST and bulletin is not None:
        _plan_what_lost_its_approval(session, bulletin.version, version)
    session.merge(Bulletin(topic=topic, version=version))
    session.flush()
    return True


def _is_announced(bulletin: Bulletin | None, version: int) -> bool:
    return bulletin is not None and bulletin.version >= version


def _plan_what_lost_its_approval(session: Session, before: int, after: int) -> None:
    """A playlist with one approval that no longer counts is refused whole by a player that has yet to take it."""
    old, new = trust.get(session, before), trust.get(session, after)
    if old is None or new is None or trust.narrows(old.read(), new.read()):
        plan_again(session, Head.screen_id.is_not(None))


def plan_again(session: Session, which: ColumnElement[bool]) -> None:
    """Have :func:`server.publishing.upkeep.catch_up` plan the screens of these heads anew, a few at a time."""
    session.execute(select(Head.screen_id).where(which).order_by(Head.screen_id).with_for_update())
    session.execute(update(Head).where(which).values(planned_from=DUE))
