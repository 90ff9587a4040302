"""Time windows as they are stored and as people write them: local wall-clock, Monday is 0."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from playlists.model import MINUTES_PER_DAY, Window
from server.errors import Invalid

CLOCK = re.compile(r"([01]?\d|2[0-4])[:hg]([0-5]\d)")
EVERY_DAY = frozenset(range(7))

Stored = list[dict[str, Any]]


def read(start: str, end: str, weekdays: Iterable[int]) -> Window:
    """The window somebody wrote, such as 06:30 to 22:00; an end before its start is after midnight.

    Raises Invalid, always with a sentence that says what to write instead.
    """
    from_minute, to_minute, days = minute_of(start), minute_of(end), frozenset(weekdays)
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
    if not days or not days <= EVERY_DAY:
        raise Invalid("window-days", "Khung giờ cần ít nhất một ngày trong tuần.", field="windows")
    # 22:00–00:00 ends with its day; the model writes that end as 24:00.
    return Window(from_minute, to_minute or MINUTES_PER_DAY, days)


def minute_of(text: str) -> int:
    """Minutes since midnight of a time of day such as 06:30 or 24:00. Raises Invalid."""
    match = CLOCK.fullmatch(text.strip())
    minute = int(match[1]) * 60 + int(match[2]) if match else MINUTES_PER_DAY + 1
    if minute > MINUTES_PER_DAY:
        raise Invalid(
            "window-time", "“%(text)s” không phải giờ trong ngày: hãy viết như 06:30.", field="windows", text=text[:20]
        )
    return minute


def clock(minute: int) -> str:
    """A time of day as people write it: 06:30."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def crosses_midnight(window: Window) -> bool:
    """Whether the window ends on the day after the one it belongs to."""
    return window.to_minute <= window.from_minute


def stored(windows: Iterable[Window]) -> Stored:
    """The windows as JSON for a column."""
    return [{"from": w.from_minute, "to": w.to_minute, "days": sorted(w.weekdays)} for w in windows]


def loaded(rows: Stored) -> tuple[Window, ...]:
    """The windows of a column."""
    return tuple(Window(row["from"], row["to"], frozenset(row["days"])) for row in rows)
