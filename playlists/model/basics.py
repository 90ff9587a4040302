"""What every document is made of: names, renditions, references and versions."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FORMAT = 1
MAX_INTEGER = 2**53 - 1  # the largest integer every JSON reader keeps exact
SHA256 = re.compile(r"[0-9a-f]{64}")
SCREEN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
UNIT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# The places of the IANA database, spelled as there: what else a machine takes for a zone ("localtime", "posix/…", "GB")
# differs from one to the next, and a browser does not mind the case. player/standalone/contract/zones.js has the same.
ZONE = re.compile(
    r"UTC|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)"
    r"(/[A-Z][a-z]+([_-]([A-Z][a-z]+|au|es|of))*)+"
)


def require(condition: bool, sentence: str) -> None:
    """Raise ``ValueError(sentence)`` unless ``condition`` holds: the invariant of a value at its birth."""
    if not condition:
        raise ValueError(sentence)


def is_plain(text: str) -> bool:
    """Whether this is NFC text without control characters."""
    if text.isascii() and text.isprintable():  # nearly every name and id, and quickly said
        return True
    return unicodedata.is_normalized("NFC", text) and not any(unicodedata.category(c) == "Cc" for c in text)


def is_zone(name: str) -> bool:
    """Whether this is a zone of the IANA database, by which wall-clock rules can be evaluated."""
    try:
        return bool(ZONE.fullmatch(name)) and bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def is_date(text: str) -> bool:
    """Whether this is a date of the calendar, written YYYY-MM-DD and in no other way that ISO 8601 has."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class MediaType(StrEnum):
    """What a rendition may be. Everything uploaded becomes one of these two."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    MP4 = "video/mp4"

    @property
    def is_video(self) -> bool:
        return self is MediaType.MP4


@dataclass(frozen=True, slots=True)
class Rendition:
    """A file made from an item for a screen class, named by its SHA-256."""

    sha256: str
    size_bytes: int
    media_type: MediaType
    width: int
    height: int
    duration_ms: int

    def __post_init__(self) -> None:
        require(bool(SHA256.fullmatch(self.sha256)), "a rendition is named by 64 hexadecimal digits")
        require(0 < self.size_bytes <= MAX_INTEGER, "a rendition has at least one byte")
        require(0 < self.width <= 16384 and 0 < self.height <= 16384, "a rendition is 1 to 16384 pixels on each side")
        require(0 < self.duration_ms <= MAX_INTEGER, "a rendition lasts at least a millisecond")


@dataclass(frozen=True, slots=True)
class Reference:
    """A file named by its content: what to fetch and how long it is."""

    sha256: str
    size_bytes: int

    def __post_init__(self) -> None:
        require(bool(SHA256.fullmatch(self.sha256)), "a file is named by 64 hexadecimal digits")
        require(0 < self.size_bytes <= MAX_INTEGER, "a file has at least one byte")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Playlists and heads are ordered by epoch first: a rotated director key outruns any version a thief signed."""

    epoch: int
    number: int
