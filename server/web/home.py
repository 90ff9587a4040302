"""The first page: what waits for this person."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from server import faults, trust
from server.clock import now_ms
from server.users import Role, User
from server.web.database import reading
from server.web.language import day
from server.web.permission import me, signed_in
from server.web.tasks import Source, Task

bp = Blueprint("home", __name__)


@bp.get("/")
@signed_in
def index() -> str:
    """What waits for me, noun by noun."""
    session = reading()
    tasks = [task for source in sources() for task in source(session, me())]
    return render_template("home.html", tasks=tasks)


def sources() -> tuple[Source, ...]:
    """Who is asked what waits. A noun that can keep somebody waiting adds its line."""
    from server.web import approvals, campaigns, library, screens  # noqa: PLC0415  (pages import the application's edge)

    return (fault_tasks, approvals.tasks, library.tasks, campaigns.tasks, screens.tasks, trust_tasks)


def trust_tasks(session: Session, user: User) -> list[Task]:
    """An administrator is told of a trust document that the root key has not signed yet, or that nears its end."""
    if not user.holds(Role.ADMIN):
        return []
    waiting, expiring = trust.waiting(session), trust.expiring(session, now_ms())
    texts = []
    if waiting is not None:
        texts.append(
            _(
                "Tài liệu tin cậy phiên bản %(version)s chờ khóa gốc ký: chạy “cauthang trust sign”.",
                version=waiting.version,
            )
        )
    if expiring is not None:
        texts.append(
            _(
                "Tài liệu tin cậy của các màn hình hết hạn ngày %(day)s: cần bản mới có chữ ký của khóa gốc.",
                day=day(expiring.expires),
            )
        )
    return [Task(text, url_for("units.index"), "key", tone="warning") for text in texts]


def fault_tasks(session: Session, user: User) -> list[Task]:
    """An administrator is told of what ails the server itself."""
    if not user.holds(Role.ADMIN):
        return []
    found = faults.standing(session)
    return [Task(_(fault.sentence), url_for("units.index"), "warning", tone="danger") for fault in found]
