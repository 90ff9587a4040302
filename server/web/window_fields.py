"""Rows of a form about time: windows (from, to, days of the week or dates), exceptions, times that must be quiet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, Form, FormField, IntegerField, SelectMultipleField, StringField
from wtforms.validators import NumberRange, Optional

from playlists.model import DayException, Quiet, Window
from server import windows
from server.errors import Invalid

MOST_WINDOWS = 12
MOST_EXCEPTIONS = 60
WEEKDAYS = ((0, _l("T2")), (1, _l("T3")), (2, _l("T4")), (3, _l("T5")), (4, _l("T6")), (5, _l("T7")), (6, _l("CN")))


class WindowForm(Form):
    """One window. It is part of a form that carries the CSRF token."""

    start = StringField(_l("Từ"), default="06:30")
    end = StringField(_l("Đến"), default="22:00")
    days = SelectMultipleField(_l("Ngày"), coerce=int, choices=WEEKDAYS, default=list(range(7)))
    dates = StringField(_l("Chỉ vào các ngày"))


class BlankWindowForm(WindowForm):
    """A window that nobody has to fill in."""

    start = StringField(_l("Từ"))
    end = StringField(_l("Đến"))


class QuietForm(BlankWindowForm):
    """A window and what the surroundings ask for in it."""

    still = BooleanField(_l("Không chiếu hình động"))
    volume = IntegerField(_l("Âm lượng (%)"), [Optional(), NumberRange(0, 100, _l("Hãy nhập từ 0 đến 100."))])
    brightness = IntegerField(_l("Độ sáng (%)"), [Optional(), NumberRange(0, 100, _l("Hãy nhập từ 0 đến 100."))])


class ExceptionForm(Form):
    """Dates on which other hours hold; without hours, none."""

    dates = StringField(_l("Ngày"))
    start = StringField(_l("Từ"))
    end = StringField(_l("Đến"))


def window_list(form: type[Form] = WindowForm, **more: Any) -> FieldList:
    """The field of a form: at least one row; of :class:`BlankWindowForm` it may stay blank."""
    return FieldList(FormField(form), min_entries=1, max_entries=MOST_WINDOWS, **more)


def exception_list(**more: Any) -> FieldList:
    """The field of a form for exceptions by date; rows may stay blank."""
    return FieldList(FormField(ExceptionForm), min_entries=1, max_entries=MOST_EXCEPTIONS, **more)


def rows_of(found: Iterable[Window]) -> list[dict[str, Any]]:
    """The windows as data of the field."""
    return [
        {
            "start": windows.clock(w.from_minute),
            "end": windows.clock(w.to_minute),
            "days": sorted(w.weekdays),
            "dates": windows.dates_text(w.dates),
        }
        for w in found
    ]


def exception_rows_of(found: Iterable[DayException]) -> list[dict[str, Any]]:
    """The exceptions as data of the field."""
    rows = ((one.day, window) for one in found for window in one.windows or (None,))
    return [
        {
            "dates": windows.dates_text([day]),
            "start": windows.clock(window.from_minute) if window else "",
            "end": windows.clock(window.to_minute) if window else "",
        }
        for day, window in rows
    ]


def quiet_rows_of(found: Iterable[Quiet]) -> list[dict[str, Any]]:
    """The quiet rules as data of the field, a row for each of their windows."""
    return [
        {**row, "still": rule.still, "volume": rule.volume, "brightness": rule.brightness}
        for rule in found
        for row in rows_of(rule.windows)
    ]


def windows_of(field: FieldList) -> tuple[Window, ...]:
    """The windows that were filled in. Raises Invalid, beside this field."""
    return tuple(window for _, window in _filled(field))


def quiet_of(field: FieldList) -> tuple[Quiet, ...]:
    """The quiet rules that were filled in. Raises Invalid, beside this field."""
    return tuple(
        Quiet((window,), bool(row.still.data), _percent(row.volume.data), _percent(row.brightness.data))
        for row, window in _filled(field)
    )


def exceptions_of(field: FieldList, whose: str) -> tuple[DayException, ...]:
    """The exceptions that were filled in. ``whose``: as :func:`server.windows.exceptions_of`. Raises Invalid."""
    rows = [entry.form for entry in field.entries if any(part.data for part in entry.form)]
    try:
        return windows.exceptions_of(
            ((day, _hours(row)) for row in rows for day in windows.dates_of(row.dates.data or "") or _no_day(row)),
            whose,
        )
    except Invalid as error:
        error.params["field"] = field.name
        raise


def _filled(field: FieldList) -> list[tuple[Any, Window]]:
    rows = [entry.form for entry in field.entries]
    optional = [row for row in rows if not isinstance(row, BlankWindowForm) or row.start.data or row.end.data]
    try:
        return [(row, _window(row)) for row in optional]
    except Invalid as error:
        error.params["field"] = field.name
        raise


def _window(row: Any) -> Window:
    dates = windows.dates_of(row.dates.data or "")
    return windows.read(row.start.data or "", row.end.data or "", row.days.data or [], dates)


def _hours(row: Any) -> Window | None:
    """The hours of an exception; None when nothing is filled in: closed all day."""
    return windows.read(row.start.data or "", row.end.data or "") if row.start.data or row.end.data else None


def _no_day(_row: Any) -> tuple[()]:
    raise Invalid("exception-day", "Hãy ghi ngày của ngoại lệ, ví dụ 02/09/2026.", field="exceptions")


def _percent(number: int | None) -> int:
    return 100 if number is None else number


def words(window: Window) -> dict[str, Any]:
    """What a page says of a window: its times, its days, whether it ends on the next day."""
    return {
        "start": windows.clock(window.from_minute),
        "end": windows.clock(window.to_minute),
        "days": [label for number, label in WEEKDAYS if number in window.weekdays],
        "every_day": len(window.weekdays) == len(WEEKDAYS) and not window.dates,
        "dates": windows.dates_text(window.dates),
        "overnight": windows.crosses_midnight(window),
    }


def exception_words(exception: DayException) -> dict[str, Any]:
    """What a page says of an exception: its date, and its windows or none."""
    return {"day": windows.dates_text([exception.day]), "windows": [words(window) for window in exception.windows]}
