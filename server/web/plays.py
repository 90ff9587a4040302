"""The log: what screens really showed, what is missing in it, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from playlists.model import Result
from server import campaigns, library, screens, users
from server.clock import now_ms
from server.db import Sessions, begin_reading
from server.errors import NotFound
from server.plays.days import day_bounds_ms, day_of, local_time
from server.plays.export import Names, csv_pieces
from server.plays.ground import exists, reading_engine
from server.plays.listing import Filters, ListedPlay, Position
from server.plays.queries import Page, PlayLog
from server.plays.resolver import PublishedEntries
from server.plays.words import EVIDENCE_HELP, EVIDENCE_NAMES, REASON_NAMES, RESULT_NAMES, RESULT_TONES
from server.screens import Screen
from server.settings import Settings
from server.web.database import EXTENSION as SESSIONS
from server.web.database import reading
from server.web.navigation import LOGS
from server.web.permission import me, permit

bp = Blueprint("plays", __name__, url_prefix="/plays")

EXTENSION = "cauthang.play_log"
LATELY_DAYS = 30
LONGEST_NUMBER = 15
MISSING_NAME = "–"


@dataclass(frozen=True)
class Asked:
    """What the address of the page asks for, within the reach of the person. ``wrong``: a sentence, if it is odd."""

    screens: Mapping[int, Screen]
    screen: int | None
    item: int | None
    campaign: int | None
    result: Result | None
    first: date | None
    last: date | None
    wrong: str = ""

    @property
    def zone(self) -> str:
        """The zone in which days begin: that of the chosen screen, or of the country."""
        return self.screens[self.screen].zone if self.screen else screens.ZONE

    def filters(self) -> Filters:
        """The same for the noun."""
        start = day_bounds_ms(self.zone, self.first, self.first)[0] if self.first else None
        end = day_bounds_ms(self.zone, self.last, self.last)[1] if self.last else None
        chosen = (self.screen,) if self.screen else tuple(self.screens)
        return Filters(chosen, start, end, self.item, self.campaign, self.result)

    def arguments(self) -> dict[str, Any]:
        """For links to the same question."""
        said = {
            "screen": self.screen,
            "item": self.item,
            "campaign": self.campaign,
            "result": None if self.result is None else int(self.result),
            "from": self.first and self.first.isoformat(),
            "to": self.last and self.last.isoformat(),
        }
        return {name: value for name, value in said.items() if value is not None}


@bp.get("/")
@permit(*LOGS)
def index() -> str:
    """The page: filters and the newest plays."""
    session = reading()
    asked = _asked(session)
    return render_template("plays/index.html", **_offers(session, asked), **_table(session, asked))


@bp.get("/rows")
@permit(*LOGS)
def rows() -> str:
    """The table alone, asked for again and again while somebody looks at the first page."""
    session = reading()
    return render_template("plays/_rows.html", **_table(session, _asked(session)))


@bp.get("/export.csv")
@permit(*LOGS)
def export() -> Response:
    """Everything the filters choose, as a file that is made while it is sent."""
    session = reading()
    asked = _asked(session)
    header = (
        _("Giờ chiếu"),
        _("Màn hình"),
        _("Sản phẩm"),
        _("Đợt tuyên truyền"),
        _("Dự kiến (giây)"),
        _("Đã chiếu (giây)"),
        _("Kết quả"),
        _("Chứng cứ"),
        _("Lý do"),
        _("Mã sản phẩm"),
        _("Mã đợt"),
        _("Mã thiết bị"),
        _("Số thứ tự"),
        _("SHA-256 bản chiếu"),
        _("Gộp từ (lượt)"),
    )
    words = {int(r): _(name) for r, name in RESULT_NAMES.items()}, {int(e): _(n) for e, n in EVIDENCE_NAMES.items()}
    sessions: Sessions = current_app.extensions[SESSIONS]
    pieces = _pieces(sessions.open(), _log(), asked, header, words)
    name = f"nhat-ky-phat-{local_time(asked.zone, now_ms()):%Y%m%d-%H%M}.csv"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(pieces, content_type="text/csv; charset=utf-8", headers=disposition)


def _pieces(session: Session, log: PlayLog | None, asked: Asked, header: Any, words: Any) -> Iterator[str]:
    """The file. Between two pieces no read is open: an open one would keep others from writing.

    It is made after the request's own session was closed, so what is needed of the screens is taken before.
    """
    places = {number: screen.name for number, screen in asked.screens.items()}
    zones = {number: screen.zone for number, screen in asked.screens.items()}
    known: dict[int, str] = {}

    def campaign(number: int) -> str:
        if number not in known:
            known[number] = _campaign_name(session, number)
        return known[number]

    names = Names(places.__getitem__, zones.__getitem__, campaign, words[0].__getitem__, words[1].__getitem__)
    return _made(session, csv_pieces(header, log.rows(session, asked.filters()) if log else (), names))


def _made(session: Session, pieces: Iterator[str]) -> Iterator[str]:
    with session:
        begin_reading(session)
        for piece in pieces:
            session.rollback()
            yield piece
            begin_reading(session)


# --- What the page is made of ----------------------------------------------------------------------------------------


def _table(session: Session, asked: Asked) -> dict[str, Any]:
    behind = Position.parse(request.args.get("behind", ""))
    log = _log()
    page = log.page(session, asked.filters(), behind) if log else Page((), None)
    plays = [row for row in page.rows if isinstance(row, ListedPlay)]
    return {
        "asked": asked,
        "page": page,
        "behind": behind,
        "posters": library.posters(session, {play.rendition_sha256 for play in plays}),
        "campaign_names": {number: _campaign_name(session, number) for number in {p.campaign_id for p in plays}},
        "open_items": _within_reach(session, {play.item_id for play in plays}),
        "local": local_time,
        "reason_words": lambda reason: _(REASON_NAMES.get(reason, reason)),
        "result_words": lambda result: _(RESULT_NAMES[result]),
        "result_tone": RESULT_TONES.__getitem__,
        "evidence_words": lambda evidence: _(EVIDENCE_NAMES[evidence]),
        "evidence_help": lambda evidence: _(EVIDENCE_HELP[evidence]),
    }


def _offers(session: Session, asked: Asked) -> dict[str, Any]:
    """What the filters let people choose: screens in reach, and what these showed lately."""
    log, today = _log(), local_time(asked.zone, now_ms()).date()
    reach = users.units_where(session, me(), *LOGS)
    items, campaign_ids = log.shown_since(reach, day_of(today - timedelta(days=LATELY_DAYS))) if log else (set(), set())
    items |= {asked.item} if asked.item else set()
    campaign_ids |= {asked.campaign} if asked.campaign else set()
    return {
        "items": sorted(((campaigns.title_of(session, n), n) for n in items), key=lambda pair: pair[0].casefold()),
        "campaigns": sorted(((_campaign_name(session, n), n) for n in campaign_ids), key=lambda p: p[0].casefold()),
        "results": list(Result),
        "today": today,
    }


def _asked(session: Session) -> Asked:
    reach = users.units_where(session, me(), *LOGS)
    known = {screen.id: screen for screen in screens.in_units(session, reach, retired=True)}
    screen, number = _number("screen"), _number("result")
    first, last, wrong = _days()
    return Asked(
        known,
        screen if screen in known else None,
        _number("item"),
        _number("campaign"),
        Result(number) if number in set(Result) else None,
        first,
        last,
        wrong,
    )


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None


def _days() -> tuple[date | None, date | None, str]:
    try:
        first, last = (
            date.fromisoformat(text) if (text := request.args.get(name)) else None for name in ("from", "to")
        )
    except ValueError:
        return None, None, _("Ngày không đọc được: hãy chọn lại ngày.")
    if not all(date(2000, 1, 1) <= day <= date(9000, 1, 1) for day in (first, last) if day):
        return None, None, _("Ngày không đọc được: hãy chọn lại ngày.")
    if first and last and first > last:
        return first, last, _("Ngày đầu sau ngày cuối: không có lượt phát nào ở giữa.")
    return first, last, ""


def _log() -> PlayLog | None:
    """The reader of this process, opened when first asked; None as long as there is no plays database."""
    extensions = current_app.extensions
    settings: Settings = current_app.config["SETTINGS"]
    if EXTENSION not in extensions and exists(settings):
        extensions[EXTENSION] = PlayLog(reading_engine(settings), PublishedEntries())
    log: PlayLog | None = extensions.get(EXTENSION)
    return log


def _campaign_name(session: Session, campaign_id: int) -> str:
    try:
        return campaigns.get(session, campaign_id).name if campaign_id else MISSING_NAME
    except NotFound:
        return f"#{campaign_id}"


def _within_reach(session: Session, item_ids: set[int]) -> set[int]:
    """Those items that this person may open in the library."""
    from server.web.library import READERS  # noqa: PLC0415  pages do not import each other when they load

    reach = users.units_where(session, me(), *READERS)
    found = set()
    for item_id in item_ids:
        try:
            found.add(library.get(session, item_id, reach).id)
        except NotFound:
            continue
    return found
