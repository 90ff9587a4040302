"""Real brokers for tests: Mosquitto and the NATS server of the wheel, each with generated accounts on a free port."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from server.broker import accounts as who
from server.broker.accounts import Account
from server.broker.child import BrokerChild, Engine, find_mosquitto, find_nats
from server.broker.guest import Guest
from server.broker.places import Place
from server.broker.url import BrokerUrl, parse

ENGINES = ("mosquitto", "nats")


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def engine(name: str) -> Engine:
    """The broker program; its absence is a failure, because a skipped broker test proves nothing."""
    found = {"mosquitto": find_mosquitto, "nats": find_nats}[name]()
    assert found is not None, f"{name} is missing on this machine: see tests/machine.sh"
    return found


class RealBroker:
    """A running broker and ways to speak to it, hurt it and change its accounts."""

    def __init__(
        self, folder: Path, name: str, screens: Sequence[str] = (), websocket: bool = False, host: str = "127.0.0.1"
    ) -> None:
        self.secret = who.new_secret()
        self.devices = dict.fromkeys(screens, "d")
        port, websocket_port = free_port(), free_port() if websocket else None
        self.place = Place(folder / "broker", folder / "broker" / "state", host, port, websocket_port)
        self.child = BrokerChild(self.place, engine(name))
        self.name = name
        self.mqtt5 = name == "mosquitto"
        self.address: BrokerUrl = parse(f"mqtt://{host}:{port}")

    @property
    def accounts(self) -> list[Account]:
        return who.of_installation(self.secret, self.devices)

    def start(self) -> None:
        self.child.start(self.accounts)

    def update(self) -> None:
        """Put changed ``devices`` into force."""
        self.child.update(self.accounts)

    def url(self, username: str = who.BRIDGE) -> BrokerUrl:
        """The address with the login of an account: ``BROKER_URL`` of the bridge when no name is given."""
        return self.address.login(username, who.password_of(self.secret, username, self.devices.get(username, "")))

    def guest(self, username: str = who.BRIDGE, client_id: str | None = None, **how: object) -> Guest:
        """A connected caller."""
        guest = Guest(self.url(username), client_id or username, **how)  # type: ignore[arg-type]
        answer = guest.connect()
        assert not answer.refused, answer.refused
        return guest

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.child.pid
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.stop()

    def wipe(self) -> None:
        """Forget every session, queue and retained message, as a new disk would."""
        shutil.rmtree(self.place.state_dir)


@contextlib.contextmanager
def running(folder: Path, name: str, screens: Sequence[str] = (), **how: Any) -> Iterator[RealBroker]:
    """A broker for the length of a ``with`` block."""
    broker = RealBroker(folder, name, screens, **how)
    broker.start()
    try:
        yield broker
    finally:
        broker.child.stop(timeout_s=5)
