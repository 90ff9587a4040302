"""The wall clock of the server, read in one place: edges ask here and pass the instant down."""

from __future__ import annotations

import time
from datetime import date, datetime
from zoneinfo import ZoneInfo


def now_ms() -> int:
    """The present instant, UTC epoch milliseconds."""
    return time.time_ns() // 1_000_000


def today(zone: str) -> date:
    """The present local day in an IANA zone."""
    return datetime.now(ZoneInfo(zone)).date()
