"""What a screen will show, and why it does not show something: these routes belong to the resource of screens."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from server import publishing, screens
from server.api.item_schemas import ID, Strict
from server.api.screens import bp
from server.clock import now_ms
from server.errors import Invalid, NotFound
from server.publishing import Outlook
from server.screens import Screen
from server.web.database import reading
from server.web.permission import me, permit
from server.web.screens import READERS
from server.web.screens.outlook import translated

__all__ = ["bp"]

Body = dict[str, Any]
MOST_DAYS_WITH_PLAYS = 2


class Span(Strict):
    """Local days at the screen, both included; without them today. ``plays`` lists every showing, of two days."""

    first = fields.Date(data_key="from", load_default=None)
    last = fields.Date(data_key="to", load_default=None)
    plays = fields.Boolean(load_default=False)


class Question(Strict):
    """An item and a moment; without a zone it is by the clock on the screen's wall."""

    item = fields.Integer(required=True, validate=ID)
    at = fields.DateTime(required=True, format="iso", metadata={"example": "2026-11-09T08:00"})


class ForecastView(Schema):
    """Plays by campaign and clock hour, what promises are not kept, and each showing where it was asked for.

    ``signed``: it is read from the playlist that the screen was sent; else it is planned now.
    """

    screen = fields.String()
    zone = fields.String()
    signed = fields.Boolean()
    version = fields.Integer(allow_none=True)
    campaigns = fields.List(fields.Raw(metadata={"type": "object"}))
    hours = fields.List(fields.Raw(metadata={"type": "object"}))
    shortfalls = fields.List(fields.Raw(metadata={"type": "object"}))
    plays = fields.List(fields.Raw(metadata={"type": "object"}))


class WhyView(Schema):
    """Shown, or the first rule that keeps the item off: as a code and as a sentence in the person's language."""

    shown = fields.Boolean()
    rule = fields.String(allow_none=True)
    sentence = fields.String()
    campaign = fields.Integer(allow_none=True)
    next_ms = fields.Integer(allow_none=True)


@bp.get("/<public_id>/forecast")
@permit(*READERS)
@bp.arguments(Span, location="query")
@bp.response(200, ForecastView)
def forecast(span: Body, public_id: str) -> Body:
    """What plays when on this screen, and how often which campaign in which hour."""
    session = reading()
    screen, now = _screen(session, public_id), now_ms()
    first = span["first"] or publishing.day_of(screen, now)
    last = span["last"] or first
    if span["plays"] and (last - first).days >= MOST_DAYS_WITH_PLAYS:
        raise Invalid("span-plays", "Từng lượt chỉ xem được nhiều nhất hai ngày một lần.", field="to")
    outlook = Outlook(session, screen, first, last, now)
    sent = outlook.sent
    return {
        "screen": screen.public_id,
        "zone": screen.zone,
        "signed": sent is not None,
        "version": sent.version.number if sent is not None else None,
        "campaigns": [{"id": number, "name": name} for number, name in outlook.names.items()],
        "hours": [
            {"start_ms": hour.start, "campaign": campaign, "plays": count}
            for hour in outlook.hours()
            for campaign, count in hour.plays.items()
        ],
        "shortfalls": [_shortfall(short) for short in outlook.shortfalls],
        "plays": [_play(row) for row in outlook.rows(outlook.start, outlook.end)] if span["plays"] else [],
    }


@bp.get("/<public_id>/why")
@permit(*READERS)
@bp.arguments(Question, location="query")
@bp.response(200, WhyView)
def why(question: Body, public_id: str) -> Body:
    """Why the item is on this screen at this moment, or what keeps it off."""
    session = reading()
    screen, now = _screen(session, public_id), now_ms()
    instant = publishing.instant_of(screen, question["at"])
    day = publishing.day_of(screen, instant)
    outlook = Outlook(session, screen, day, day, now)
    answer = outlook.why(question["item"], instant)
    return {
        "shown": answer.is_shown,
        "rule": answer.rule,
        "sentence": translated(publishing.say(session, outlook, answer)),
        "campaign": answer.campaign,
        "next_ms": answer.next_ms,
    }


def _screen(session: Session, public_id: str) -> Screen:
    screen = screens.by_public_id(session, public_id)
    if screen is None:
        raise NotFound("screen-missing", "Không tìm thấy màn hình này.")
    return screens.visible(session, me(), screen.id)


def _shortfall(short: Any) -> Body:
    return {
        "campaign": short.campaign,
        "lack": short.lack.value,
        "hour_start_ms": short.hour_start,
        "promised": short.promised,
        "planned": short.planned,
        "missing_ms": short.missing_ms,
        "because": list(short.because),
    }


def _play(row: Any) -> Body:
    entry = row.entry
    shown = {"item": entry.item, "campaign": entry.campaign or None, "title": entry.title} if entry else {"item": None}
    return {"start_ms": row.start, "end_ms": row.end, "show": row.show.value, **shown}
