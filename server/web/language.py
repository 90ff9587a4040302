"""Which language a page is in, and instants as people of this place write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_babel import Babel, format_decimal
from flask_babel import gettext as _
from flask_login import current_user

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
COOKIE = "language"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TRANSLATIONS = Path(__file__).parent.parent / "translations"


def init_app(app: Flask) -> None:
    """Translate the pages of this application; Vietnamese is the source language."""
    app.config.update(
        BABEL_DEFAULT_LOCALE="vi", BABEL_DEFAULT_TIMEZONE=ZONE.key, BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS)
    )
    Babel(app, locale_selector=chosen)
    app.add_template_filter(when, "when")
    app.add_template_filter(day, "day")
    app.add_template_filter(seconds, "seconds")
    app.add_template_filter(lasting, "lasting")
    app.add_template_filter(clock, "clock")
    app.add_template_filter(wall, "wall")
    app.context_processor(lambda: {"LANGUAGES": LANGUAGES, "language": chosen()})


def chosen() -> str:
    """The person's choice, else the browser's cookie, else Vietnamese."""
    if not request:
        return "vi"
    kept = getattr(current_user, "language", None) or request.cookies.get(COOKIE)
    return kept if kept in LANGUAGES else "vi"


def when(instant_ms: int | None) -> str:
    """An instant as ``16/09/2026 07:05``, local time."""
    return f"{_local(instant_ms):%d/%m/%Y %H:%M}" if instant_ms is not None else "–"


def day(instant_ms: int | None) -> str:
    """An instant as ``16/09/2026``, local date."""
    return f"{_local(instant_ms):%d/%m/%Y}" if instant_ms is not None else "–"


def seconds(number: float) -> str:
    """A number of seconds with one decimal at most, as the language writes it: ``17,3`` or ``17.3``."""
    return str(format_decimal(number, "0.#"))


def lasting(number: int) -> str:
    """So many seconds as people say it: ``45 giây``, ``12 phút``, ``3 giờ 20 phút``."""
    if number < 60:
        return str(_("%(seconds)s giây", seconds=number))
    minutes = (number + 30) // 60
    if minutes < 60:
        return str(_("%(minutes)s phút", minutes=minutes))
    return str(_("%(hours)s giờ %(minutes)s phút", hours=minutes // 60, minutes=minutes % 60))


def clock(instant_ms: int, zone: str, *, seconds: bool = False) -> str:
    """The time of day of an instant in a zone: ``07:05``."""
    at = datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    return f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"


def wall(instant_ms: int, zone: str) -> str:
    """An instant in a zone as HTML's field for it wants it."""
    return f"{datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def _local(instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZONE)
