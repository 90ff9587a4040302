"""What is planned for a screen: a day by hours, an hour by items; and why something is not shown."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from server import material, publishing
from server.clock import now_ms
from server.publishing import Outlook, Said
from server.screens import Screen
from server.web.converters import number
from server.web.database import reading
from server.web.permission import permit
from server.web.screens.pages import READERS, bp, the_screen

NEXT_ROWS = 12
COMING_MS = 3_600_000


@bp.get("/<int:screen_id>/plan")
@permit(*READERS)
def plan(screen_id: int) -> str:
    """A day of the screen: hour by hour which campaign plays how often, and the items of one hour."""
    session = reading()
    screen, now = the_screen(session, screen_id), now_ms()
    today = publishing.day_of(screen, now)
    day = request.args.get("date", today, type=date.fromisoformat)
    outlook = Outlook(session, screen, day, day, now)
    chosen = request.args.get("hour", type=number)
    return render_template(
        "screens/plan.html",
        screen=screen,
        day=day,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        outlook=outlook,
        hours=outlook.hours(),
        chosen=chosen,
        rows=_rows(outlook, chosen, now, is_today=day == today),
        now_ms=now,
    )


@bp.get("/<int:screen_id>/why")
@permit(*READERS)
def why(screen_id: int) -> str:
    """Choose an item and a time; the answer is one sentence."""
    session = reading()
    screen, now = the_screen(session, screen_id), now_ms()
    at = request.args.get("at", type=datetime.fromisoformat)
    item_id = request.args.get("item", type=number)
    instant = publishing.instant_of(screen, at) if at is not None else now
    answer = _answer(session, screen, item_id, instant, now) if item_id is not None else None
    offered = material.choosable(session, [screen.unit_id], now)
    return render_template(
        "screens/why.html", screen=screen, items=offered, item_id=item_id, instant=instant, answer=answer
    )


def _answer(session: Session, screen: Screen, item_id: int, instant: int, now: int) -> dict[str, Any]:
    day = publishing.day_of(screen, instant)
    outlook = Outlook(session, screen, day, day, now)
    found = outlook.why(item_id, instant)
    return {"shown": found.is_shown, "words": translated(publishing.say(session, outlook, found))}


def translated(said: Said) -> str:
    """A reason in the person's language."""
    return " ".join(_(part, **said.params) for part in (said.sentence, said.next) if part)


def _rows(outlook: Outlook, chosen: int | None, now: int, *, is_today: bool) -> list[Any]:
    """The items of the chosen hour, or what comes next when it is today."""
    if chosen is not None:
        return list(outlook.rows_of_hour(chosen))
    coming = outlook.rows(now, now + COMING_MS) if is_today else iter(())
    return [row for row, _number in zip(coming, range(NEXT_ROWS), strict=False)]
