"""A player's parts around a fake server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from player.api import Api
from player.beliefs import Beliefs
from player.cache import Cache
from player.clock import Clock
from player.disk import Disk
from player.faults import Faults
from player.fetch import Fetcher, Limits
from player.link import Heard
from player.offers import Offers
from player.orders import Orders as OrdersInForce
from player.store import Slots
from player.sync import Sync
from playlists.envelope import pack
from playlists.state import Pinned, State
from tests.fake_orders import SCREEN, UNIT, Item, png
from tests.fakes import FakeServer, device
from tests.world import key

RED = Item("đỏ", png((200, 0, 0)), duration_ms=1000, number=1)
GREEN = Item("lục", png((0, 160, 0)), duration_ms=1000, number=2)
BLUE = Item("lam", png((0, 0, 200)), duration_ms=1000, number=3)


@dataclass
class Rig:
    """The parts that follow orders; ``step`` is one try to be up to date."""

    folder: Path
    server: FakeServer
    clock: Clock
    beliefs: Beliefs
    cache: Cache
    sync: Sync
    orders: OrdersInForce
    faults: Faults

    @property
    def number(self) -> int:
        """The number of the playlist in force, 0 without one."""
        playlist = self.beliefs.state.playlist
        return playlist.version.number if playlist else 0

    def step(self, poll: bool = True) -> float:
        """As the sync's thread does it."""
        self.orders.news.clear()
        return self.orders.step(poll)

    def hear(self, topic: str, sealed: bytes | None) -> None:
        """MQTT brings this."""
        assert sealed is not None
        self.orders.hear(Heard(topic, pack(sealed)), lambda _: None)

    def codes(self) -> list[str]:
        """The codes of the faults reported so far, latest first."""
        return [str(fault["code"]) for fault in self.faults.listed(self.clock.mono_ms())]


def rig(folder: Path, server: FakeServer, disk: Disk | None = None) -> Rig:
    """A player over ``folder``, as it is after a start."""
    clock = Clock(time.time_ns() // 1_000_000)
    fetcher = Fetcher(Limits(connect_s=5, stall_s=1, deadline_s=3), disk)
    api = Api(server.url, device(), fetcher, lambda: clock.read().now.ms)
    nobody = State(SCREEN, UNIT, Pinned((key("root").public,), 1))
    beliefs = Beliefs(Slots(folder, "state", disk), nobody, clock)
    cache = Cache(folder / "files", fetcher, f"{server.url}/files", disk=disk)
    faults = Faults()
    offers = Offers(beliefs, faults, clock)
    sync = Sync(api, cache, beliefs, offers, clock)
    orders = OrdersInForce(sync, beliefs, offers, faults, clock)
    return Rig(folder, server, clock, beliefs, cache, sync, orders, faults)
