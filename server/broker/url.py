"""The address of a broker: ``mqtt``, ``mqtts``, ``ws`` or ``wss``, with the account in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, urlsplit

from server.broker.errors import BrokerUrlError

PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
WEBSOCKET_PATH = "/mqtt"


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """Where a broker is and as whom to speak to it. ``path`` counts for WebSocket only."""

    scheme: str
    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    path: str = WEBSOCKET_PATH

    @property
    def tls(self) -> bool:
        return self.scheme in ("mqtts", "wss")

    @property
    def websocket(self) -> bool:
        return self.scheme in ("ws", "wss")

    def login(self, username: str, password: str) -> BrokerUrl:
        """The same broker as somebody else."""
        return replace(self, username=username, password=password)

    def without_login(self) -> str:
        """For logs and pages: no name, no password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path if self.websocket else ''}"

    def __str__(self) -> str:
        """The whole address, password included: for a settings file, never for a log."""
        if not self.username:
            return self.without_login()
        login = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@"
        return self.without_login().replace("://", f"://{login}", 1)


def parse(text: str) -> BrokerUrl:
    """The parts of a broker's address; the port is the usual one of the scheme when none is given.

    Raises:
        BrokerUrlError: the sentence says which part is wrong; it never repeats the password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BrokerUrlError("Địa chỉ broker không dùng được: cổng phải là số từ 1 đến 65535.") from error
    if parts.scheme not in PORTS:
        raise BrokerUrlError("Địa chỉ broker phải bắt đầu bằng mqtt://, mqtts://, ws:// hoặc wss://.")
    if not parts.hostname:
        raise BrokerUrlError(f"Địa chỉ broker thiếu tên máy sau {parts.scheme}://.")
    return BrokerUrl(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        path=parts.path or WEBSOCKET_PATH,
    )
