"""How often something may be asked. The counts are shared by all workers (docs/adr/0003-shared-rate-limits.md)."""

from __future__ import annotations

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

import server.limit_store  # noqa: F401  (its import makes sqlite:// known to the limits library)
from server.users import clean_username

LOGIN_BY_ADDRESS = "20 per minute"
LOGIN_BY_ACCOUNT = "5 per minute"

limiter = Limiter(get_remote_address, headers_enabled=True)


def init_app(app: Flask, url: str) -> None:
    """Count this application's requests at the URL (``sqlite:///file`` or ``redis://…``)."""
    app.config.update(RATELIMIT_STORAGE_URI=url, RATELIMIT_STRATEGY="fixed-window")
    limiter.init_app(app)


def account() -> str:
    """The account that is being signed in to and from where: a guesser elsewhere must not lock its owner out."""
    name = clean_username(request.form.get("username", ""))[:32]
    return f"{name} from {get_remote_address()}"
