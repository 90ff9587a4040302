"""Campaigns and screens as the API shows them, and what it asks for."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from playlists.model import Priority
from server.api.item_schemas import ID, Strict
from server.campaigns import MOST_ITEMS, MOST_PLAYS_PER_HOUR, Campaign, Status
from server.screens import VENUES, Phase
from server.windows import clock, loaded

PRIORITIES = {"priority": Priority.PRIORITY, "normal": Priority.NORMAL, "filler": Priority.FILLER}
PRIORITY_WORDS = {value: word for word, value in PRIORITIES.items()}
TIME = validate.Regexp(r"^\d{1,2}:\d{2}\Z")
WEEKDAYS = {"description": "Days of the week, Monday is 0."}


class WindowView(Schema):
    """A span of the local day. An end before its start is on the next day, and belongs to the day it began on."""

    start = fields.String(required=True, validate=TIME, metadata={"example": "06:30"})
    end = fields.String(required=True, validate=TIME, metadata={"example": "22:00"})
    days = fields.List(fields.Integer(strict=True), load_default=lambda: list(range(7)), metadata=WEEKDAYS)


class WindowInput(WindowView, Strict):
    """A window as somebody wants it."""


class CampaignView(Schema):
    """One campaign. ``screens`` null: all screens of its unit and below, also those paired later."""

    id = fields.Integer()
    name = fields.String()
    unit = fields.String(attribute="unit.code")
    status = fields.String(validate=validate.OneOf(list(Status)))
    first_day = fields.Date()
    last_day = fields.Date()
    windows = fields.Method("_windows", metadata={"type": "array", "items": {"type": "object"}})
    plays_per_hour = fields.Integer()
    priority = fields.Function(lambda c: PRIORITY_WORDS[Priority(c.priority)], metadata={"type": "string"})
    items = fields.Function(lambda c: list(c.item_ids), metadata={"type": "array", "items": {"type": "integer"}})
    everywhere = fields.Boolean()
    directive_number = fields.String()
    directive_date = fields.Date(allow_none=True)
    created_ms = fields.Integer()
    published_ms = fields.Integer(allow_none=True)

    def _windows(self, campaign: Campaign) -> list[dict[str, Any]]:
        found = loaded(campaign.windows)
        return [{"start": clock(w.from_minute), "end": clock(w.to_minute), "days": sorted(w.weekdays)} for w in found]


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


class OneCampaign(Schema):
    """A campaign with the standing of each of its screens."""

    campaign = fields.Nested(CampaignView)
    screens = fields.List(fields.Nested(StandingView))


class CampaignList(Schema):
    """Campaigns, newest first."""

    campaigns = fields.List(fields.Nested(CampaignView))


class CampaignInput(Strict):
    """What somebody wants of a campaign."""

    name = fields.String(required=True)
    unit = fields.String(required=True, metadata={"description": "Code of the unit it belongs to."})
    items = fields.List(
        fields.Integer(strict=True, validate=ID), required=True, validate=validate.Length(1, MOST_ITEMS)
    )
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    windows = fields.List(fields.Nested(WindowInput), required=True, validate=validate.Length(1, 12))
    plays_per_hour = fields.Integer(
        strict=True, required=True, metadata={"minimum": 0, "maximum": MOST_PLAYS_PER_HOUR, "description": "Filler: 0"}
    )
    priority = fields.String(load_default="normal", validate=validate.OneOf(list(PRIORITIES)))
    screens = fields.List(
        fields.String(), load_default=None, allow_none=True, metadata={"description": "Ids; null: everywhere."}
    )
    directive_number = fields.String(load_default="")
    directive_date = fields.Date(load_default=None, allow_none=True)


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
