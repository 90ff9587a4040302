"""What a player would say of itself, read from the state folder alone: works beside a running player and without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from player.clock import Clock
from player.enrol import load_paired
from player.errors import SetupError
from player.faults import SENTENCES
from player.store import Slots, read_state
from playlists.model import ClockQuality, Reference
from playlists.state import Freshness, Pinned, State, freshness, why_not
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


def describe(folder: Path) -> Iterator[str]:
    """A few sentences. Raises SetupError when there is no such folder."""
    if not folder.is_dir():
        raise SetupError(f"Không có thư mục {folder}: hãy chỉ thư mục trạng thái của trình phát bằng --state.")
    paired = load_paired(folder)
    if paired is None:
        yield "Chưa ghép nối: màn hình đang hiện mã."
        return
    yield f"Màn hình {paired.screen} “{paired.name}”, đơn vị {paired.unit}."
    nobody = State(paired.screen, paired.unit, Pinned((), 1))
    slots = Slots(folder, f"state-{paired.screen}")
    state = slots.load(lambda body: read_state(body, nobody), set_aside=False) or nobody
    clock = Clock(state.floor_ms).read()
    if state.playlist is None:
        yield "Chưa có danh sách phát: màn hình hiện hình chờ."
        return
    version, playlist = state.playlist.version, state.playlist
    age, quality = AGES[freshness(state, clock.now)], QUALITIES[clock.quality]
    yield f"Danh sách phát {version.epoch}.{version.number} ({age}); đồng hồ {quality}."
    files = [Reference(e.rendition.sha256, e.rendition.size_bytes) for e in playlist.entries]
    here = [f for f in files if (folder / "files" / f.sha256).exists()]
    yield f"Có {len(here)}/{len(files)} tệp trên thiết bị."
    showing = showing_at(playlist, clock.ms, lambda entry: why_not(state, playlist.entries[entry], clock.now) is None)
    title = playlist.entries[showing.entry].title if showing.entry is not None else "không có"
    until = datetime.fromtimestamp(showing.end / 1000, ZoneInfo(playlist.zone)).strftime("%H:%M:%S")
    yield f"Đang {SHOWN[showing.show]}: {title}, đến {until}."
    for entry in playlist.entries:
        reason = why_not(state, entry, clock.now)
        if reason:
            yield f"Không phát: “{entry.title}” ({reason}: {SENTENCES[reason]})"
