"""Campaigns as the API shows them, and what it asks for."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from playlists.model import DayException, Order, Per, Priority, Window
from server.api.item_schemas import ID, Strict
from server.api.screen_schemas import StandingView
from server.campaigns import MOST_ITEMS, MOST_WEIGHT, Campaign, Status, frequency
from server.campaigns.tables import GROUP_KINDS
from server.windows import clock

PRIORITIES = {"priority": Priority.PRIORITY, "normal": Priority.NORMAL, "filler": Priority.FILLER}
PRIORITY_WORDS = {value: word for word, value in PRIORITIES.items()}
TIME = validate.Regexp(r"^\d{1,2}:\d{2}\Z")
WEEKDAYS = {"description": "Days of the week, Monday is 0. Not asked for where dates are named."}
MOST_NAMES = 5000
OBJECT = {"type": "object"}
OBJECTS = {"type": "array", "items": OBJECT}


class SpanInput(Strict):
    """A span of the local day. An end before its start is on the next day, and belongs to the day it began on."""

    start = fields.String(required=True, validate=TIME, metadata={"example": "06:30"})
    end = fields.String(required=True, validate=TIME, metadata={"example": "22:00"})


class WindowInput(SpanInput):
    """A span on days of the week, or on these dates alone."""

    days = fields.List(fields.Integer(strict=True), load_default=lambda: list(range(7)), metadata=WEEKDAYS)
    dates = fields.List(fields.Date(), load_default=list, validate=validate.Length(max=366))


class ExceptionInput(Strict):
    """A date on which these spans hold instead; without any it is closed all day."""

    day = fields.Date(required=True)
    windows = fields.List(fields.Nested(SpanInput), load_default=list, validate=validate.Length(max=12))


class FrequencyInput(Strict):
    """At least so many plays an hour or a day, or percent of the airtime; never more than ``most``."""

    per = fields.String(load_default=Per.HOUR.value, validate=validate.OneOf(list(Per)))
    least = fields.Integer(
        strict=True, required=True, metadata={"minimum": 0, "maximum": 8640, "description": "Filler: 0."}
    )
    most = fields.Integer(strict=True, load_default=None, allow_none=True)
    largest_gap_minutes = fields.Integer(strict=True, load_default=None, allow_none=True)


def _names() -> fields.Field[Any]:
    return fields.List(fields.String(), load_default=list, validate=validate.Length(max=MOST_NAMES))


# Two names that a class of marshmallow keeps for itself, hence from dictionaries.
GroupInput = Strict.from_dict({kind: _names() for kind in GROUP_KINDS}, name="GroupInput")
TargetsInput = Strict.from_dict(
    {
        "include": fields.Nested(GroupInput, required=True),
        "exclude": fields.Nested(GroupInput, load_default=lambda: {kind: [] for kind in GROUP_KINDS}),
    },
    name="TargetsInput",
)
TARGETS = (
    "Null: all screens of the unit and below, also those paired later. Within one kind any name is enough, every kind "
    "that names something must agree; single screens are added; whatever `exclude` names is removed."
)


def window_view(window: Window) -> dict[str, Any]:
    """A window as the API writes it."""
    span = {"start": clock(window.from_minute), "end": clock(window.to_minute), "days": sorted(window.weekdays)}
    return {**span, "dates": [day.isoformat() for day in sorted(window.dates)]}


def exception_view(exception: DayException) -> dict[str, Any]:
    """An exception as the API writes it."""
    spans = [{"start": clock(w.from_minute), "end": clock(w.to_minute)} for w in exception.windows]
    return {"day": exception.day.isoformat(), "windows": spans}


def frequency_view(campaign: Campaign) -> dict[str, Any]:
    """How often, as the API writes it."""
    least, most, gap = frequency.written(campaign.frequency())
    return {"per": campaign.per, "least": least, "most": most, "largest_gap_minutes": gap}


class CampaignView(Schema):
    """One campaign. ``targets`` null: all screens of its unit and below, also those paired later."""

    id = fields.Integer()
    name = fields.String()
    unit = fields.String(attribute="unit.code")
    status = fields.String(validate=validate.OneOf(list(Status)))
    first_day = fields.Date()
    last_day = fields.Date()
    windows = fields.Function(lambda c: [window_view(w) for w in c.open_windows()], metadata=OBJECTS)
    exceptions = fields.Function(lambda c: [exception_view(e) for e in c.day_exceptions()], metadata=OBJECTS)
    frequency = fields.Function(frequency_view, metadata=OBJECT)
    priority = fields.Function(lambda c: PRIORITY_WORDS[Priority(c.priority)], metadata={"type": "string"})
    items = fields.Function(lambda c: list(c.item_ids), metadata={"type": "array", "items": {"type": "integer"}})
    order = fields.String(validate=validate.OneOf(list(Order)))
    weights = fields.Function(lambda c: {str(n): w for n, w in c.weights.items() if w > 1}, metadata=OBJECT)
    prime_first = fields.Boolean()
    targets = fields.Raw(allow_none=True, metadata=OBJECT)
    reduction = fields.Raw(allow_none=True, metadata={**OBJECT, "description": "What was knowingly given up."})
    directive_number = fields.String()
    directive_date = fields.Date(allow_none=True)
    created_ms = fields.Integer()
    published_ms = fields.Integer(allow_none=True)


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
    frequency = fields.Nested(FrequencyInput, required=True)
    priority = fields.String(load_default="normal", validate=validate.OneOf(list(PRIORITIES)))
    targets = fields.Nested(TargetsInput, load_default=None, allow_none=True, metadata={"description": TARGETS})
    exceptions = fields.List(fields.Nested(ExceptionInput), load_default=list, validate=validate.Length(max=60))
    order = fields.String(load_default=Order.ROTATION.value, validate=validate.OneOf(list(Order)))
    weights = fields.Dict(
        keys=fields.Integer(validate=ID),
        values=fields.Integer(strict=True, validate=validate.Range(1, MOST_WEIGHT)),
        load_default=dict,
        metadata={"description": "Turns per item id; 1 where none is named."},
    )
    prime_first = fields.Boolean(load_default=False)
    directive_number = fields.String(load_default="")
    directive_date = fields.Date(load_default=None, allow_none=True)


class Publishing(Strict):
    """``accept_missing_seconds``: so much promised airtime may be lost (:class:`VerdictView` says how much is)."""

    accept_missing_seconds = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 10**9))


class JudgedInput(CampaignInput):
    """A campaign to be judged without keeping it. ``replaces``: the id of the one it would replace."""

    replaces = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, ID.max))


class ShortView(Schema):
    """A promise that could not be kept: whose, where, in how many hours, the worst of them, and because of whom."""

    screens = fields.Function(lambda s: [screen.public_id for screen in s.screens], metadata=OBJECTS)
    campaign = fields.String()
    own = fields.Boolean()
    lack = fields.String(metadata={"enum": ["hour", "day", "airtime", "gap"]})
    hours = fields.Integer()
    worst_hour = fields.DateTime(attribute="hour", format="iso")
    promised = fields.Integer()
    planned = fields.Integer()
    missing_ms = fields.Integer()
    because = fields.List(fields.String())


class VerdictView(Schema):
    """Feasible, or what stands against it, and the smallest changes with which it would fit, each tried out."""

    feasible = fields.Boolean(attribute="good")
    screens = fields.Integer()
    missing_seconds = fields.Integer(attribute="missing_s")
    objections = fields.List(fields.Raw(metadata=OBJECT))
    shorts = fields.List(fields.Nested(ShortView))
    changes = fields.List(fields.Raw(metadata=OBJECT))
