"""What an administrator does with people and units: every act checked, recorded, and carried into the trust document.

``root`` is the root key where this machine has it; without it the new trust version waits for ``cauthang trust sign``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from playlists.keys import SigningKey
from server import custody, trust, units, users
from server.audit import record
from server.errors import Conflict, Forbidden, NotFound
from server.units import Unit
from server.users import Grant, Role, User


@dataclass(frozen=True, slots=True)
class Act:
    """One act of administration: who acts, when, and with what the trust document can be signed."""

    admin: User
    now_ms: int
    root: SigningKey | None = field(default=None, repr=False)


def person(session: Session, admin: User, user_id: int) -> User:
    """A person of a unit that the administrator reaches. Raises NotFound, also for those out of reach."""
    user = users.get(session, user_id)
    if not users.may(session, admin, Role.ADMIN, user.unit_id):
        raise NotFound("user-missing", "Không tìm thấy người dùng này.")
    return user


def unit(session: Session, admin: User, unit_id: int) -> Unit:
    """A unit that the administrator reaches. Raises NotFound, also for those out of reach."""
    found = units.get(session, unit_id)
    if not users.may(session, admin, Role.ADMIN, found.id):
        raise NotFound("unit-missing", "Không tìm thấy đơn vị này.")
    return found


def hire(session: Session, act: Act, *, username: str, display_name: str, unit: Unit) -> tuple[User, str]:
    """A new account without roles, and its first password. Raises Invalid, Conflict or Forbidden."""
    users.require(session, act.admin, Role.ADMIN, unit.id)
    password = users.new_password()
    user = users.add(
        session, username=username, display_name=display_name, unit=unit, password=password, now_ms=act.now_ms
    )
    user.must_change_password = True
    record(session, act.admin, "user.added", f"user:{user.id}", username=user.username)
    return user, password


def describe(session: Session, act: Act, user: User, display_name: str, unit: Unit) -> None:
    """Change the person's name and unit. Raises Invalid or Forbidden."""
    _govern(session, act, user)
    users.require(session, act.admin, Role.ADMIN, unit.id)
    user.display_name, user.unit_id = units.clean_name(display_name), unit.id
    session.flush()
    record(session, act.admin, "user.changed", f"user:{user.id}")


def set_active(session: Session, act: Act, user: User, active: bool) -> None:
    """Let the person in or lock the account; nobody locks themselves out. Raises Conflict or Forbidden."""
    _govern(session, act, user)
    if user.id == act.admin.id:
        raise Conflict("own-account", "Bạn không thể tự khóa tài khoản của mình: hãy nhờ một người quản trị khác.")
    users.set_active(session, user, active)
    record(session, act.admin, "user.unlocked" if active else "user.locked", f"user:{user.id}")


def reset_password(session: Session, act: Act, user: User) -> str:
    """A new password, to be handed over and changed at the first login. An approver's keys are made anew."""
    _govern(session, act, user)
    password = users.new_password()
    if custody.reset_password(session, act.admin, user, password, act.now_ms):
        trust.rebuild(session, act.root, act.now_ms)
    return password


def give(session: Session, act: Act, user: User, role: Role, unit: Unit) -> str | None:
    """Give a role in a unit.

    Returns a new password when the role is approver: the key is locked with it, so it must be known at this moment.
    Raises Forbidden, or Conflict when the person has the role there.
    """
    _govern(session, act, user)
    users.require(session, act.admin, Role.ADMIN, unit.id)
    if any(grant.role == role and grant.unit_id == unit.id for grant in user.grants):
        raise Conflict("grant-there", "Người này đã có vai trò ấy ở đơn vị ấy.")
    record(session, act.admin, "role.given", f"user:{user.id}", role=role, unit=unit.code)
    if role is not Role.APPROVER:
        users.give(session, user, role, unit)
        return None
    password = reset_password(session, act, user)
    custody.appoint(session, user, unit, password, act.now_ms)
    trust.rebuild(session, act.root, act.now_ms)
    return password


def take(session: Session, act: Act, user: User, grant_id: int) -> Grant:
    """Withdraw a role; what an approver approved stays approved. Raises NotFound, Conflict or Forbidden."""
    _govern(session, act, user)
    grant = next((grant for grant in user.grants if grant.id == grant_id), None)
    if grant is None:
        raise NotFound("grant-missing", "Người này không còn vai trò đó.")
    if grant.role == Role.ADMIN and user.id == act.admin.id:
        raise Conflict("own-role", "Bạn không thể tự bỏ vai trò quản trị của mình: hãy nhờ một người quản trị khác.")
    if grant.role == Role.APPROVER:
        custody.dismiss(session, user, grant.unit)
    else:
        users.take(session, user, Role(grant.role), grant.unit)
    record(session, act.admin, "role.taken", f"user:{user.id}", role=grant.role, unit=grant.unit.code)
    return grant


def drop_key(session: Session, act: Act, user: User, key_id: int) -> None:
    """No longer trust a key that may be in wrong hands; screens stop showing what it alone approved.

    The person needs a new password (:func:`reset_password`) to get another key. Raises NotFound, Conflict or Forbidden.
    """
    _govern(session, act, user)
    key = custody.get(session, user, key_id)
    if key.dropped_ms is not None:
        raise Conflict("key-dropped", "Khóa này đã bị hủy tin cậy.")
    custody.drop(session, act.admin, key, act.now_ms)
    trust.rebuild(session, act.root, act.now_ms)


def add_unit(session: Session, act: Act, *, code: str, name: str, parent: Unit) -> Unit:
    """A new unit under one that the administrator reaches. Raises Invalid, Conflict or Forbidden."""
    users.require(session, act.admin, Role.ADMIN, parent.id)
    added = units.add(session, code=code, name=name, parent=parent)
    return _changed(session, act, added, "unit.added")


def change_unit(  # noqa: PLR0913  (every part is named at the call)
    session: Session, act: Act, changed: Unit, *, name: str, threshold: int, wide_threshold: int
) -> Unit:
    """Another name, or another number of approvers who must agree. Raises Invalid or Forbidden."""
    users.require(session, act.admin, Role.ADMIN, changed.id)
    units.rename(session, changed, name)
    units.set_thresholds(session, changed, threshold, wide_threshold)
    return _changed(session, act, changed, "unit.changed")


def _changed(session: Session, act: Act, changed: Unit, action: str) -> Unit:
    record(session, act.admin, action, f"unit:{changed.id}", code=changed.code)
    trust.rebuild(session, act.root, act.now_ms)
    return changed


def _govern(session: Session, act: Act, user: User) -> None:
    if not users.governs(session, act.admin, user):
        raise Forbidden(
            "out-of-reach", "Người này có vai trò ở đơn vị ngoài phạm vi của bạn: hãy nhờ người quản trị cấp trên."
        )
