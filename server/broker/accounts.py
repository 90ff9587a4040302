"""Who may speak on the broker, and about what: the one list from which every engine's files are written."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from playlists import topics

BRIDGE = "bridge"
CHECK = "check"
CHECK_SCREENS = ("check-a", "check-b")
DROPPED = "$SYS/broker/publish/messages/dropped"  # Mosquitto's only sign of messages lost to a full queue
SHORTEST_PASSWORD = 24
# Both reach configuration files: no quote, no white space, no wildcard in a name.
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
FILTER = re.compile(r"[A-Za-z0-9$_+#-]+(/[A-Za-z0-9$_+#-]+)*")


@dataclass(frozen=True, slots=True)
class Account:
    """A name and password, and the topic filters it may read and write. The name is the MQTT client id too."""

    username: str
    password: str = field(repr=False)
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not USERNAME.fullmatch(self.username):
            raise ValueError(f"not a name for a broker account: {self.username!r}")
        if len(self.password) < SHORTEST_PASSWORD or not self.password.isascii() or not self.password.isprintable():
            raise ValueError(f"the password of {self.username} has fewer than {SHORTEST_PASSWORD} plain characters")
        if not all(FILTER.fullmatch(wanted) for wanted in (*self.reads, *self.writes)):
            raise ValueError(f"a topic filter of {self.username} has characters that no topic of ours has")


def new_secret() -> bytes:
    """32 random bytes from which every password of an installation derives; keep them in a file of mode 0600."""
    return secrets.token_bytes(32)


def password_of(secret: bytes, username: str, device: str = "") -> str:
    """The password of an account, 32 characters: nothing has to be stored per screen, and asking twice is harmless.

    ``device`` is the key id of the screen's paired device: another device, another password.
    """
    digest = hmac.digest(secret, f"broker\0{username}\0{device}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:24]).decode()


def bridge(password: str) -> Account:
    """The only account that may speak to every screen: the bridge's."""
    everything = f"{topics.ROOT}/#"
    return Account(BRIDGE, password, reads=(everything, DROPPED), writes=(everything,))


def screen(name: str, password: str) -> Account:
    """A screen reads what is meant for it and for all, writes what comes from it, and nothing else."""
    return Account(
        name,
        password,
        reads=(topics.to_all_of(name), f"{topics.ALL}/#"),
        writes=(topics.from_all_of(name),),
    )


def check(password: str) -> Account:
    """The account with which ``check-broker`` speaks to two screens that do not exist, and to no other."""
    first, second = CHECK_SCREENS
    return Account(
        CHECK,
        password,
        reads=(topics.from_all_of(first), topics.from_all_of(second)),
        writes=(topics.to_all_of(first), topics.to_all_of(second)),
    )


def of_installation(secret: bytes, devices: Mapping[str, str]) -> list[Account]:
    """All accounts, sorted by name: bridge, the three of ``check-broker``, and one per screen.

    ``devices`` maps the id of each screen that may connect to the key id of its paired device.
    """
    found = [bridge(password_of(secret, BRIDGE)), check(password_of(secret, CHECK))]
    found += [screen(name, password_of(secret, name)) for name in CHECK_SCREENS]
    taken = {account.username for account in found}
    found += [screen(name, password_of(secret, name, of)) for name, of in devices.items() if name not in taken]
    return sorted(found, key=lambda account: account.username)
