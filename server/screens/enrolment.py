"""How a player becomes the device of a screen: it shows a code, staff enter the code, it is told who it is.

The shape is RFC 8628 (device authorization): the code proves that whoever enters it stands before the screen; the
player's key, made on the player, proves every request afterwards. A code lives ten minutes, pairs once, and no other
key may show it for a day. Staff compare the key's fingerprint, which player and page show.
"""

from __future__ import annotations

import re
import secrets

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from playlists.keys import keyid_of
from server import units, users
from server.audit import record
from server.errors import Conflict, Forbidden, Invalid
from server.screens.tables import Device, Enrolment, Screen, ScreenClass, ShownCode
from server.sites import VENUES

CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, no digits: nothing that is misread or spells a word
CODE_LENGTH = 8
CODE_LIFE_MS = 10 * 60_000
CODE_REST_MS = 24 * 3600 * 1000  # for so long no other key may show a code that was shown
MAX_WAITING = 1000  # players that wait at one time; more is somebody's script
MAX_WAITING_PER_ADDRESS = 100
ID_LETTERS = "bcdfghjkmnpqrstvwxyz23456789"
_NOT_IN_CODE = re.compile(r"[\s\-–—._]+")


def look(session: Session, public: str, code: str, now_ms: int) -> Device | Enrolment | None:
    """What is known already of a waiting player: its device once it is paired, its row while it waits with this code.

    None: it has to be written down (:func:`poll`). Nothing is changed, so most polls need no write lock.

    Raises:
        Conflict: the code has expired: the player makes a new one.
        Forbidden: this device was retired.
    """
    device = session.scalar(select(Device).where(Device.keyid == keyid_of(public)))
    if device is not None:
        if device.retired_ms is not None:
            raise Forbidden("device-retired", "Thiết bị này đã ngừng sử dụng: hãy xóa trạng thái của nó và gắn lại.")
        return device
    waiting = session.scalar(select(Enrolment).where(Enrolment.public == public))
    if waiting is None or waiting.code != clean_code(code):
        return None
    if waiting.expires_ms <= now_ms:
        raise _code_is_gone()
    return waiting


def poll(  # noqa: PLR0913, PLR0917  (what a player sends, when and from where)
    session: Session, public: str, code: str, name: str, now_ms: int, address: str = ""
) -> Device | None:
    """What a waiting player asks every few seconds: its device once it is paired, None while nobody entered the code.

    The caller has checked that the request was signed by the key ``public``. Idempotent.

    Raises:
        Invalid: the code is not one.
        Conflict: the code has expired, or another player shows or showed it: the player makes a new one.
        Forbidden: this device was retired.
    """
    known = look(session, public, code, now_ms)
    if isinstance(known, Device):
        return known
    if known is None:
        _show(session, public, clean_code(code), name, address, now_ms)
    return None


def _show(  # noqa: PLR0913, PLR0917  (the same)
    session: Session, public: str, code: str, name: str, address: str, now_ms: int
) -> None:
    """From now on this player waits with this code."""
    session.execute(delete(Enrolment).where(Enrolment.expires_ms <= now_ms))
    session.execute(delete(ShownCode).where(ShownCode.free_ms <= now_ms))
    shown = session.get(ShownCode, code)
    if shown is not None and (shown.public != public or shown.expires_ms <= now_ms):
        raise _code_is_gone()
    if shown is None:
        shown = ShownCode(code=code, public=public, expires_ms=now_ms + CODE_LIFE_MS, free_ms=now_ms + CODE_REST_MS)
        session.add(shown)
    waiting = session.scalar(select(Enrolment).where(Enrolment.public == public))
    if waiting is None:
        _make_room(session, address)
        waiting = Enrolment(public=public)
        session.add(waiting)
    waiting.code, waiting.name, waiting.address, waiting.expires_ms = code, name[:100], address[:45], shown.expires_ms
    session.flush()


def _make_room(session: Session, address: str) -> None:
    """Before one more waits: the oldest of an address that has enough gives way, or of the one that has the most.

    A player that had to give way asks again within seconds and waits again, with the same code.
    """
    many = func.count()
    rows = select(Enrolment.address, many).group_by(Enrolment.address).order_by(many.desc(), Enrolment.address)
    by_address: dict[str, int] = {there: waiting for there, waiting in session.execute(rows)}  # noqa: C416  (see accounts)
    if by_address.get(address, 0) >= MAX_WAITING_PER_ADDRESS:
        _evict(session, address)
    elif sum(by_address.values()) >= MAX_WAITING:
        _evict(session, next(iter(by_address)))


def _evict(session: Session, address: str) -> None:
    mine = select(Enrolment).where(Enrolment.address == address)
    oldest = session.scalar(mine.order_by(Enrolment.expires_ms, Enrolment.id).limit(1))
    if oldest is not None:
        session.delete(oldest)
        session.flush()


def _code_is_gone() -> Conflict:
    return Conflict("code-gone", "Mã này không còn hiệu lực: màn hình sẽ hiện mã mới.")


def pair(  # noqa: PLR0913  (a screen is all of this; every part is named at the call)
    session: Session,
    actor: users.User | None,
    *,
    code: str,
    name: str,
    unit: units.Unit,
    screen_class: ScreenClass,
    place: str = "",
    venue: str = "other",
    now_ms: int,
) -> Screen:
    """Make the player that shows ``code`` the device of a new screen. ``actor`` None is the system itself.

    Raises Invalid (code, name, venue) or Forbidden (no operator of this unit).
    """
    _may_operate(session, actor, unit.id)
    if venue not in VENUES:
        raise Invalid("venue", "Loại địa điểm này không có trong danh sách.", field="venue")
    waiting = _shown(session, code, now_ms)
    screen = Screen(
        public_id=_new_id(session),
        name=units.clean_name(name),
        unit_id=unit.id,
        class_id=screen_class.id,
        place=" ".join(place.split())[:300],
        venue=venue,
        created_ms=now_ms,
    )
    session.add(screen)
    session.flush()
    device = _enrol(session, waiting, screen, now_ms)
    record(session, actor, "screen.paired", f"screen:{screen.id}", name=screen.name, device=device.keyid)
    return screen


def replace_device(session: Session, actor: users.User, screen: Screen, code: str, now_ms: int) -> Device:
    """Another player takes over the screen; the one before is shut out at once. Raises Invalid or Forbidden."""
    _may_operate(session, actor, screen.unit_id)
    waiting = _shown(session, code, now_ms)
    retire_devices(session, screen, now_ms)
    device = _enrol(session, waiting, screen, now_ms)
    record(session, actor, "screen.device_replaced", f"screen:{screen.id}", device=device.keyid)
    return device


def retire(session: Session, actor: users.User, screen: Screen, now_ms: int) -> None:
    """Take the screen out of service: its device may no longer connect or ask. What it showed stays on record."""
    _may_operate(session, actor, screen.unit_id)
    screen.active = False
    retire_devices(session, screen, now_ms)
    session.flush()
    record(session, actor, "screen.retired", f"screen:{screen.id}", name=screen.name)


def retire_devices(session: Session, screen: Screen, now_ms: int) -> None:
    """Shut out whatever device the screen has."""
    living = (Device.screen_id == screen.id) & Device.retired_ms.is_(None)
    session.execute(update(Device).where(living).values(retired_ms=now_ms))


def code_shown_by(session: Session, public: str) -> str | None:
    """The code that the player with this key shows while it waits, or None."""
    return session.scalar(select(Enrolment.code).where(Enrolment.public == public))


def clean_code(text: str) -> str:
    """The code as it is stored, whatever way somebody typed it. Raises Invalid."""
    code = _NOT_IN_CODE.sub("", text).upper()
    if len(code) != CODE_LENGTH or not set(code) <= set(CODE_LETTERS):
        raise Invalid(
            "pair-code-form", "Mã gắn màn hình gồm tám chữ cái như hiện trên màn hình, ví dụ BCDF-GHJK.", field="code"
        )
    return code


def _shown(session: Session, code: str, now_ms: int) -> Enrolment:
    alive = (Enrolment.code == clean_code(code)) & (Enrolment.expires_ms > now_ms)
    waiting = session.scalar(select(Enrolment).where(alive))
    if waiting is None:
        raise Invalid(
            "pair-code",
            "Không có màn hình nào đang hiện mã này: hãy nhìn lại mã trên màn hình (mỗi mã chỉ sống mười phút).",
            field="code",
        )
    return waiting


def _enrol(session: Session, waiting: Enrolment, screen: Screen, now_ms: int) -> Device:
    device = Device(
        screen_id=screen.id,
        keyid=keyid_of(waiting.public),
        public=waiting.public,
        name=waiting.name,
        enrolled_ms=now_ms,
    )
    session.delete(waiting)
    session.add(device)
    session.flush()
    return device


def _may_operate(session: Session, actor: users.User | None, unit_id: int) -> None:
    if actor is not None:
        users.require(session, actor, users.Role.OPERATOR, unit_id)


def _new_id(session: Session) -> str:
    while True:
        name = "s-" + "".join(secrets.choice(ID_LETTERS) for _ in range(8))
        if session.scalar(select(Screen.id).where(Screen.public_id == name)) is None:
            return name
