"""What must be put right before a campaign can be judged at all, in sentences that name it, the screen and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from playlists.errors import Code
from playlists.model import Per
from playlists.objections import Objection, Wrong
from playlists.windows import midnight
from server import campaigns
from server.campaigns import Terms
from server.campaigns.frequency import PER_CENT
from server.errors import Invalid, msgid
from server.material import Approved, Shelf
from server.publishing.plans import today_of
from server.screens import Screen
from server.windows import clock


def about_reach(session: Session, found: Sequence[Screen], terms: Terms, now_ms: int) -> list[Invalid]:
    """Targets that name nothing of this unit's, and days that are over."""
    empty = [
        Invalid(
            "target-empty",
            "Đợt “%(campaign)s”: không có màn hình nào của đơn vị ở “%(target)s”. Hãy bỏ chọn hoặc chọn nơi khác.",
            field="include",
            campaign=terms.name,
            target=name,
        )
        for _kind, name in campaigns.empty_names(session, terms)
    ]
    if empty:
        return empty
    if not found and terms.targets is None:
        return [Invalid("no-screen", "Đơn vị này chưa có màn hình nào đang hoạt động: hãy gắn màn hình trước.")]
    if not found:
        return [
            Invalid(
                "target-none",
                "Đợt “%(campaign)s”: không màn hình nào khớp mọi điều kiện đã chọn. Hãy bỏ bớt điều kiện.",
                field="include",
                campaign=terms.name,
            )
        ]
    if terms.last_day < min(today_of(screen, now_ms) for screen in found):
        day = terms.last_day.strftime("%d/%m/%Y")
        return [Invalid("dates-past", "Đợt này đã hết hạn ngày %(day)s: hãy lùi ngày cuối.", field="last_day", day=day)]
    return []


def about_items(
    session: Session, shelf: Shelf, found: Sequence[Screen], terms: Terms, only: Sequence[int] | None = None
) -> list[Invalid]:
    """Items (``only`` these) that are not approved, or not for these screens, or not for these days."""
    objections: dict[tuple[object, ...], Invalid] = {}
    for item_id in only or terms.item_ids:
        approved = shelf.approved(item_id)
        if approved is None:
            title = campaigns.title_of(session, item_id)
            objections[item_id, "unapproved"] = Invalid(
                "item-unapproved",
                "“%(title)s” chưa được phê duyệt hoặc phê duyệt đã hết hiệu lực.",
                field="items",
                title=title,
            )
            continue
        for screen in found:
            wrong = _about_item(shelf, approved, screen, terms)
            if wrong is not None:
                objections.setdefault((item_id, wrong.code, screen.unit_id, screen.class_id), wrong)
    return list(objections.values())


def _about_item(shelf: Shelf, approved: Approved, screen: Screen, terms: Terms) -> Invalid | None:
    title, code = approved.document.title, shelf.verdict(approved, screen.unit.code)
    if code is Code.THRESH:
        return Invalid(
            "item-signatures",
            "“%(title)s” chưa đủ người phê duyệt để chiếu trên màn hình của “%(unit)s”: cần thêm chữ ký.",
            field="items",
            title=title,
            unit=screen.unit.name,
        )
    if code is not None:
        return Invalid(
            "item-reach",
            "Phê duyệt của “%(title)s” không áp dụng cho màn hình “%(screen)s” (%(unit)s).",
            field="items",
            title=title,
            screen=screen.name,
            unit=screen.unit.name,
        )
    if shelf.rendition(approved, screen.class_id) is None:
        return Invalid(
            "item-rendition",
            "“%(title)s” chưa có bản chiếu được phê duyệt cho loại màn hình “%(screen_class)s”.",
            field="items",
            title=title,
            screen_class=screen.screen_class.name,
        )
    return _about_period(approved, screen, terms)


def _about_period(approved: Approved, screen: Screen, terms: Terms) -> Invalid | None:
    begin, end = midnight(terms.first_day, screen.zone), midnight(terms.last_day + timedelta(days=1), screen.zone)
    first, last = (_day_of(approved.document.not_before, screen), _day_of(approved.document.not_after - 1, screen))
    if approved.document.not_after >= end and (approved.document.not_before <= begin or first <= terms.first_day):
        return None
    return Invalid(
        "item-period",
        "“%(title)s” chỉ được phê duyệt từ %(first)s đến %(last)s: hãy chọn ngày trong khoảng đó.",
        field="last_day" if last < terms.last_day else "first_day",
        title=approved.document.title,
        first=first.strftime("%d/%m/%Y"),
        last=last.strftime("%d/%m/%Y"),
    )


SENTENCES = {
    Wrong.NO_SCREEN: ("include", msgid("Đợt “%(campaign)s” không tới màn hình nào: hãy chọn nơi chiếu.")),
    Wrong.NO_DAYS: (
        "last_day",
        msgid("Đợt “%(campaign)s” không còn ngày nào để chiếu trên màn hình “%(screen)s”: hãy lùi ngày cuối."),
    ),
    Wrong.TOO_MANY_CAMPAIGNS: (
        "include",
        msgid(
            "Đợt “%(campaign)s”: màn hình “%(screen)s” sẽ có %(asked)s đợt, nhiều nhất là %(possible)s. "
            "Hãy dừng bớt đợt cũ hoặc bỏ chọn màn hình này."
        ),
    ),
    Wrong.EXCEPTION_OUTSIDE: (
        "exceptions",
        msgid("Đợt “%(campaign)s”: ngoại lệ ngày %(day)s nằm ngoài thời gian của đợt. Hãy bỏ dòng đó hoặc sửa ngày."),
    ),
    Wrong.ITEM_TOO_SHORT: (
        "items",
        msgid(
            "Đợt “%(campaign)s”: “%(item)s” chỉ dài %(asked_s)s giây trên màn hình “%(screen)s”, chưa tới một giây là "
            "không ai xem được. Hãy đặt lại thời lượng trong Thư viện rồi trình duyệt lại."
        ),
    ),
    Wrong.ITEM_TOO_LONG: (
        "items",
        msgid(
            "Đợt “%(campaign)s”: “%(item)s” dài %(asked_s)s giây, màn hình “%(screen)s” chỉ nhận sản phẩm tới "
            "%(possible_s)s giây. Hãy bỏ chọn sản phẩm này hoặc màn hình này."
        ),
    ),
    Wrong.WINDOW_TOO_SHORT: (
        "windows",
        msgid(
            "Đợt “%(campaign)s”: khung giờ %(window)s chỉ dài %(possible_s)s giây, ngắn hơn sản phẩm ngắn nhất "
            "(%(asked_s)s giây) trên màn hình “%(screen)s”. Hãy nới khung giờ hoặc chọn sản phẩm ngắn hơn."
        ),
    ),
    Wrong.NEVER_OPEN: (
        "windows",
        msgid(
            "Đợt “%(campaign)s”: màn hình “%(screen)s” không mở (hoặc không cho chiếu) lúc nào trong khung giờ của "
            "đợt. Hãy sửa khung giờ hoặc bỏ chọn màn hình này."
        ),
    ),
    Wrong.GAP_TOO_SHORT: (
        "largest_gap",
        msgid(
            "Đợt “%(campaign)s”: hai lượt cách nhau %(asked_s)s giây thì ngắn hơn chính sản phẩm (%(possible_s)s giây) "
            "trên màn hình “%(screen)s”. Hãy nới khoảng cách."
        ),
    ),
}
TOO_OFTEN = {
    Per.HOUR: msgid(
        "Đợt “%(campaign)s”: một giờ trên màn hình “%(screen)s” chứa nhiều nhất %(possible)s lượt, không thể có "
        "%(asked)s. Hãy giảm số lượt hoặc chọn sản phẩm ngắn hơn."
    ),
    Per.DAY: msgid(
        "Đợt “%(campaign)s”: một ngày trên màn hình “%(screen)s” chứa nhiều nhất %(possible)s lượt, không thể có "
        "%(asked)s. Hãy giảm số lượt hoặc chọn sản phẩm ngắn hơn."
    ),
    Per.AIRTIME: msgid(
        "Đợt “%(campaign)s”: màn hình “%(screen)s” chỉ còn %(possible)s%% thời lượng để hứa, không thể hứa "
        "%(asked)s%%. Hãy giảm phần trăm."
    ),
}


def told(session: Session, objection: Objection, terms: Terms, screen: Screen) -> Invalid:
    """The planner's objection as a sentence; ``screen``: the one it is about, or any of them."""
    if objection.wrong is Wrong.TOO_OFTEN:
        field, sentence = "least", TOO_OFTEN[objection.per or Per.HOUR]
    else:
        field, sentence = SENTENCES[objection.wrong]
    scale = PER_CENT if objection.per is Per.AIRTIME else 1
    return Invalid(
        objection.wrong.value,
        sentence,
        field=field,
        campaign=terms.name,
        screen=screen.name,
        item=campaigns.title_of(session, objection.item) if objection.item is not None else "",
        window=f"{clock(objection.window.from_minute)}–{clock(objection.window.to_minute)}" if objection.window else "",
        day=f"{objection.day:%d/%m/%Y}" if objection.day else "",
        asked=objection.asked // scale,
        possible=objection.possible // scale,
        asked_s=f"{objection.asked / 1000:g}",
        possible_s=f"{objection.possible / 1000:g}",
    )


def _day_of(instant_ms: int, screen: Screen) -> date:
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(screen.zone)).date()
