"""``cauthang-player status``: what the running player says of itself, else what the state folder tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from player.attendant import asked
from player.clock import Clock
from player.enrol import load_paired
from player.errors import SetupError
from player.guard import Mode
from player.store import Slots, read_state
from player.why import Shown, why, why_not_words
from playlists.model import ClockQuality, Entry
from playlists.state import Freshness, Pinned, State, freshness
from playlists.timeline import Show, showing_at

AGES = {
    Freshness.FRESH: "mới",
    Freshness.STALE: "chưa được máy chủ xác nhận lại",
    Freshness.OFFLINE: "quá hạn, mất liên lạc với máy chủ",
    Freshness.FALLBACK: "quá cũ, chỉ phát nội dung dự phòng",
}
QUALITIES = {
    ClockQuality.UNKNOWN: "chưa biết giờ",
    ClockQuality.ESTIMATED: "chưa đồng bộ",
    ClockQuality.SYNCHRONISED: "đã đồng bộ",
}
SHOWN = {
    Show.SLOT: "phát theo lịch",
    Show.HOLD: "giữ hình",
    Show.FALLBACK: "phát dự phòng",
    Show.OFF: "nghỉ ngoài giờ",
    Show.SLATE: "hiện hình chờ",
}
GIB = 1024**3


def describe(folder: Path) -> Iterator[str]:
    """A few sentences. Raises SetupError when there is no such folder."""
    if not folder.is_dir():
        raise SetupError(f"Không có thư mục {folder}: hãy chỉ thư mục trạng thái của trình phát bằng --state.")
    account = asked(folder)
    if account:
        yield "Trình phát đang chạy."
        yield from _told(account)
        return
    account = _stored(folder)
    if account is None:
        yield "Chưa ghép nối: màn hình đang hiện mã."
        return
    yield "Trình phát không chạy; nếu chạy lúc này:"
    yield from _told(account)


def _told(said: dict[str, Any]) -> Iterator[str]:
    yield f"Màn hình {said['screen']} “{said['name']}”, đơn vị {said['unit']}."
    version = said["playlist"]
    if version is None:
        yield "Chưa có danh sách phát: màn hình hiện hình chờ."
    else:
        age, quality = AGES[Freshness(said["freshness"])], QUALITIES[ClockQuality[said["clock"].upper()]]
        yield f"Danh sách phát {version['epoch']}.{version['version']} ({age}); đồng hồ {quality}."
        yield f"Có {said['files'][0]}/{said['files'][1]} tệp trên thiết bị."
        yield _on_screen(said)
    for title, words in said["not_shown"]:
        yield f"Không phát: “{title}” ({words})"
    yield from _running(said)


def _on_screen(said: dict[str, Any]) -> str:
    on, shown = said["on"], SHOWN[Show(said["show"])]
    if on is None:
        return f"Đang {shown}: không có ({said['why']})."
    until = datetime.fromtimestamp(on["until"] / 1000, ZoneInfo(said["zone"])).strftime("%H:%M:%S")
    campaign = f"đợt số {on['campaign']}" if on["campaign"] else "không thuộc đợt nào"
    return f"Đang {shown}: “{on['title']}”, {campaign}, đến {until} ({said['why']})."


def _running(said: dict[str, Any]) -> Iterator[str]:
    """What only a running player knows."""
    if not said.get("display", True):
        yield "Không có màn hình nào nối với trình phát, nên không ghi lượt phát nào."
    journal = said.get("journal")
    if journal:
        yield f"Nhật ký phát: {journal['waiting']} lượt chờ gửi, lượt cuối số {journal['last']}."
    for fault in said.get("faults", ()):
        yield f"Sự cố {fault['code']} ({fault['count']} lần): {fault['text']}"
    health = said.get("health", {})
    if "temperature_mc" in health:
        yield f"Nhiệt độ {health['temperature_mc'] // 1000} °C."
    if "disk_free_bytes" in health:
        yield f"Ổ đĩa còn trống {health['disk_free_bytes'] / GIB:.1f} GiB."


def _stored(folder: Path) -> dict[str, Any] | None:
    """The same account from what is saved; None before pairing."""
    paired = load_paired(folder)
    if paired is None:
        return None
    nobody = State(paired.screen, paired.unit, Pinned((), 1))
    slots = Slots(folder, f"state-{paired.screen}")
    state = slots.load(lambda body: read_state(body, nobody), set_aside=False) or nobody
    at = Clock(state.floor_ms).read()
    playlist = state.playlist
    account: dict[str, Any] = {"screen": paired.screen, "name": paired.name, "unit": paired.unit}
    if playlist is None:
        return {**account, "playlist": None, "not_shown": []}

    def here(entry: Entry) -> bool:
        return (folder / "files" / entry.rendition.sha256).exists()

    refused = [why_not_words(state, entry, at.now, here(entry)) for entry in playlist.entries]
    showing = showing_at(playlist, at.ms, lambda number: not refused[number])
    on = playlist.entries[showing.entry] if showing.entry is not None else None
    return {
        **account,
        "playlist": {"epoch": playlist.version.epoch, "version": playlist.version.number},
        "freshness": str(freshness(state, at.now)),
        "clock": at.quality.name.lower(),
        "files": [sum(map(here, playlist.entries)), len(playlist.entries)],
        "show": str(showing.show),
        "on": {"title": on.title, "campaign": on.campaign, "until": showing.end} if on else None,
        "why": why(state, Shown(showing.show, at.ms, at.now, Mode.NORMAL), here),
        "not_shown": [[e.title, words] for e, words in zip(playlist.entries, refused, strict=True) if words],
        "zone": playlist.zone,
    }
