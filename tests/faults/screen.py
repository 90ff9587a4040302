"""A screen under test: the player's process, the server it obeys, and everything its display ever told."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from playlists import topics
from playlists.envelope import pack
from tests.brokers import RealBroker, running
from tests.fake_orders import SCREEN, Item, Orders
from tests.fakes import FakeServer, serving
from tests.machine import ROOT
from tests.world import key

ITEM_MS = 300  # short items: many plays, many writes
PATIENCE = {"connect_s": 3.0, "stall_s": 2.0, "deadline_s": 60.0, "latest_ms": 700.0}
REST = ("slate", "blank", "pair")


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@dataclass
class Screen:
    """One player over the state folder ``state``.

    ``inside`` begins a command that runs elsewhere, at the end of ``wire``; ``environ`` may bring another time.
    """

    folder: Path
    server: FakeServer
    broker: RealBroker
    state: Path
    inside: tuple[str, ...] = ()
    wire: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    patience: Mapping[str, float] = field(default_factory=lambda: PATIENCE)
    largest_bytes: int = 100_000
    said: list[dict[str, Any]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    approvals: dict[str, str] = field(default_factory=dict)  # of every file that ever was approved
    process: subprocess.Popen[bytes] | None = None

    # --- Its process ---

    def start(self) -> None:
        root = self.folder / "root.pub"
        root.write_text(json.dumps({"keys": [key("root").public], "threshold": 1}))
        reading, writing = os.pipe()
        program = [sys.executable, "-P", "-m", "tests.faults.actor", str(writing), json.dumps(dict(self.patience))]
        words = ["run", "--server", self.server.url, "--root", str(root), "--state", str(self.state)]
        words += ["--safe-after", "0"]  # what is killed here is not killed by what it shows
        environ = {**os.environ, "PYTHONPATH": str(ROOT), **self.environ}
        with (self.folder / "player.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.inside, *program, *words], env=environ, pass_fds=[writing], stderr=log, stdout=log
            )
        os.close(writing)
        threading.Thread(target=self._listen, args=(reading,), daemon=True).start()

    def _listen(self, reading: int) -> None:
        with os.fdopen(reading, "rb") as pipe:
            for line in pipe:
                if line.endswith(b"\n"):
                    self.said.append(json.loads(line))

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self.process:
            self.process.kill()
            self.process.wait()

    # --- What it showed ---

    def pictures(self, since_ms: int) -> list[dict[str, Any]]:
        """Every picture that came on since then."""
        return [said for said in list(self.said) if said.get("see", "slate") not in REST and said["t"] >= since_ms]

    def plays_again(self, since_ms: int, within_s: float) -> int | None:
        """How many ms after ``since_ms`` the first picture came; None when none does in time."""
        deadline = time.monotonic() + within_s
        while not self.pictures(since_ms):
            if time.monotonic() > deadline:
                return None
            time.sleep(0.02)
        return self.longest_gap_ms(since_ms, 1)

    def longest_gap_ms(self, since_ms: int, among: int | None = None) -> int:
        """The longest time from ``since_ms`` to a picture, or between two of the pictures since then.

        Without what the player waited for other programs: the processor is shared, above all in a test.
        """
        seen = [said for said in list(self.said) if "pid" in said]
        before = [{**said, "t": since_ms} for said in seen if said["t"] < since_ms][-1:]
        pictures = [*(before or [{"t": since_ms, "pid": 0, "waited": 0}]), *self.pictures(since_ms)[:among]]
        return max(_gap_ms(a, b) for a, b in itertools.pairwise(pictures))

    # --- Its orders ---

    def publish(self, dice: Random) -> None:
        """Another playlist with a new file in it; now and then the item that goes is withdrawn as well.

        The first item always stays: a screen that missed some orders has something left that is approved.
        """
        orders = copy(self.server.orders)
        number = len(self.approvals) + 1
        size = dice.choice((700, 5_000, self.largest_bytes))
        item = Item(f"sản phẩm {number}", dice.randbytes(size), duration_ms=ITEM_MS, number=number)
        self.approvals[item.rendition.sha256] = orders.approval_of(item).id
        gone = self.items[1] if len(self.items) == 3 else None
        self.items = [*(kept for kept in self.items if kept is not gone), item]
        if gone and dice.random() < 0.3:
            orders.withdraw(gone)
        orders.publish(*self.items)
        self.server.orders = orders  # at once: a request sees the old ones or the new ones
        self.carry()

    def carry(self) -> None:
        """Bring the broker what it is to keep, as the bridge does; one that is away hears it later."""
        if self.broker.child.pid is None:
            return
        orders = self.server.orders
        said = {
            topics.ALL_TRUST: pack(orders.trust()),
            topics.to_head(SCREEN): pack(orders.head()),
            topics.to_playlist(SCREEN): pack(orders.playlist()),
        }
        withdrawn = orders.revocation()
        if withdrawn:
            said[topics.ALL_REVOCATION] = pack(withdrawn)
        with self.broker.guest() as guest:
            assert {guest.publish(topic, sealed, retain=True) for topic, sealed in said.items()} == {""}


def _gap_ms(one: dict[str, Any], other: dict[str, Any]) -> int:
    waited_ms = other["waited"] - (one["waited"] if one["pid"] == other["pid"] else 0)
    return int(max(other["t"] - one["t"] - waited_ms, 0))


@contextmanager
def standing(folder: Path, state: Path | None = None, host: str = "127.0.0.1", **how: Any) -> Iterator[Screen]:
    """A screen that plays its first orders, with its server and its broker; all is gone when the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    orders = Orders(time.time_ns() // 1_000_000)
    with (
        running(folder, "mosquitto", [SCREEN], host=host) as broker,
        serving(orders, host=host, broker_url=f"mqtt://{host}:{broker.place.port}") as server,
    ):
        server.password = broker.url(SCREEN).password or ""
        screen = Screen(folder, server, broker, state or folder / "state", **how)
        dice = Random(1)
        for _ in range(3):
            screen.publish(dice)
        screen.start()
        try:
            assert screen.plays_again(0, 60) is not None, (folder / "player.log").read_text()
            yield screen
        finally:
            screen.kill()
