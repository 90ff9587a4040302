"""This installation's broker: the child we start ourselves, or the one that ``BROKER_URL`` names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from server import screens
from server.broker import url
from server.broker.accounts import BRIDGE, Account, of_installation, password_of
from server.broker.places import Place
from server.db import Sessions
from server.errors import SettingsError
from server.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  where to knock when the broker listens everywhere


@dataclass(frozen=True, slots=True)
class Login:
    """What a player is told when it is paired: the address without names, and its own account."""

    broker_url: str
    username: str
    password: str


def place(settings: Settings) -> Place:
    """Where our own broker listens and keeps its files."""
    folder = settings.data_dir / "broker"
    websocket_port = settings.broker_websocket_port or None
    return Place(folder, folder / "state", settings.host, settings.broker_port, websocket_port)


def accounts(settings: Settings, sessions: Sessions) -> list[Account]:
    """Everybody who may speak on the broker now: the bridge, and every paired screen."""
    with sessions.reading() as session:
        devices = screens.accounts(session)
    return of_installation(secret(settings), devices)


def bridge_url(settings: Settings) -> url.BrokerUrl:
    """Where the bridge connects, and as whom."""
    named = _address(settings)
    return named if named.username else named.login(BRIDGE, password_of(secret(settings), BRIDGE))


def login_of(settings: Settings, screen_id: str, device_keyid: str) -> Login:
    """The account of one screen with the device that is paired now."""
    password = password_of(secret(settings), screen_id, device_keyid)
    return Login(_address(settings).without_login(), screen_id, password)


def websocket_url(settings: Settings, here: str) -> str:
    """Where a page that a browser opened at the origin ``here`` reaches the broker; empty when nowhere is known.

    A page that came by https may only speak wss: then the proxy in front of us has the broker behind ``/mqtt``, unless
    ``BROKER_WEBSOCKET_URL`` says otherwise.
    """
    origin = urlsplit(here)
    named = settings.broker_websocket_url or settings.broker_url or ""
    if named.startswith(("ws://", "wss://")):
        return from_there(url.parse(named).without_login(), origin.hostname or "")
    if origin.scheme == "https":
        return f"wss://{origin.netloc}{url.WEBSOCKET_PATH}"
    port = 0 if settings.broker_url else settings.broker_websocket_port
    return from_there(f"ws://127.0.0.1:{port}{url.WEBSOCKET_PATH}", origin.hostname or "") if port else ""


def from_there(address: str, host: str) -> str:
    """A broker on this machine, by the name under which the player reached this machine."""
    broker = urlsplit(address)
    if broker.hostname not in LOOPBACK or host in LOOPBACK:
        return address
    name = f"[{host}]" if ":" in host else host
    return address.replace(broker.netloc, f"{name}:{broker.port}" if broker.port else name, 1)


def secret(settings: Settings) -> bytes:
    """From which all passwords on the broker derive. Raises SettingsError when ``cauthang init`` did not run."""
    try:
        return settings.broker_secret.read_bytes()
    except OSError as error:
        raise SettingsError(f"Không đọc được {settings.broker_secret} ({error}): hãy chạy `cauthang init`.") from error


def _address(settings: Settings) -> url.BrokerUrl:
    if settings.broker_url:
        return url.parse(settings.broker_url)
    return url.BrokerUrl("mqtt", LOCAL.get(settings.host, settings.host), settings.broker_port)
