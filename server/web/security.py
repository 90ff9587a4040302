"""Sessions of persons: Flask-Security over our users, without its pages (ours are in server/web/account.py)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from flask import Flask, request, session
from flask_login import current_user
from flask_security import Security, UserDatastore
from flask_security.datastore import Datastore
from flask_security.utils import logout_user
from flask_wtf import CSRFProtect

from server.settings import Settings
from server.users import User, of_session
from server.web.database import reading

IDLE = timedelta(hours=2)
LONGEST_SESSION_S = 12 * 3600
STARTED = "started_s"


class Accounts(Datastore, UserDatastore):
    """What Flask-Security asks of our users: to find one. It never writes; our own pages do."""

    def __init__(self) -> None:
        Datastore.__init__(self, db=None)  # type: ignore[no-untyped-call]
        UserDatastore.__init__(self, User, None)  # type: ignore[arg-type]  # no global roles

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> User | None:
        """The user whose session this is, or None; by nothing else are users found here."""
        return of_session(reading(), wanted["fs_uniquifier"])


def init_app(app: Flask, settings: Settings) -> CSRFProtect:
    """Sessions, cookies and CSRF protection of this application; returns the latter, to exempt what devices sign."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECURITY_PASSWORD_SALT=settings.secret_key,
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"username": {"mapper": str}}],
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=IDLE,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session, so a form left open over lunch can be sent
        WTF_CSRF_SSL_STRICT=True,
    )
    csrf = CSRFProtect(app)
    Security(app, Accounts(), register_blueprint=False)
    app.before_request(_end_long_sessions)
    return csrf


def _end_long_sessions() -> None:
    """Sign out whoever signed in 12 hours ago, however busy since (OWASP ASVS 5.0, 7.3.2)."""
    if request.endpoint == "static":
        return
    session.permanent = True
    if current_user.is_authenticated and time.time() - session.get(STARTED, 0) > LONGEST_SESSION_S:
        logout_user()
