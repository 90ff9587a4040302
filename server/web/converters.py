"""Numbers in addresses: those that a database can hold. A larger one names nothing, so it is not found."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map, ValidationError

from playlists.model import MAX_INTEGER


class Number(IntegerConverter):
    """What ``<int:…>`` stands for in every address of this application: 0 to 2**53 - 1."""

    def __init__(self, map: Map, **options: Any) -> None:
        super().__init__(map, **{"max": MAX_INTEGER, **options})

    def to_python(self, value: str) -> int:
        if len(value) > len(str(MAX_INTEGER)):  # Python itself refuses to read thousands of digits
            raise ValidationError
        return int(super().to_python(value))


def number(text: str) -> int:
    """A number of a question (``request.args.get(…, type=number)``). Raises ValueError: so the default is taken."""
    if len(text) > len(str(MAX_INTEGER)) or not 0 <= int(text) <= MAX_INTEGER:
        raise ValueError("no number of ours")
    return int(text)


def init_app(app: Flask) -> None:
    """Call before any address is registered."""
    app.url_map.converters["int"] = Number
