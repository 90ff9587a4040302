"""Rows of time windows in a form: from, to, and the days of the week."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, SelectMultipleField, StringField

from playlists.model import Window
from server import windows

MOST_WINDOWS = 12
WEEKDAYS = ((0, _l("T2")), (1, _l("T3")), (2, _l("T4")), (3, _l("T5")), (4, _l("T6")), (5, _l("T7")), (6, _l("CN")))


class WindowForm(Form):
    """One window. It is part of a form that carries the CSRF token."""

    start = StringField(_l("Từ"), default="06:30")
    end = StringField(_l("Đến"), default="22:00")
    days = SelectMultipleField(_l("Ngày"), coerce=int, choices=WEEKDAYS, default=list(range(7)))


def window_list(**more: Any) -> FieldList:
    """The field of a form: at least one row."""
    return FieldList(FormField(WindowForm), min_entries=1, max_entries=MOST_WINDOWS, **more)


def rows_of(found: Iterable[Window]) -> list[dict[str, Any]]:
    """The windows as data of the field."""
    return [
        {"start": windows.clock(w.from_minute), "end": windows.clock(w.to_minute), "days": sorted(w.weekdays)}
        for w in found
    ]


def windows_of(field: FieldList) -> tuple[Window, ...]:
    """The windows that were filled in. Raises Invalid."""
    rows = [entry.form for entry in field.entries]
    return tuple(windows.read(row.start.data or "", row.end.data or "", row.days.data or []) for row in rows)


def words(window: Window) -> dict[str, Any]:
    """What a page says of a window: its times, its days, whether it ends on the next day."""
    return {
        "start": windows.clock(window.from_minute),
        "end": windows.clock(window.to_minute),
        "days": [label for number, label in WEEKDAYS if number in window.weekdays],
        "every_day": len(window.weekdays) == len(WEEKDAYS),
        "overnight": windows.crosses_midnight(window),
    }
