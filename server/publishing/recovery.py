"""A server put back from an old backup: what the broker still holds of the days that the backup does not know.

Screens took those documents and refuse anything older, so the bridge must not publish over them. It keeps what it
found here, says so, and publishes nothing until ``cauthang recover`` has taken it back under the own root key.
"""

from __future__ import annotations

import logging

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from playlists import topics
from playlists.envelope import Kind, open_envelope, unpack
from playlists.errors import Refusal
from playlists.keys import SigningKey
from playlists.model import Revocation, Trust
from playlists.schemas import load
from playlists.signers import enough, withdrawing_signers
from server import faults, revocations, trust
from server.db import Base, Millis
from server.errors import Conflict
from server.publishing import bulletins
from server.signing import Keys

log = logging.getLogger(__name__)

KINDS = {topics.ALL_TRUST: Kind.TRUST, topics.ALL_REVOCATION: Kind.REVOCATION}


class Overtaken(Base):
    """A document on the broker that is newer than ours: its sealed bytes, checked under our root."""

    __tablename__ = "overtaken"

    topic: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    seen_ms: Mapped[Millis]


def compare(session: Session, topic: str, payload: bytes, now_ms: int) -> bool:
    """Look at a retained document of the broker. Returns whether we are behind it; then it is kept and shown."""
    if not payload:
        return False
    try:
        version, sealed = _read(session, topic, payload)
    except Refusal as refusal:
        log.warning("what the broker holds on %s is not ours: %s", topic, refusal)
        return False
    ours = {found: (number, data) for found, number, data in bulletins.newest(session)}.get(topic)
    if ours is not None and (version < ours[0] or (version == ours[0] and _same(topic, sealed, ours[1]))):
        return False
    session.merge(Overtaken(topic=topic, version=version, sealed=sealed, seen_ms=now_ms))
    faults.note(session, faults.BROKER_NEWER, f"{topic} {version}", now_ms)
    return True


def is_overtaken(session: Session) -> bool:
    """Whether nothing may be published before ``cauthang recover``."""
    return session.scalar(select(Overtaken.topic).limit(1)) is not None


def recover(session: Session, keys: Keys, root: SigningKey, now_ms: int) -> int:
    """Take back what the broker held, and go on from there in a higher epoch, so that screens obey us again.

    The next trust version follows the newest that screens hold, names our own director and log, and outruns every
    playlist number of the epochs before; what we withdrew ourselves since the backup joins the list taken back.

    Returns: the number of the trust version to come into force.

    Raises:
        Conflict: there is nothing to take back. Invalid: ``root`` is not the root key.
    """
    found = {row.topic: row for row in session.scalars(select(Overtaken))}
    if not found:
        raise Conflict("nothing-overtaken", "Không có gì cần lấy lại: broker không giữ tài liệu nào mới hơn.")
    newer = found.get(topics.ALL_TRUST)
    publics = {"director": keys.director.public, "log": keys.log.public}
    row = trust.take_back(session, newer.sealed if newer is not None else None, publics, root, now_ms)
    withdrawn = found.get(topics.ALL_REVOCATION)
    if withdrawn is not None:
        revocations.take_back(session, withdrawn.sealed, root, now_ms)
    for taken in found.values():
        session.delete(taken)
    faults.clear(session, faults.BROKER_NEWER)
    session.flush()
    return row.version


def _read(session: Session, topic: str, payload: bytes) -> tuple[int, bytes]:
    """Version and sealed bytes. Raises Refusal when nobody whom we trust signed it."""
    sealed = unpack(payload, KINDS[topic])
    opened = open_envelope(KINDS[topic], sealed)
    known = _trust(session)
    if topic == topics.ALL_TRUST:
        root = known.roles["root"]
        enough(opened.signers_among({k: known.keys[k].public for k in root.keys}), root.threshold)
        document: Trust = load(Kind.TRUST, opened.payload)
        return document.version, sealed
    newer = session.get(Overtaken, topics.ALL_TRUST)  # it may name approvers whom we do not know any more
    if newer is not None:
        known = load(Kind.TRUST, open_envelope(Kind.TRUST, newer.sealed).payload)
    withdrawing_signers(known, opened)
    revocation: Revocation = load(Kind.REVOCATION, opened.payload)
    return revocation.version, sealed


def _trust(session: Session) -> Trust:
    row = trust.latest(session)
    if row is None:
        raise Conflict("trust-missing", "Chưa có tài liệu tin cậy: hãy chạy `cauthang init` trước.")
    return row.read()


def _same(topic: str, sealed: bytes, ours: bytes) -> bool:
    kind = KINDS[topic]
    return open_envelope(kind, sealed).payload == open_envelope(kind, ours).payload
