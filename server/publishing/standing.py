"""Where each screen stands: what it was sent, how far it is with it, and whether it is in touch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from playlists.model import Version
from server import screens
from server.errors import msgid
from server.publishing.tables import DUE, Head, PlaylistVersion
from server.screens import Phase, Screen, ScreenState

FORK_SHOWN_MS = 7 * 24 * 3600 * 1000
FORK = msgid(
    "E-FORK: Thiết bị gửi lại số lượt phát cũ với nội dung khác: thẻ nhớ bị sao chép sang máy thứ hai, "
    "hoặc vừa được phục hồi từ bản lưu. Nếu có hai máy, hãy thay thiết bị này."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One screen at one instant. ``version`` is what it is to show, ``held`` what it says it has.

    ``showing`` is the title on screen now, by its own word; None when it shows none or is not in touch.
    """

    screen: Screen
    version: Version | None
    held: Version | None
    phase: Phase
    online: bool
    display: bool
    seen_ms: int | None
    showing: str | None
    faults: tuple[str, ...]

    @property
    def health(self) -> str:
        """One word for the badge: ``showing``, ``dark`` (in touch, no display), ``silent`` or ``new``."""
        if self.seen_ms is None:
            return "new"
        if not self.online:
            return "silent"
        return "showing" if self.display else "dark"


def standings(session: Session, wanted: Sequence[Screen], now_ms: int) -> list[Standing]:
    """Where these screens stand, in the same order."""
    wanted_ids = [screen.id for screen in wanted]
    current, due = _current(session, wanted_ids)
    forked = screens.forked(session, wanted_ids, now_ms - FORK_SHOWN_MS)
    found = [_standing(screen, current.get(screen.id), now_ms, due=screen.id in due) for screen in wanted]
    return [replace(s, faults=(FORK, *s.faults)) if s.screen.id in forked else s for s in found]


def by_phase(found: Iterable[Standing]) -> Counter[Phase]:
    """How many screens have come how far."""
    return Counter(standing.phase for standing in found)


def _current(session: Session, screen_ids: Sequence[int]) -> tuple[Mapping[int, PlaylistVersion], set[int]]:
    """The current playlist of each screen, and the screens that wait to be planned anew."""
    query = (
        select(PlaylistVersion, Head.planned_from)
        .join(Head, Head.playlist_id == PlaylistVersion.id)
        .where(Head.screen_id.in_(screen_ids))
    )
    rows = session.execute(query).all()
    return {row.screen_id: row for row, _ in rows}, {row.screen_id for row, planned in rows if planned == DUE}


def _standing(screen: Screen, row: PlaylistVersion | None, now_ms: int, *, due: bool) -> Standing:
    state = screen.state
    version = row.version if row is not None else None
    online = screens.is_online(state, now_ms)
    return Standing(
        screen=screen,
        version=version,
        held=Version(state.epoch, state.number) if state is not None and state.number else None,
        phase=Phase.WAITING if due else screens.phase_of(state, version, sent=_was_sent(row)),
        online=online,
        display=online and state is not None and state.display,
        seen_ms=state.seen_ms if state is not None and state.seen_ms else None,
        showing=_showing(state) if online else None,
        faults=_faults(state),
    )


def _was_sent(row: PlaylistVersion | None) -> bool:
    return row is not None and row.sent_ms is not None


def _showing(state: ScreenState | None) -> str | None:
    showing = state.reported.get("showing") if state is not None else None
    title = showing.get("title") if isinstance(showing, dict) else None
    return title[:300] if isinstance(title, str) and title else None


def _faults(state: ScreenState | None) -> tuple[str, ...]:
    listed: Any = state.reported.get("faults") if state is not None else None
    if not isinstance(listed, list):
        return ()
    words = [_fault(entry) for entry in listed[:20] if isinstance(entry, dict)]
    return tuple(word for word in words if word)


def _fault(entry: dict[str, Any]) -> str:
    code, text = entry.get("code"), entry.get("text")
    return f"{str(code)[:20]}: {str(text)[:200]}" if code else ""
