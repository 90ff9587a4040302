"""JSON from outside that is not signed: an object, or a ValueError; nothing else escapes."""

from __future__ import annotations

import json
from typing import Any


def read_object(data: bytes) -> dict[str, Any]:
    """The object in ``data``. Raises ValueError for anything else, however deep or broken."""
    try:
        found = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found
