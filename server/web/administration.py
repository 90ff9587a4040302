"""What the pages of units and people share: the act at hand, and the choices of units."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy.orm import Session
from wtforms import SelectField

from server import signing, units, users
from server.clock import now_ms
from server.staffing import Act
from server.users import Role
from server.web.permission import me

INDENT = "\u2003"  # an em space: a select cannot be indented by style


def act() -> Act:
    """The act of the administrator who sent this request."""
    settings = current_app.config["SETTINGS"]
    return Act(me(), now_ms(), signing.load(settings.keys_dir).root)


def reach(session: Session) -> list[tuple[int, units.Unit]]:
    """The units this administrator reaches, in the order of the tree, each with its depth."""
    return units.tree(session, users.units_where(session, me(), Role.ADMIN))


def offer_units(field: SelectField, session: Session) -> None:
    """Let the field choose among the units of this administrator."""
    field.choices = [(unit.id, INDENT * depth + unit.name) for depth, unit in reach(session)]


def chosen_unit(field: Any, session: Session) -> units.Unit:
    """The unit that was chosen: validated to be one of those offered."""
    return units.get(session, field.data)
