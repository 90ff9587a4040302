"""People: accounts, and what each may do in which unit. A role given in a unit reaches everything below it.

``UserMixin`` is the one thing here that knows a web library (docs/adr/0002-user-mixins.md).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import cache
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_security import UserMixin
from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from server import units
from server.db import Base, Key, KeyColumn, Millis
from server.errors import Conflict, Forbidden, Invalid, NotFound, msgid

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else when read aloud

# argon2id with the library's defaults, which follow RFC 9106 (low memory).
HASHER = PasswordHasher()


class Role(StrEnum):
    """What a person may be asked to do. An administrator has no right over content."""

    UPLOADER = "uploader"
    APPROVER = "approver"
    SCHEDULER = "scheduler"
    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"


ROLE_NAMES = {
    Role.UPLOADER: msgid("Người soạn thảo"),
    Role.APPROVER: msgid("Người phê duyệt"),
    Role.SCHEDULER: msgid("Người xếp lịch"),
    Role.OPERATOR: msgid("Người vận hành màn hình"),
    Role.MANAGER: msgid("Người quản lý"),
    Role.ADMIN: msgid("Quản trị viên"),
}


class User(Base, UserMixin):
    """One person's account. The user name never changes: signed documents name persons by it."""

    __tablename__ = "users"

    id: Mapped[KeyColumn]
    username: Mapped[str] = mapped_column(String(32), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    password: Mapped[str] = mapped_column(String(255))
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)  # changing it ends every session
    active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(String(8))
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)
    created_ms: Mapped[Millis]

    unit: Mapped[units.Unit] = relationship(lazy="joined", innerjoin=True)
    grants: Mapped[list[Grant]] = relationship(
        back_populates="user", cascade="all, delete-orphan", lazy="selectin", order_by="Grant.id"
    )

    @property
    def person(self) -> str:
        """How signed documents name this person (author of an approval, holder of a key)."""
        return self.username

    @property
    def initials(self) -> str:
        """Two letters for the menu: of the first and the last word of the name."""
        words = [word for word in self.display_name.split() if word[0].isalnum()] or [self.username]
        return "".join(word[0] for word in dict.fromkeys((words[0], words[-1]))).upper()

    def holds(self, *roles: Role) -> bool:
        """Whether this person has one of the roles anywhere: decides what the menu offers, never what is allowed."""
        return self.active and any(grant.role in roles for grant in self.grants)

    def verify_and_update_password(self, password: str) -> bool:
        """Whether this is the password (the name is Flask-Security's; nothing is written here)."""
        return verify_password(self, password)


class Grant(Base):
    """One role in one unit, reaching that unit's subtree."""

    __tablename__ = "grants"
    __table_args__ = (UniqueConstraint("user_id", "role", "unit_id"),)

    id: Mapped[KeyColumn]
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(String(16))
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"), index=True)

    user: Mapped[User] = relationship(back_populates="grants")
    unit: Mapped[units.Unit] = relationship(lazy="joined", innerjoin=True)


def get(session: Session, user_id: int) -> User:
    """The user. Raises NotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("user-missing", "Không tìm thấy người dùng này.")
    return user


def by_username(session: Session, username: str) -> User | None:
    """The user with this name, or None."""
    return session.scalar(select(User).where(User.username == clean_username(username)))


def of_session(session: Session, uniquifier: str) -> User | None:
    """The user whose sessions carry this mark now, or None when they were ended."""
    return session.scalar(select(User).where(User.fs_uniquifier == uniquifier))


def in_units(session: Session, unit_ids: Iterable[int]) -> Sequence[User]:
    """Everyone who belongs to one of the units, by name."""
    return session.scalars(select(User).where(User.unit_id.in_(unit_ids)).order_by(User.username)).all()


def add(  # noqa: PLR0913  (an account is all of this; every part is named at the call)
    session: Session,
    *,
    username: str,
    display_name: str,
    unit: units.Unit,
    password: str,
    now_ms: int,
    language: str | None = None,
) -> User:
    """A new account without roles. Raises Invalid (name, password) or Conflict (name taken)."""
    name = clean_username(username)
    if not USERNAME.fullmatch(name):
        raise Invalid(
            "username",
            "Tên đăng nhập dài 2–32 ký tự, bắt đầu bằng chữ, chỉ gồm chữ thường không dấu, chữ số, dấu chấm, gạch.",
            field="username",
        )
    if session.scalar(select(User.id).where(User.username == name)) is not None:
        raise Conflict("username-taken", "Tên đăng nhập “%(username)s” đã có người dùng.", username=name)
    user = User(
        username=name,
        display_name=units.clean_name(display_name),
        password=hash_password(password, name),
        fs_uniquifier=uuid4().hex,
        unit_id=unit.id,
        created_ms=now_ms,
        language=language,
    )
    session.add(user)
    session.flush()
    return user


def give(session: Session, user: User, role: Role, unit: units.Unit) -> Grant:
    """The role in the unit; giving it twice changes nothing. For approvers, use :func:`server.custody.appoint`."""
    for grant in user.grants:
        if grant.role == role and grant.unit_id == unit.id:
            return grant
    grant = Grant(role=role, unit_id=unit.id)
    user.grants.append(grant)
    session.flush()
    return grant


def take(session: Session, user: User, role: Role, unit: units.Unit) -> None:
    """The role in the unit is withdrawn; nothing happens when it was not given."""
    user.grants[:] = [g for g in user.grants if not (g.role == role and g.unit_id == unit.id)]
    session.flush()


def set_active(session: Session, user: User, active: bool) -> None:
    """Let the person in, or lock the account and end all of its sessions."""
    user.active = active
    user.fs_uniquifier = uuid4().hex
    session.flush()


def set_password(session: Session, user: User, password: str, *, must_change: bool = False) -> None:
    """Store a new password and end every session of this user. Approvers' keys: see :mod:`server.custody`.

    Raises Invalid when the password is too weak.
    """
    user.password = hash_password(password, user.username)
    user.must_change_password = must_change
    user.fs_uniquifier = uuid4().hex
    session.flush()


def may(session: Session, user: User, role: Role, unit_id: int) -> bool:
    """Whether the user has the role in this unit or in one above it."""
    given = {grant.unit_id for grant in user.grants if grant.role == role}
    return user.active and bool(given) and any(unit.id in given for unit in units.ancestors(session, unit_id))


def require(session: Session, user: User, role: Role, unit_id: int) -> None:
    """Raise Forbidden unless the user has the role in this unit or in one above it."""
    if not may(session, user, role, unit_id):
        raise Forbidden("role", "Bạn không có vai trò cần thiết ở đơn vị này: hãy hỏi người quản trị.")


def units_where(session: Session, user: User, *roles: Role) -> set[int]:
    """The ids of all units in which the user has at least one of the roles (of any role when none is named)."""
    wanted = roles or tuple(Role)
    given = {grant.unit_id for grant in user.grants if grant.role in wanted} if user.active else set()
    return units.subtree_ids(session, *given)


def governs(session: Session, admin: User, user: User) -> bool:
    """Whether the administrator reaches the person's own unit and every unit the person has a role in.

    Else a ward's administrator could reset the password of a city administrator who happens to sit in the ward.
    """
    reach = units_where(session, admin, Role.ADMIN)
    return user.unit_id in reach and all(grant.unit_id in reach for grant in user.grants)


def hash_password(password: str, username: str = "") -> str:
    """The argon2id hash to store. Raises Invalid when the password is too weak (OWASP ASVS 5.0, 6.2)."""
    clean = unicodedata.normalize("NFC", password)
    if not SHORTEST_PASSWORD <= len(clean) <= LONGEST_PASSWORD:
        raise Invalid(
            "password-length", "Mật khẩu cần ít nhất %(shortest)s ký tự.", field="password", shortest=SHORTEST_PASSWORD
        )
    if len(set(clean)) < 5 or (username and username in clean.lower()):
        raise Invalid("password-weak", "Mật khẩu quá dễ đoán: hãy dùng một câu dài của riêng bạn.", field="password")
    return HASHER.hash(clean)


def verify_password(user: User, password: str) -> bool:
    """Whether this is the user's password."""
    try:
        return HASHER.verify(user.password, unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False


def authenticate(session: Session, username: str, password: str) -> User | None:
    """The active user with this name and password, or None; a wrong name takes as long as a wrong password."""
    user = by_username(session, username)
    if user is None:
        _waste(password)
        return None
    return user if verify_password(user, password) and user.active else None


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_urlsafe())


def _waste(password: str) -> None:
    with suppress(VerificationError):
        HASHER.verify(_nobodys_hash(), password)


def new_password() -> str:
    """A password to be read out and typed once: four groups of five, 99 bits."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(5)) for _ in range(4))


def clean_username(text: str) -> str:
    """What was typed as user name, in the form it is stored in."""
    return unicodedata.normalize("NFC", text).strip().lower()
