"""What was withdrawn from every screen for ever: one list that only grows, in versions, each signed.

Version n+1 holds everything of version n. An approver signs what the own unit, or one below it, withdraws; the root
signs as well where its key is on the machine, so that a screen that missed some versions can take the newest at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from playlists.envelope import Kind, open_envelope
from playlists.keys import SigningKey
from playlists.model import Revocation, RevocationEntry
from playlists.schemas import load, seal
from server.db import Base, Millis


class RevocationVersion(Base):
    """One version of the list, exactly as it was signed."""

    __tablename__ = "revocation_versions"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    issued_ms: Mapped[Millis]

    def read(self) -> Revocation:
        """What this version says."""
        found: Revocation = load(Kind.REVOCATION, open_envelope(Kind.REVOCATION, self.sealed).payload)
        return found


def latest(session: Session) -> RevocationVersion | None:
    """The newest version, or None while nothing was ever withdrawn."""
    return session.scalar(select(RevocationVersion).order_by(RevocationVersion.version.desc()).limit(1))


def current(session: Session) -> Revocation:
    """The newest list; empty with version 0 while nothing was ever withdrawn."""
    row = latest(session)
    return row.read() if row is not None else Revocation()


def get(session: Session, version: int) -> RevocationVersion | None:
    """This version, or None."""
    return session.get(RevocationVersion, version)


def take_back(session: Session, newer: bytes, root: SigningKey, now_ms: int) -> None:
    """Put a longer list that screens hold in the place of ours; what only ours has is withdrawn again by the root."""
    before = current(session)
    held: Revocation = load(Kind.REVOCATION, open_envelope(Kind.REVOCATION, newer).payload)
    session.merge(RevocationVersion(version=held.version, sealed=newer, issued_ms=held.issued))
    session.flush()
    add(session, before.entries, [root], now_ms)


def add(
    session: Session, entries: Sequence[RevocationEntry], signers: Sequence[SigningKey], now_ms: int
) -> RevocationVersion | None:
    """The next version with these entries added, or None when all of them were withdrawn before."""
    before = current(session)
    known = {(entry.kind, entry.value) for entry in before.entries}
    fresh = tuple(entry for entry in entries if (entry.kind, entry.value) not in known)
    if not fresh:
        return None
    document = Revocation(before.version + 1, max(now_ms, before.issued + 1), before.entries + fresh)
    row = RevocationVersion(version=document.version, sealed=seal(document, *signers), issued_ms=document.issued)
    session.add(row)
    session.flush()
    return row
