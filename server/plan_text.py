"""A screen's day as text for a terminal of a hundred columns: blocks, plays by campaign and hour, what is short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from playlists.model import Lack, Shortfall
from server import publishing, screens
from server.errors import Invalid, NotFound
from server.publishing import Outlook
from server.windows import clock

NAME_WIDTH = 24
COLUMNS = 12
WIDTH = 6
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know: a screen's name on the wire, a local date (None: today), an item and a time."""

    screen: str
    day: date | None = None
    item: int | None = None
    at: time | None = None


def answer(session: Session, asked: Asked, now_ms: int) -> Iterator[str]:
    """The lines that answer. Raises NotFound for a screen that is not there, Invalid for an item without a time."""
    screen = screens.by_public_id(session, asked.screen)
    if screen is None:
        raise NotFound("screen-missing", "Không tìm thấy màn hình này.")
    day = asked.day or publishing.day_of(screen, now_ms)
    outlook = Outlook(session, screen, day, day, now_ms)
    if asked.item is None:
        return _day(outlook, day)
    if asked.at is None:
        raise Invalid("plan-at", "Hãy nêu thời điểm bằng --at, ví dụ --at 08:30.")
    instant = publishing.instant_of(screen, datetime.combine(day, asked.at))
    return iter([str(publishing.say(session, outlook, outlook.why(asked.item, instant)))])


def _day(outlook: Outlook, day: date) -> Iterator[str]:
    screen, sent = outlook.screen, outlook.sent
    yield f"Màn hình “{screen.name}” ({screen.public_id}), ngày {day:%d/%m/%Y}, giờ {screen.zone}"
    yield f"Theo danh sách đã ký, bản {sent.version.number}." if sent else "Dự kiến, chưa nằm trong danh sách đã ký."
    yield from ("", "Khối giờ", *_blocks(outlook, day))
    yield from ("", *_table(outlook))
    yield from ("", "Thiếu", *_shortfalls(outlook))


def _blocks(outlook: Outlook, day: date) -> Iterator[str]:
    plan = outlook.playlist.plan
    found = [one for one in plan.days if one.date == day.isoformat()]
    for block in (block for one in found for block in plan.programmes[one.programme]):
        loop = plan.loops[block.loop]
        span = f"{clock(block.from_ms // MINUTE_MS)}–{clock(block.to_ms // MINUTE_MS)}"
        yield f"  {span}  vòng {block.loop + 1}: {loop.period_ms / 1000:g} giây, {len(loop.slots)} lượt"


def _table(outlook: Outlook) -> Iterator[str]:
    """Plays by campaign (rows) and hour (columns, half a day at a time), then of the whole day."""
    hours = outlook.hours()
    numbers = sorted({number for hour in hours for number in hour.plays})
    names = {number: (outlook.names.get(number) or "(xen kẽ)")[: NAME_WIDTH - 1] for number in numbers}
    for half in (hours[n : n + COLUMNS] for n in range(0, len(hours), COLUMNS)):
        yield f"{'Số lượt':<{NAME_WIDTH}}" + "".join(f"{_at(outlook, hour.start):%H:%M}".rjust(WIDTH) for hour in half)
        for number in numbers:
            counts = "".join(str(hour.plays.get(number) or "·").rjust(WIDTH) for hour in half)
            yield f"{names[number]:<{NAME_WIDTH}}{counts}"
        yield ""
    for number in numbers:
        total = sum(hour.plays.get(number, 0) for hour in hours)
        yield f"{names[number]:<{NAME_WIDTH}}{total:>{WIDTH}} lượt cả ngày"


def _shortfalls(outlook: Outlook) -> Iterator[str]:
    if not outlook.shortfalls:
        yield "  không"
    for short in outlook.shortfalls:
        because = ", ".join(str(outlook.names.get(number, number)) for number in short.because[:3])
        line = f"  {_where(outlook, short)}  {outlook.names.get(short.campaign, short.campaign)}: {_lack(short)}"
        yield f"{line}, vì {because}" if because else line


def _where(outlook: Outlook, short: Shortfall) -> str:
    return "cả ngày" if short.lack is Lack.DAY else f"{_at(outlook, short.hour_start):%H:%M}"


def _lack(short: Shortfall) -> str:
    missing = f"thiếu {-(-short.missing_ms // 1000)} giây"
    if short.lack is Lack.GAP:
        return f"hai lượt cách nhau {short.planned // 1000} giây, hứa {short.promised // 1000}"
    return missing if short.lack is Lack.AIRTIME else f"{short.planned} trong {short.promised} lượt, {missing}"


def _at(outlook: Outlook, instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(outlook.screen.zone))
