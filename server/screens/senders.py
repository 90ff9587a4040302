"""Whose plays these are: what receiving a batch needs of a device and its screen, in one plain query."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.screens.tables import Device, Screen


class PlaySender(NamedTuple):
    """A device, in service or not, with where its plays count."""

    device_id: int
    keyid: str
    public: str
    screen_id: int
    screen_public_id: str
    unit_id: int
    zone: str


_QUERY = select(Device.id, Device.keyid, Device.public, Screen.id, Screen.public_id, Screen.unit_id, Screen.zone).join(
    Screen, Screen.id == Device.screen_id
)


def sender_by_keyid(session: Session, keyid: str) -> PlaySender | None:
    """The device with this key, retired or not: what it showed before is still to be handed in."""
    row = session.execute(_QUERY.where(Device.keyid == keyid)).first()
    return None if row is None else PlaySender(*row)
