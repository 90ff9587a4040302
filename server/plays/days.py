"""Local days and hours of instants, as the roll-ups count them. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

QUARTER_MS = 15 * 60 * 1000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def day_of(local_date: date) -> int:
    """The number of a local date: days since 1970-01-01."""
    return local_date.toordinal() - _EPOCH_ORDINAL


def date_of(day: int) -> date:
    """The local date of a day number."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


def local_day_and_hour(zone: str, instant_ms: int) -> tuple[int, int]:
    """Day number and wall-clock hour of an instant in an IANA zone.

    Offsets of all zones in use are whole quarters of an hour, so the answer is remembered per quarter.
    """
    return _of_quarter(zone, instant_ms // QUARTER_MS)


@lru_cache(maxsize=65536)
def _of_quarter(zone: str, quarter: int) -> tuple[int, int]:
    local = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, ZoneInfo(zone))
    return day_of(local.date()), local.hour


def day_bounds_ms(zone: str, first: date, last: date) -> tuple[int, int]:
    """The instants from local midnight of ``first`` to local midnight after ``last``, half open."""
    start = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone))
    after = last + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(zone))
    return int(start.timestamp() * 1000), int(end.timestamp() * 1000)


def local_time(zone: str, instant_ms: int) -> datetime:
    """The aware local time of an instant."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(zone))
