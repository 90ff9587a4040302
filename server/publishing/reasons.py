"""Why an item is on a screen or not, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from playlists.timeline import Show
from playlists.why import Rule, Why
from server import campaigns
from server.errors import msgid
from server.publishing.objections import about_items
from server.publishing.outlook import Outlook, day_of
from server.screens import Screen

SHOWN = msgid("“%(item)s” có mặt lúc %(at)s, trong đợt “%(campaign)s”, từ %(start)s đến %(end)s.")
SHOWN_BETWEEN = msgid("“%(item)s” có mặt lúc %(at)s, chiếu xen kẽ vì không ai cần chỗ, từ %(start)s đến %(end)s.")
NEXT = msgid("Lượt tới: %(next)s.")
SENTENCES = {
    Rule.NOT_HERE: msgid("Không đợt nào đã phát hành cho màn hình này có “%(item)s”."),
    Rule.NOT_BEGUN: msgid("Đợt “%(campaign)s” đến ngày %(day)s mới bắt đầu."),
    Rule.OVER: msgid("Đợt “%(campaign)s” đã kết thúc ngày %(day)s."),
    Rule.EXCEPTION: msgid("Ngày %(day)s đợt “%(campaign)s” có giờ khác thường lệ, và lúc %(at)s nằm ngoài giờ ấy."),
    Rule.OUTSIDE_WINDOW: msgid("Lúc %(at)s nằm ngoài khung giờ của đợt “%(campaign)s”."),
    Rule.SCREEN_CLOSED: msgid("Lúc %(at)s màn hình “%(screen)s” đóng, theo giờ mở của nó."),
    Rule.NOT_LENT: msgid("Lúc %(at)s chủ màn hình “%(screen)s” không cho dùng nhờ."),
    Rule.KEPT_FOR_PEAK: msgid("Lúc %(at)s khung giờ dành riêng cho một đợt cao điểm."),
    Rule.STILL: msgid("Lúc %(at)s màn hình “%(screen)s” đang trong giờ yên tĩnh: không chiếu hình động."),
    Rule.LONGER_THAN_STAY: msgid("“%(item)s” dài hơn %(seconds)s giây, mức dài nhất của màn hình “%(screen)s”."),
    Rule.TOO_SHORT: msgid("“%(item)s” ngắn hơn %(seconds)s giây, không ai kịp xem."),
    Rule.NOT_YET_APPROVED: msgid("Phê duyệt của “%(item)s” đến %(next)s mới có hiệu lực."),
    Rule.NO_LONGER_APPROVED: msgid("Phê duyệt của “%(item)s” đã hết hiệu lực lúc %(limit)s."),
    Rule.NO_TIME_LEFT: msgid("Lúc %(at)s chỉ còn %(seconds)s giây trong khung giờ, không đủ cho “%(item)s”."),
    Rule.GAVE_WAY: msgid("Giờ này không đủ chỗ: đợt “%(campaign)s” phải nhường cho %(others)s."),
    Rule.HAD_ITS_PLAYS: msgid("Đợt “%(campaign)s” đã chiếu đủ số lượt nhiều nhất của nó."),
    Rule.NOT_ITS_TURN: msgid("Chưa tới lượt: lúc %(at)s là lượt của %(others)s."),
}
NAMES_THE_NEXT = {Rule.NOT_YET_APPROVED}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and what fills it, to be translated where somebody reads it; ``next`` is a second one, or empty."""

    sentence: str
    params: dict[str, str]
    next: str = ""

    def __str__(self) -> str:
        return " ".join(part % self.params for part in (self.sentence, self.next) if part)


def say(session: Session, outlook: Outlook, answer: Why) -> Said:
    """The answer in a sentence."""
    screen = outlook.screen
    params = {
        "item": campaigns.title_of(session, answer.item),
        "campaign": outlook.names.get(answer.campaign or 0, ""),
        "screen": screen.name,
        "at": _clock(screen, answer.instant, answer.instant),
        "start": _clock(screen, answer.start, answer.instant, seconds=True),
        "end": _clock(screen, answer.end, answer.instant, seconds=True),
        "next": _clock(screen, answer.next_ms, answer.instant, seconds=True),
        "limit": _clock(screen, answer.limit_ms, answer.instant),
        "seconds": f"{(answer.limit_ms or 0) / 1000:g}",
        "day": f"{answer.day:%d/%m/%Y}" if answer.day else "",
        "others": ", ".join(f"“{outlook.names.get(number, number)}”" for number in answer.others) or "…",
    }
    if answer.rule is None:
        between = answer.show is Show.FALLBACK or not params["campaign"]
        return Said(SHOWN_BETWEEN if between else SHOWN, params)
    if answer.rule is Rule.NOT_HERE and (wrong := _wrong_with(session, outlook, answer.item)) is not None:
        return wrong
    named = answer.next_ms is not None and answer.rule not in NAMES_THE_NEXT
    return Said(SENTENCES[answer.rule], params, NEXT if named else "")


def _wrong_with(session: Session, outlook: Outlook, item_id: int) -> Said | None:
    """What is wrong with an item that a campaign of this screen names, and that is left out of its plan."""
    campaign = outlook.campaign_with(item_id)
    if campaign is None:
        return None
    objections = about_items(session, outlook.shelf, [outlook.screen], campaigns.terms_of(campaign), [item_id])
    return Said(objections[0].sentence, {k: str(v) for k, v in objections[0].params.items()}) if objections else None


def _clock(screen: Screen, instant_ms: int | None, beside_ms: int, *, seconds: bool = False) -> str:
    """A time of day at the screen; with its date when that is another one than beside it."""
    if instant_ms is None or not 0 <= instant_ms < 2**47:
        return ""
    at = datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(screen.zone))
    clock = f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"
    return clock if day_of(screen, instant_ms) == day_of(screen, beside_ms) else f"{clock} {at:%d/%m/%Y}"
