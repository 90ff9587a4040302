"""Approvers' signing keys, kept for them (custodial mode): encrypted with what only their password opens.

The server cannot sign for an approver who does not type the password at that moment; a copy of the database cannot
sign at all. A takeover of the running server can wait for a password: that is the honest limit of this mode
(reference: reliability A3), and pages name the mode.

A key belongs to one person in one unit. When the person leaves or forgets the password, the private half is destroyed
or useless while the public half stays trusted, so that what was approved before stays on the screens. Only a key that
may be in wrong hands is dropped from the trust document (:func:`drop`), and its approvals with it.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from playlists.keys import SigningKey
from server import units, users
from server.audit import record
from server.db import Base, Key, KeyColumn, Millis
from server.errors import Conflict, Forbidden, NotFound

# An approval lives at most a year; its key must outlive the last one it signs in its own first year.
KEY_LIFE_MS = 2 * 365 * 24 * 3600 * 1000


class ApproverKey(Base):
    """One signing key. ``pem`` None: retired, it verifies and never signs again. ``dropped_ms``: no longer trusted."""

    __tablename__ = "approver_keys"

    id: Mapped[KeyColumn]
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"), index=True)
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)
    keyid: Mapped[str] = mapped_column(String(64), unique=True)
    public: Mapped[str] = mapped_column(String(64))
    pem: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    created_ms: Mapped[Millis]
    not_after_ms: Mapped[Millis]
    dropped_ms: Mapped[int | None]

    user: Mapped[users.User] = relationship(lazy="joined", innerjoin=True)
    unit: Mapped[units.Unit] = relationship(lazy="joined", innerjoin=True)


def appoint(session: Session, user: users.User, unit: units.Unit, password: str, now_ms: int) -> ApproverKey:
    """Give the approver role in the unit, with a key locked by the person's own ``password``.

    An administrator appoints by setting a new password at the same time (:func:`reset_password`). Screens learn the
    key with the next trust version (:func:`server.trust.rebuild`). Raises Forbidden for a wrong password.
    """
    _check(user, password)
    users.give(session, user, users.Role.APPROVER, unit)
    return current(session, user, unit.id) or _new_key(session, user, unit.id, password, now_ms)


def dismiss(session: Session, user: users.User, unit: units.Unit) -> None:
    """Take the approver role in the unit and destroy the private key. What was approved stays approved."""
    users.take(session, user, users.Role.APPROVER, unit)
    key = current(session, user, unit.id)
    if key is not None:
        key.pem = None
    session.flush()


def drop(session: Session, admin: users.User, key: ApproverKey, now_ms: int) -> None:
    """No longer trust a key that may be in wrong hands: with the next trust version its approvals count no more."""
    key.pem, key.dropped_ms = None, now_ms
    session.flush()
    record(session, admin, "key.dropped", f"user:{key.user_id}", keyid=key.keyid)


def get(session: Session, user: users.User, key_id: int) -> ApproverKey:
    """This key of this person. Raises NotFound."""
    key = session.get(ApproverKey, key_id)
    if key is None or key.user_id != user.id:
        raise NotFound("key-missing", "Người này không có khóa đó.")
    return key


def current(session: Session, user: users.User, unit_id: int) -> ApproverKey | None:
    """The key this person signs with for this unit, or None."""
    query = select(ApproverKey).where(
        ApproverKey.user_id == user.id, ApproverKey.unit_id == unit_id, ApproverKey.pem.is_not(None)
    )
    return session.scalar(query)


def unlock(session: Session, user: users.User, unit_id: int, password: str, now_ms: int) -> SigningKey:
    """The person's signing key for this unit, for one act.

    Raises Forbidden (wrong password) or Conflict (no key, or one at the end of its life).
    """
    _check(user, password)
    key = current(session, user, unit_id)
    if key is None or key.pem is None:
        raise Conflict("no-key", "Bạn chưa có khóa ký: hãy đề nghị người quản trị cấp vai trò phê duyệt.")
    if key.not_after_ms <= now_ms:
        raise Conflict("key-expired", "Khóa ký của bạn đã hết hạn: hãy đề nghị người quản trị cấp lại mật khẩu.")
    return _open(key, password)


def change_password(session: Session, user: users.User, old: str, new: str) -> None:
    """The person's own change: every key stays, locked anew. Raises Forbidden (wrong old), Invalid (weak new)."""
    _check(user, old)
    opened = [(key, _open(key, old)) for key in _living(session, user)]
    users.set_password(session, user, new)
    for key, signer in opened:
        _lock(key, signer, new)
    session.flush()
    record(session, user, "password.changed", f"user:{user.id}")


def reset_password(session: Session, admin: users.User | None, user: users.User, new: str, now_ms: int) -> bool:
    """An administrator's reset. Keys locked by the old password are lost, so an approver gets new ones.

    Returns whether there are new keys, that is, whether the trust document must be rebuilt.
    Raises Invalid when the new password is too weak.
    """
    users.set_password(session, user, new, must_change=True)
    for key in _living(session, user):
        key.pem = None
    session.flush()
    approving = [grant.unit_id for grant in user.grants if grant.role == users.Role.APPROVER]
    for unit_id in approving:
        _new_key(session, user, unit_id, new, now_ms)
    record(session, admin, "password.reset", f"user:{user.id}")
    return bool(approving)


def trusted_keys(session: Session, now_ms: int) -> Sequence[ApproverKey]:
    """Every key the trust document is to list, retired ones included, oldest first."""
    query = select(ApproverKey).where(ApproverKey.dropped_ms.is_(None), ApproverKey.not_after_ms > now_ms)
    return session.scalars(query.order_by(ApproverKey.id)).all()


def of_person(session: Session, user: users.User) -> Sequence[ApproverKey]:
    """Every key this person ever had, newest first."""
    query = select(ApproverKey).where(ApproverKey.user_id == user.id).order_by(ApproverKey.id.desc())
    return session.scalars(query).all()


def _living(session: Session, user: users.User) -> Sequence[ApproverKey]:
    query = select(ApproverKey).where(ApproverKey.user_id == user.id, ApproverKey.pem.is_not(None))
    return session.scalars(query).all()


def _new_key(session: Session, user: users.User, unit_id: int, password: str, now_ms: int) -> ApproverKey:
    signer = SigningKey.generate()
    key = ApproverKey(
        user_id=user.id,
        unit_id=unit_id,
        keyid=signer.keyid,
        public=signer.public,
        created_ms=now_ms,
        not_after_ms=now_ms + KEY_LIFE_MS,
    )
    _lock(key, signer, password)
    session.add(key)
    session.flush()
    record(session, user, "key.made", f"user:{user.id}", keyid=key.keyid)
    return key


def _lock(key: ApproverKey, signer: SigningKey, password: str) -> None:
    key.salt = secrets.token_bytes(16)
    key.pem = signer.pem(_stretch(password, key.salt))


def _open(key: ApproverKey, password: str) -> SigningKey:
    return SigningKey.from_pem(key.pem or b"", _stretch(password, key.salt))


def _check(user: users.User, password: str) -> None:
    if not users.verify_password(user, password):
        raise Forbidden("password", "Mật khẩu không đúng.", field="password")


def _stretch(password: str, salt: bytes) -> bytes:
    """What the PEM file is encrypted with: scrypt at 32 MiB, about 0.1 s a guess (PEM's own PBKDF2 is cheap)."""
    text = unicodedata.normalize("NFC", password).encode()
    return hashlib.scrypt(text, salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32).hex().encode()
