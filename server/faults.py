"""What ails the server itself, found by a process that nobody looks at: kept until it is over, shown to administrators.

Screens' own faults are in their state messages (:mod:`server.screens.states`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import Base, Millis
from server.errors import msgid

log = logging.getLogger(__name__)

LONGEST_DETAIL = 300
DIRECTOR_KEY = "director-key"
BROKER_REFUSES = "broker-refuses"
BROKER_NEWER = "broker-newer"
SENTENCES = {
    BROKER_NEWER: msgid(
        "Broker giữ tài liệu mới hơn cơ sở dữ liệu này, có lẽ vì máy chủ vừa được phục hồi từ bản lưu cũ. "
        "Không có gì được gửi đến màn hình cho đến khi chạy “cauthang recover” bằng khóa gốc."
    ),
    BROKER_REFUSES: msgid(
        "Broker từ chối tin gửi đến màn hình, tin được giữ lại và gửi lại: "
        "hãy xem quyền của tài khoản bridge và các giới hạn của broker (thử bằng “cauthang check-broker”)."
    ),
    DIRECTOR_KEY: msgid(
        "Khóa director.pem không phải khóa mà tài liệu tin cậy nêu, nên không có gì mới được gửi đến màn hình: "
        "hãy chép lại khóa từ bản lưu, hoặc chạy “cauthang trust rotate-director”."
    ),
}


class ServerFault(Base):
    """One thing that is wrong now: its code in :data:`SENTENCES`, and words for whoever repairs it."""

    __tablename__ = "server_faults"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    detail: Mapped[str] = mapped_column(String(LONGEST_DETAIL))
    since_ms: Mapped[Millis]

    @property
    def sentence(self) -> str:
        """What is wrong and what helps (a msgid)."""
        return SENTENCES[self.code]


def note(session: Session, code: str, detail: str, now_ms: int) -> None:
    """This is wrong; said again it stays one fault. Goes to the log the first time, and when its detail changes."""
    row, detail = session.get(ServerFault, code), detail[:LONGEST_DETAIL]
    if row is not None and row.detail == detail:
        return
    log.error("%s: %s", code, detail)
    if row is None:
        session.add(ServerFault(code=code, detail=detail, since_ms=now_ms))
    else:
        row.detail = detail
    session.flush()


def clear(session: Session, code: str) -> None:
    """This is over."""
    session.execute(delete(ServerFault).where(ServerFault.code == code))


def standing(session: Session) -> Sequence[ServerFault]:
    """Everything that is wrong now, longest first."""
    return session.scalars(select(ServerFault).order_by(ServerFault.since_ms, ServerFault.code)).all()
