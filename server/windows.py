"""Time windows as they are stored and as people write them: local wall-clock, Monday is 0."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from playlists.model import MINUTES_PER_DAY, DayException, Window
from server.errors import Invalid

CLOCK = re.compile(r"([01]?\d|2[0-4])[:hg]([0-5]\d)")
DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})-(\d{2})-(\d{2})")
BETWEEN = re.compile(r"\s+-\s+|\s*[–—]\s*|\s+đến\s+")
EVERY_DAY = frozenset(range(7))
MOST_DATES = 366

Stored = list[dict[str, Any]]


def read(start: str, end: str, weekdays: Iterable[int] = EVERY_DAY, dates: Iterable[date] = ()) -> Window:
    """The window somebody wrote, such as 06:30 to 22:00; an end before its start is after midnight.

    With ``dates`` it is open on those alone. Raises Invalid, always with a sentence that says what to write instead.
    """
    from_minute, to_minute, days = minute_of(start), minute_of(end), frozenset(weekdays)
    on = frozenset(dates)
    if from_minute == to_minute:
        raise Invalid(
            "window-empty",
            "Khung giờ %(start)s–%(end)s kết thúc đúng lúc bắt đầu: hãy chọn giờ kết thúc khác "
            "(cả ngày là 00:00–24:00).",
            field="windows",
            start=start,
            end=end,
        )
    if from_minute == MINUTES_PER_DAY:
        raise Invalid("window-start", "Khung giờ bắt đầu muộn nhất lúc 23:59.", field="windows")
    if on:
        days = EVERY_DAY
    if not days or not days <= EVERY_DAY:
        raise Invalid("window-days", "Khung giờ cần ít nhất một ngày trong tuần.", field="windows")
    # 22:00–00:00 ends with its day; the model writes that end as 24:00.
    return Window(from_minute, to_minute or MINUTES_PER_DAY, days, on)


def minute_of(text: str) -> int:
    """Minutes since midnight of a time of day such as 06:30 or 24:00. Raises Invalid."""
    match = CLOCK.fullmatch(text.strip())
    minute = int(match[1]) * 60 + int(match[2]) if match else MINUTES_PER_DAY + 1
    if minute > MINUTES_PER_DAY:
        raise Invalid(
            "window-time", "“%(text)s” không phải giờ trong ngày: hãy viết như 06:30.", field="windows", text=text[:20]
        )
    return minute


def dates_of(text: str) -> tuple[date, ...]:
    """The dates somebody wrote, such as ``20/11/2026, 24/12/2026 – 26/12/2026``, in order. Raises Invalid."""
    found: set[date] = set()
    for part in filter(None, (part.strip() for part in re.split(r"[,;\n]", text))):
        first, *rest = (_date(one) for one in BETWEEN.split(part, maxsplit=1))
        last = rest[0] if rest else first
        if last < first or (last - first).days >= MOST_DATES:
            raise _no_date(part)
        found |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    return tuple(sorted(found))


def _date(text: str) -> date:
    match = DATE.fullmatch(text.strip())
    if match is None:
        raise _no_date(text)
    day, month, year = (match[1], match[2], match[3]) if match[3] else (match[6], match[5], match[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise _no_date(text) from error


def _no_date(text: str) -> Invalid:
    return Invalid(
        "dates-form",
        "“%(text)s” không phải ngày: hãy viết như 20/11/2026, hoặc 24/12/2026 – 26/12/2026.",
        field="windows",
        text=text.strip()[:30],
    )


def dates_text(dates: Iterable[date]) -> str:
    """The dates as people write them, runs of days joined: ``20/11/2026, 24/12/2026 – 26/12/2026``."""
    runs: list[list[date]] = []
    for day in sorted(dates):
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    ends = ((run[0], run[-1]) for run in runs)
    return ", ".join(f"{a:%d/%m/%Y}" if a == b else f"{a:%d/%m/%Y} – {b:%d/%m/%Y}" for a, b in ends)


def exceptions_of(rows: Iterable[tuple[date, Window | None]], whose: str) -> tuple[DayException, ...]:
    """What holds on single dates, from rows of a date and its window; None is closed all day.

    Raises Invalid when two rows contradict each other. ``whose``: the name of the campaign or screen, for the sentence.
    """
    by_day: dict[date, list[Window | None]] = {}
    for day, window in rows:
        by_day.setdefault(day, []).append(window)
    for day, found in by_day.items():
        if None in found and len(set(found)) > 1:
            raise Invalid(
                "exceptions-contradict",
                "“%(whose)s”: ngày %(day)s vừa ghi nghỉ cả ngày vừa ghi khung giờ. Hãy bỏ một trong hai dòng.",
                field="exceptions",
                whose=whose,
                day=day.strftime("%d/%m/%Y"),
            )
    open_on = ((day, dict.fromkeys(w for w in found if w is not None)) for day, found in sorted(by_day.items()))
    return tuple(DayException(day, tuple(found)) for day, found in open_on)


def clock(minute: int) -> str:
    """A time of day as people write it: 06:30."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def crosses_midnight(window: Window) -> bool:
    """Whether the window ends on the day after the one it belongs to."""
    return window.to_minute <= window.from_minute


def stored(windows: Iterable[Window]) -> Stored:
    """The windows as JSON for a column."""
    return [_row(window) for window in windows]


def _row(window: Window) -> dict[str, Any]:
    row: dict[str, Any] = {"from": window.from_minute, "to": window.to_minute, "days": sorted(window.weekdays)}
    return {**row, "dates": [day.isoformat() for day in sorted(window.dates)]} if window.dates else row


def loaded(rows: Stored) -> tuple[Window, ...]:
    """The windows of a column."""
    return tuple(
        Window(row["from"], row["to"], frozenset(row["days"]), frozenset(map(date.fromisoformat, row.get("dates", ()))))
        for row in rows
    )


def stored_exceptions(exceptions: Iterable[DayException]) -> Stored:
    """The exceptions as JSON for a column."""
    return [{"day": one.day.isoformat(), "windows": stored(one.windows)} for one in exceptions]


def loaded_exceptions(rows: Stored) -> tuple[DayException, ...]:
    """The exceptions of a column."""
    return tuple(DayException(date.fromisoformat(row["day"]), loaded(row["windows"])) for row in rows)
