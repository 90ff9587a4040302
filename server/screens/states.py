"""What screens say about themselves. Messages come from outside: what is not well formed is not believed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from playlists.model import MAX_INTEGER, Version
from server.errors import msgid
from server.screens.registry import by_public_id
from server.screens.tables import CommandResult, Screen, ScreenState

MAX_MESSAGE_BYTES = 64 * 1024
# A player reports at least every 60 s; two reports may get lost before a screen counts as silent.
SILENT_AFTER_MS = 150_000
KEPT_RESULTS = 50


class Phase(IntEnum):
    """How far a screen is with a version of its playlist; each step includes those before it."""

    WAITING = 0
    SENT = 1
    FETCHED = 2
    VERIFIED = 3
    ARMED = 4
    SHOWN = 5


PHASE_NAMES = {
    Phase.WAITING: msgid("chờ gửi"),
    Phase.SENT: msgid("đã gửi"),
    Phase.FETCHED: msgid("đã tải"),
    Phase.VERIFIED: msgid("đã kiểm chữ ký"),
    Phase.ARMED: msgid("đã nạp"),
    Phase.SHOWN: msgid("đang chiếu"),
}
_REPORTED = {phase.name.lower(): phase for phase in Phase if phase > Phase.SENT}


class BadMessage(ValueError):  # noqa: N818  (says what arrived, not what broke)
    """A message from a screen that cannot be believed; the words say why, for the log."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a screen. A retained one was repeated by the broker: it is no sign of life."""

    screen: str
    payload: bytes
    retained: bool = False


def record_state(session: Session, message: Message, now_ms: int) -> ScreenState:
    """Keep what a screen reports. Raises BadMessage."""
    screen, said = _read(session, message)
    playlist, pending = _part(said, "playlist"), _part(said, "pending")
    row = _row(session, screen)
    row.seen_ms = max(row.seen_ms, _sign_of_life(message, said, now_ms))
    if not message.retained:
        row.online = True
    row.display = said.get("display") is True
    row.freshness = _word(said.get("freshness"))
    row.boot = _integer(said.get("boot"))
    row.epoch, row.number = _integer(playlist.get("epoch")), _integer(playlist.get("version"))
    row.phase = _word(said.get("phase"))
    row.pending_epoch, row.pending_number = _integer(pending.get("epoch")), _integer(pending.get("version"))
    row.pending_phase = _word(pending.get("phase"))
    row.reported = said
    session.flush()
    return row


def record_presence(session: Session, message: Message, now_ms: int) -> ScreenState:
    """Keep a birth, or the death that the broker announced for a screen. Raises BadMessage."""
    screen, said = _read(session, message)
    row = _row(session, screen)
    row.online = said.get("online") is True
    if row.online:
        row.seen_ms = max(row.seen_ms, _sign_of_life(message, said, now_ms))
        row.boot = _integer(said.get("boot"))
    session.flush()
    return row


def record_result(session: Session, message: Message, now_ms: int) -> None:
    """Keep the answer to a command; the newest fifty of each screen stay. Raises BadMessage."""
    screen, said = _read(session, message)
    session.add(CommandResult(screen_id=screen.id, command=_word(said.get("id"), 64), at_ms=now_ms, answer=said))
    session.flush()
    mine = select(CommandResult.id).where(CommandResult.screen_id == screen.id).order_by(CommandResult.id.desc())
    oldest = session.scalar(mine.offset(KEPT_RESULTS).limit(1))
    if oldest is not None:
        session.execute(delete(CommandResult).where(CommandResult.screen_id == screen.id, CommandResult.id <= oldest))


def results(session: Session, screen: Screen, most: int = 5) -> Sequence[CommandResult]:
    """The last answers of the screen to commands, newest first."""
    mine = select(CommandResult).where(CommandResult.screen_id == screen.id)
    return session.scalars(mine.order_by(CommandResult.id.desc()).limit(most)).all()


def is_online(state: ScreenState | None, now_ms: int) -> bool:
    """Whether the screen is in touch: judged by the age of its last sign of life, not by what it claimed."""
    return state is not None and state.online and now_ms - state.seen_ms < SILENT_AFTER_MS


def phase_of(state: ScreenState | None, version: Version | None, sent: bool) -> Phase:
    """How far the screen is with exactly this version of its playlist, or with a newer one."""
    if version is None:
        return Phase.WAITING
    reached = [Phase.SENT if sent else Phase.WAITING]
    if state is not None and Version(state.epoch, state.number) >= version:
        reached.append(_REPORTED.get(state.phase, Phase.ARMED))
    if state is not None and Version(state.pending_epoch, state.pending_number) >= version:
        reached.append(_REPORTED.get(state.pending_phase, Phase.SENT))
    return max(reached)


def _read(session: Session, message: Message) -> tuple[Screen, dict[str, Any]]:
    screen = by_public_id(session, message.screen)
    if screen is None:
        raise BadMessage(f"no screen {message.screen!r}")
    if len(message.payload) > MAX_MESSAGE_BYTES:
        raise BadMessage(f"{message.screen} sent {len(message.payload)} bytes")
    try:
        said = json.loads(message.payload)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"{message.screen} sent no JSON: {error}") from error
    if not isinstance(said, dict) or said.get("format") != 1:
        raise BadMessage(f"{message.screen} sent another format")
    return screen, said


def _row(session: Session, screen: Screen) -> ScreenState:
    row = session.get(ScreenState, screen.id)
    if row is None:
        row = ScreenState(screen_id=screen.id, online=False, seen_ms=0, reported={})
        session.add(row)
    return row


def _sign_of_life(message: Message, said: dict[str, Any], now_ms: int) -> int:
    return min(_integer(said.get("at")), now_ms) if message.retained else now_ms


def _part(said: dict[str, Any], name: str) -> dict[str, Any]:
    value = said.get(name)
    return value if isinstance(value, dict) else {}


def _integer(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER else 0


def _word(value: object, longest: int = 16) -> str:
    return value[:longest] if isinstance(value, str) else ""
