"""Vietnamese text at the boundary: one spelling inside, and a folded form for searching."""

from __future__ import annotations

import re
import unicodedata


def clean(text: str) -> str:
    """The text in NFC on one line, without control characters. Files from macOS arrive in NFD."""
    normal = unicodedata.normalize("NFC", text)
    return re.sub(r"\s+", " ", "".join(" " if unicodedata.category(c) == "Cc" else c for c in normal)).strip()


def fold(text: str) -> str:
    """Lower case without marks: "Đống Đa" and "dong da" fold alike. đ has no decomposition, so it is named."""
    bare = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return unicodedata.normalize("NFC", "".join(c for c in bare if not unicodedata.combining(c)))
