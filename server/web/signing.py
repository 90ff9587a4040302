"""The server's keys for a view that publishes."""

from __future__ import annotations

from flask import current_app

from server import signing
from server.settings import Settings


def keys() -> signing.Keys:
    """The keys of this installation. Raises SettingsError when they are missing."""
    settings: Settings = current_app.config["SETTINGS"]
    return signing.load(settings.keys_dir)
