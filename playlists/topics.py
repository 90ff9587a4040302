"""MQTT topics: the one place where they are spelled."""

from __future__ import annotations

ROOT = "cauthang/v1"
ALL = f"{ROOT}/all"
ALL_TRUST = f"{ALL}/trust"
ALL_REVOCATION = f"{ALL}/revocation"
FROM_ANY_STATE = f"{ROOT}/from/+/state"
FROM_ANY_PRESENCE = f"{ROOT}/from/+/presence"
FROM_ANY_RESULT = f"{ROOT}/from/+/result"
BRIDGE_MARK = f"{ROOT}/bridge/mark"  # the bridge's note to itself: does the broker still hold what it was given?


def to_all_of(screen: str) -> str:
    """The filter a player subscribes to for everything meant for it alone."""
    return f"{ROOT}/to/{screen}/#"


def to_playlist(screen: str) -> str:
    return f"{ROOT}/to/{screen}/playlist"


def to_head(screen: str) -> str:
    return f"{ROOT}/to/{screen}/head"


def to_command(screen: str) -> str:
    return f"{ROOT}/to/{screen}/command"


def from_all_of(screen: str) -> str:
    """The filter of everything a player may publish."""
    return f"{ROOT}/from/{screen}/#"


def from_presence(screen: str) -> str:
    return f"{ROOT}/from/{screen}/presence"


def from_state(screen: str) -> str:
    return f"{ROOT}/from/{screen}/state"


def from_result(screen: str) -> str:
    return f"{ROOT}/from/{screen}/result"


def screen_of(topic: str) -> str:
    """The screen id in a ``to/…`` or ``from/…`` topic; ValueError for any other topic."""
    parts = topic.removeprefix(f"{ROOT}/").split("/")
    if not topic.startswith(f"{ROOT}/") or len(parts) < 3 or parts[0] not in ("to", "from"):
        raise ValueError(f"not a topic of one screen: {topic}")
    return parts[1]
