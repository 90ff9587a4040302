"""How a screen's device is doing, from its own last report: words for the page. What it left out is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from server.errors import msgid

HOT_MC = 80_000  # a Raspberry Pi slows itself down from here on
SCARCE = 10  # per cent
MB, GB = 10**6, 10**9
THROTTLES = {
    "under-voltage": msgid("thiếu điện áp: hãy thay bộ nguồn"),
    "under-voltage-before": msgid("từng thiếu điện áp từ lúc bật máy"),
    "frequency-capped": msgid("bị giới hạn tốc độ"),
    "throttled": msgid("đang giảm tốc độ"),
    "too-hot": msgid("quá nóng"),
}


@dataclass(frozen=True, slots=True)
class Vital:
    """One line: what, how much, and whether somebody should look at it."""

    name: str
    value: str
    worrying: bool = False


def vitals(reported: dict[str, Any]) -> list[Vital]:
    """The lines of one report; every value comes from outside and may be anything."""
    health = _part(reported, "health")
    return [*_heat(health), *_room(health), *_power(health), *_backlog(reported), *_versions(reported)]


def _heat(health: dict[str, Any]) -> Iterator[Vital]:
    heat_mc = _number(health, "temperature_mc")
    if heat_mc is not None:
        yield Vital(_("Nhiệt độ"), f"{round(heat_mc / 1000)} °C", heat_mc >= HOT_MC)


def _room(health: dict[str, Any]) -> Iterator[Vital]:
    parts = ((_("Ổ đĩa còn trống"), "disk", GB, "GB"), (_("Bộ nhớ còn trống"), "memory", MB, "MB"))
    for name, what, unit, word in parts:
        free, whole = _number(health, f"{what}_free_bytes"), _number(health, f"{what}_bytes")
        if free is not None and whole:
            digits = "#,##0.0" if unit == GB else "#,##0"
            value = " / ".join(format_decimal(size / unit, format=digits) for size in (free, whole))
            yield Vital(name, f"{value} {word}", free * 100 < whole * SCARCE)


def _power(health: dict[str, Any]) -> Iterator[Vital]:
    said = health.get("throttled")
    words = [_(THROTTLES[word]) for word in said if word in THROTTLES] if isinstance(said, list) else []
    if words:
        yield Vital(_("Nguồn và tốc độ"), ", ".join(words), worrying=True)


def _backlog(reported: dict[str, Any]) -> Iterator[Vital]:
    waiting = _number(_part(reported, "journal"), "waiting")
    if waiting is not None:
        yield Vital(_("Lượt phát chờ gửi"), format_decimal(waiting))


def _versions(reported: dict[str, Any]) -> Iterator[Vital]:
    machine = _part(reported, "machine")
    said = [reported.get("software"), machine.get("model"), machine.get("system")]
    words = [word[:60] for word in said if isinstance(word, str) and word]
    if words:
        yield Vital(_("Trình phát và máy"), " · ".join(words))


def _part(said: dict[str, Any], name: str) -> dict[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _number(said: dict[str, Any], name: str) -> int | None:
    value = said.get(name)
    return value if type(value) is int and 0 <= value < 2**53 else None
