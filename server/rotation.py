"""Another director's key: made, named by the trust document, then put in force, whatever dies in between.

Order matters. The new key is on the disk before the trust document names it, and takes the place of director.pem only
when a signed version does; until then playlists are signed by the key before, which screens still obey.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from server import signing, trust
from server.db import Sessions
from server.signing import Keys
from server.trust import TrustVersion


def rotate(folder: Path, sessions: Sessions, now_ms: int) -> TrustVersion:
    """A new director and a raised epoch, so that nothing the old key signs is obeyed any more.

    In force at once where the root key is in ``folder``; else the version waits for ``cauthang trust sign``.
    The bridge then signs every playlist and head anew.
    """
    director = signing.prepare_director(folder)
    with sessions.writing() as session:
        row = trust.rotate_director(session, director.public, signing.load(folder).root, now_ms)
        session.flush()
        session.expunge(row)
    with sessions.reading() as session:
        keys_in_force(folder, session)
    return row


def keys_in_force(folder: Path, session: Session) -> Keys:
    """The server's keys, with the director that the newest signed trust document names if its key is on the disk.

    Raises:
        SettingsError: a key is missing or damaged.
    """
    keys = signing.load(folder)
    if trust.latest(session) is not None and keys.director.public != trust.director(session):
        signing.adopt_director(folder, trust.director(session))
        return signing.load(folder)
    return keys
