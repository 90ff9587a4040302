"""The web application: one factory, nothing at import."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from server import api
from server.db import Sessions, check_schema, sessions_for
from server.errors import SettingsError
from server.settings import Settings
from server.web import (
    assets,
    blueprints,
    converters,
    database,
    headers,
    language,
    limits,
    navigation,
    problems,
    security,
)

LARGEST_FORM_BYTES = 2 * 1024 * 1024


def create_app(settings: Settings, *, sessions: Sessions | None = None) -> Flask:
    """The application for these settings; ``sessions`` replaces the database they name.

    ``app.config["SETTINGS"]`` holds the settings. Uploads raise ``request.max_content_length`` for themselves.

    Raises:
        SettingsError: there is no secret key, or the database is not at the schema of this program.
    """
    if not settings.secret_key:
        raise SettingsError("Chưa có SECRET_KEY: hãy chạy `cauthang init`, hoặc đặt SECRET_KEY.")
    sessions = sessions or sessions_for(settings.database_url)
    check_schema(sessions.engine)
    app = Flask("server", static_folder="web/static", template_folder="web/templates")
    app.config.update(SETTINGS=settings, MAX_CONTENT_LENGTH=LARGEST_FORM_BYTES)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    converters.init_app(app)
    database.init_app(app, sessions)
    csrf = security.init_app(app, settings)
    language.init_app(app)
    limits.init_app(app, settings.limits_url)
    assets.init_app(app)
    navigation.init_app(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
        if blueprint.name == "device_api":
            csrf.exempt(blueprint)  # its requests are signed with a key that no browser holds
    api.init_app(app)
    problems.init_app(app)
    headers.init_app(app, https=settings.https)
    return app
