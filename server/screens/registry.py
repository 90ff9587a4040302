"""Finding screens, and changing what is written about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from server import users
from server.errors import NotFound
from server.screens.tables import Device, Screen, ScreenClass

SAMPLE_CLASSES = (("LED 1920×1080", 1920, 1080), ("Màn dọc 1080×1920", 1080, 1920))


def seed_classes(session: Session) -> Sequence[ScreenClass]:
    """The classes every installation starts with; nothing happens to those already there."""
    present = set(session.scalars(select(ScreenClass.name)))
    for name, width, height in SAMPLE_CLASSES:
        if name not in present:
            session.add(ScreenClass(name=name, width=width, height=height, video_fps=25, sound=True))
    session.flush()
    return classes(session)


def classes(session: Session) -> Sequence[ScreenClass]:
    """All screen classes, in the order they were made."""
    return session.scalars(select(ScreenClass).order_by(ScreenClass.id)).all()


def get_class(session: Session, class_id: int) -> ScreenClass:
    """The class. Raises NotFound."""
    found = session.get(ScreenClass, class_id)
    if found is None:
        raise NotFound("class-missing", "Không tìm thấy loại màn hình này.")
    return found


def get(session: Session, screen_id: int) -> Screen:
    """The screen. Raises NotFound."""
    screen = session.get(Screen, screen_id)
    if screen is None:
        raise NotFound("screen-missing", "Không tìm thấy màn hình này.")
    return screen


def by_public_id(session: Session, public_id: str) -> Screen | None:
    """The screen with this name on the wire, or None."""
    return session.scalar(select(Screen).where(Screen.public_id == public_id))


def in_units(session: Session, unit_ids: Collection[int], *, retired: bool = False) -> Sequence[Screen]:
    """The screens of these units by name; those out of service only when asked for."""
    query = select(Screen).where(Screen.unit_id.in_(unit_ids)).order_by(Screen.name, Screen.id)
    return session.scalars(query if retired else query.where(Screen.active)).all()


def active(session: Session) -> Sequence[Screen]:
    """Every screen in service."""
    return session.scalars(select(Screen).where(Screen.active).order_by(Screen.id)).all()


def names(session: Session, public_ids: Collection[str]) -> dict[str, str]:
    """The names of screens by their names on the wire."""
    rows = session.execute(select(Screen.public_id, Screen.name).where(Screen.public_id.in_(public_ids)))
    return {public_id: name for public_id, name in rows}  # noqa: C416  (see accounts)


def tags_in(session: Session, unit_ids: Collection[int]) -> list[str]:
    """Every tag that a screen of these units carries, in order."""
    rows = session.scalars(select(Screen.tags).where(Screen.active, Screen.unit_id.in_(unit_ids)))
    return sorted({tag for tags in rows for tag in tags})


def at_sites(session: Session, site_ids: Collection[int]) -> Sequence[Screen]:
    """The screens in service that stand at these sites."""
    return session.scalars(select(Screen).where(Screen.active, Screen.site_id.in_(site_ids)).order_by(Screen.id)).all()


def visible(session: Session, user: users.User, screen_id: int) -> Screen:
    """The screen, if this person has any role that reaches its unit. Raises NotFound otherwise."""
    screen = get(session, screen_id)
    if screen.unit_id not in users.units_where(session, user):
        raise NotFound("screen-missing", "Không tìm thấy màn hình này.")
    return screen


def device_of(session: Session, screen: Screen) -> Device | None:
    """The device in service, or None."""
    return session.scalar(select(Device).where(Device.screen_id == screen.id, Device.retired_ms.is_(None)))


def devices_of(session: Session, screen: Screen) -> Sequence[Device]:
    """Every device the screen ever had, newest first."""
    return session.scalars(select(Device).where(Device.screen_id == screen.id).order_by(Device.id.desc())).all()


def device_by_keyid(session: Session, keyid: str) -> Device | None:
    """The device with this key, retired or not."""
    return session.scalar(select(Device).where(Device.keyid == keyid))


def note_fork(session: Session, device: Device, now_ms: int) -> None:
    """The device sent numbers of plays again with other content: a card was copied, or an old journal restored."""
    device.forked_ms = now_ms
    session.flush()


def forked(session: Session, screen_ids: Collection[int], since_ms: int) -> set[int]:
    """Those of the screens whose device did that since then."""
    query = select(Device.screen_id).where(Device.screen_id.in_(screen_ids), Device.forked_ms >= since_ms)
    return set(session.scalars(query))


def accounts(session: Session) -> dict[str, str]:
    """Who may connect to the broker: screen id → key id of its device (see ``server.broker.accounts``)."""
    query = select(Screen.public_id, Device.keyid).join(Device, Device.screen_id == Screen.id)
    rows = session.execute(query.where(Screen.active, Device.retired_ms.is_(None)))
    return {public_id: keyid for public_id, keyid in rows}  # noqa: C416  (a row is no pair to dict's typing)
