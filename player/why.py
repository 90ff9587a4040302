"""Why the screen shows what it shows, in a few words for whoever stands before it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from player.faults import SENTENCES
from player.guard import Mode
from playlists.model import Entry, Playlist
from playlists.state import Freshness, Now, State, freshness, why_not
from playlists.timeline import Show, showing_at

FOLLOWS = {
    Show.SLOT: "theo lịch",
    Show.HOLD: "khoảng nghỉ giữa hai lượt, giữ hình vừa phát",
    Show.OFF: "ngoài giờ mở",
}


def why_not_words(state: State, entry: Entry, now: Now, stored: bool) -> str:
    """Why an entry is not shown; empty when it may be."""
    refused = why_not(state, entry, now)
    if refused:
        return SENTENCES[refused]
    return "" if stored else "Tệp chưa có trên thiết bị, chưa kiểm xong, hoặc vừa phát lỗi."


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen does, at an instant of the timeline, and how daring the player is."""

    show: Show
    at_ms: int
    now: Now
    mode: Mode


def why(state: State, shown: Shown, stored: Callable[[Entry], bool]) -> str:
    """The reason behind it. Being withdrawn or blanked is for the caller to say, who knows it."""
    if state.playlist is None:
        return "chưa có danh sách phát"
    if shown.mode is Mode.SLATE:
        return "khởi động lại quá nhiều lần nên tạm nghỉ"
    if shown.show in FOLLOWS:
        return FOLLOWS[shown.show]
    reason = _without_plan(state, shown) or _planned(state, state.playlist, shown, stored)
    return f"{reason}; không nội dung nào khác được phép" if shown.show is Show.SLATE else reason


def _without_plan(state: State, shown: Shown) -> str:
    """Why the plan is not followed at all; empty when it is."""
    if shown.mode is Mode.STILLS:
        return "khởi động lại nhiều lần nên chỉ phát ảnh"
    if not shown.now.known:
        return "chưa biết giờ nên phát luân phiên"
    return "danh sách phát quá cũ" if freshness(state, shown.now) is Freshness.FALLBACK else ""


def _planned(state: State, playlist: Playlist, shown: Shown, stored: Callable[[Entry], bool]) -> str:
    """Why what the plan asks for is not on."""
    planned = showing_at(playlist, shown.at_ms, lambda _: True)
    if planned.entry is None or planned.show is not Show.SLOT:
        return "lịch không có gì vào lúc này"
    entry = playlist.entries[planned.entry]
    words = why_not_words(state, entry, shown.now, stored(entry)) or "đang chuẩn bị."
    return f"“{entry.title}” đến lượt nhưng không phát được: {words}"
