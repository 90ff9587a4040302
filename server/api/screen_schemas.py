"""Screens as the API shows them, and what it asks for."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.api.item_schemas import ID, Strict
from server.screens import Phase
from server.sites import VENUES


class StandingView(Schema):
    """How far a screen is with the playlist it is to show."""

    screen = fields.String(attribute="screen.public_id")
    name = fields.String(attribute="screen.name")
    unit = fields.String(attribute="screen.unit.code")
    place = fields.String(attribute="screen.place")
    screen_class = fields.String(attribute="screen.screen_class.name")
    version = fields.Function(lambda s: s.version.number if s.version else None, metadata={"type": "integer"})
    held = fields.Function(lambda s: s.held.number if s.held else None, metadata={"type": "integer"})
    phase = fields.Function(
        lambda s: s.phase.name.lower(), metadata={"type": "string", "enum": [phase.name.lower() for phase in Phase]}
    )
    online = fields.Boolean()
    display = fields.Boolean()
    showing = fields.String(allow_none=True)
    seen_ms = fields.Integer(allow_none=True)
    faults = fields.List(fields.String())


class ScreenList(Schema):
    """Screens in service, by name."""

    screens = fields.List(fields.Nested(StandingView))


class Pairing(Strict):
    """A new screen: the code its player shows, and what people call it."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    unit = fields.String(required=True)
    screen_class = fields.Integer(
        strict=True, required=True, validate=ID, metadata={"description": "Id, see the page of pairing."}
    )
    place = fields.String(load_default="")
    venue = fields.String(load_default="other", validate=validate.OneOf(list(VENUES)))
