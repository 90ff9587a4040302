"""The REST API for people and programs: the same nouns and rules as the pages, described in OpenAPI."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api
from flask_smorest import Blueprint as Described

from server.api.door import DESCRIPTION, Problem


class Doors(Api):
    """The described part of the application. Refusals are answered where the pages' are (server/web/problems.py)."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass


def blueprints() -> list[Described]:
    """Every resource. A new module adds its line."""
    from server.api import campaigns, forecasts, items  # noqa: PLC0415  (resources import the application's edge)

    return [items.bp, campaigns.bp, forecasts.bp]


def init_app(app: Flask) -> None:
    """Serve the resources below /api/v1 and their description at /api/openapi.json."""
    from server.api import document  # noqa: PLC0415

    app.config.update(API_TITLE="Cầu Thang", API_VERSION="v1", OPENAPI_VERSION="3.0.3")
    about: dict[str, Any] = {"info": {"description": DESCRIPTION}}
    doors = Doors(app, spec_kwargs=about)
    for blueprint in blueprints():
        doors.register_blueprint(blueprint)
    app.extensions[document.EXTENSION] = doors.spec
    app.register_blueprint(document.bp)
