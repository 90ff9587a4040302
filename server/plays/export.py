"""The log as a file for a spreadsheet: CSV in UTF-8, local times, streamed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from server.plays.days import local_time
from server.plays.listing import ListedPlay

MARK = "\ufeff"  # spreadsheets take a file without it for a legacy encoding
ROWS_PER_PIECE = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Names:
    """How numbers are called in the file."""

    screen: Callable[[int], str]
    zone: Callable[[int], str]
    campaign: Callable[[int], str]
    result: Callable[[int], str]
    evidence: Callable[[int], str]


def guarded(text: str) -> str:
    """The text as a spreadsheet will show it: an apostrophe keeps it from being run as a formula (CWE-1236)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


@lru_cache(maxsize=4096)
def _minute(zone: str, minute: int) -> tuple[str, str]:
    local = local_time(zone, minute * MINUTE_MS)
    return local.strftime("%Y-%m-%d %H:%M"), local.strftime("%z")


def local_text(zone: str, instant_ms: int) -> str:
    """``2026-09-21 07:30:05 +0700``. The text of a minute is made once: making it is most of an export's work."""
    minute, rest = divmod(instant_ms, MINUTE_MS)
    text, offset = _minute(zone, minute)
    return f"{text}:{rest // 1000:02d} {offset}"


def csv_pieces(header: Iterable[str], plays: Iterable[ListedPlay], names: Names) -> Iterator[str]:
    """The file in pieces of 500 rows, each made when the one before was taken."""
    buffer = io.StringIO()
    out = csv.writer(buffer)
    buffer.write(MARK)
    out.writerow([guarded(title) for title in header])
    for count, play in enumerate(plays, 1):
        out.writerow(_row(play, names))
        if count % ROWS_PER_PIECE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _row(play: ListedPlay, names: Names) -> list[str]:
    """In the order of COLUMNS."""
    texts = (
        local_text(names.zone(play.screen_id), play.start),
        names.screen(play.screen_id),
        play.title,
        names.campaign(play.campaign_id),
        _seconds(play.planned_ms),
        _seconds(play.shown_ms),
        names.result(play.result),
        names.evidence(play.evidence),
        play.reason,
        str(play.item_id),
        str(play.campaign_id),
        str(play.device_id),
        str(play.n),
        play.rendition_sha256,
        str(play.merged),
    )
    return [guarded(text) for text in texts]


COLUMNS = 15


def _seconds(duration_ms: int) -> str:
    return f"{duration_ms // 1000}.{duration_ms % 1000:03d}"
