"""The session of a request: opened when first asked for, closed with the request."""

from __future__ import annotations

from flask import Flask, current_app, g
from sqlalchemy.orm import Session

from server.db import Sessions, begin_writing

EXTENSION = "cauthang.sessions"


def init_app(app: Flask, sessions: Sessions) -> None:
    """Let requests of this application use these sessions."""
    app.extensions[EXTENSION] = sessions
    app.teardown_appcontext(_close)


def reading() -> Session:
    """The request's session, which cannot write: for loading what a page shows."""
    if "session" not in g:
        sessions: Sessions = current_app.extensions[EXTENSION]
        g.session = sessions.open()
    session: Session = g.session
    return session


def writing() -> Session:
    """The same session in a transaction that may write. Call it before the noun, and ``commit()`` it after.

    Without the commit nothing is kept. What was loaded before is read anew, so decisions rest on what is true now.
    """
    return begin_writing(reading())


def _close(_error: BaseException | None) -> None:
    session: Session | None = g.pop("session", None)
    if session is not None:
        session.close()
