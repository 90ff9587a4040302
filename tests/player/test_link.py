"""The line to a real broker, with the permissions it has in service: Mosquitto (MQTT 5) and NATS (3.1.1)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from player.enrol import Paired
from player.link import Heard, Link
from playlists import topics
from tests.fake_orders import SCREEN, UNIT
from tests.fakes import eventually

pytest.importorskip("server.broker.child", reason="the brokers of these tests are the server's")
from tests.brokers import ENGINES, RealBroker, running


@pytest.fixture(params=ENGINES)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealBroker]:
    with running(tmp_path, request.param, [SCREEN]) as made:
        yield made


class Player:
    """A link and what it heard."""

    def __init__(self, broker: RealBroker, boot: int = 1) -> None:
        login = broker.url(SCREEN)
        url = f"mqtt://127.0.0.1:{broker.place.port}"
        paired = Paired(SCREEN, UNIT, "Sảnh", url, SCREEN, login.password or "", "")
        self.heard: SimpleQueue[Heard] = SimpleQueue()
        self.stood = threading.Event()
        self.link = Link(paired, boot, lambda: 1_790_000_000_000, self._hear)

    def _hear(self, heard: Heard | None) -> None:
        if heard:
            self.heard.put(heard)
        else:
            self.stood.set()

    def __enter__(self) -> Player:
        self.link.start()
        assert self.stood.wait(20), "the broker did not take the player in"
        return self

    def __exit__(self, *_: object) -> None:
        self.link.stop()


def said(guest: Any) -> dict[str, Any]:
    received = guest.next()
    assert received is not None
    found: dict[str, Any] = json.loads(received.payload)
    return found


def test_birth_state_and_an_orderly_death_are_retained(broker: RealBroker) -> None:
    with Player(broker, boot=7) as player:
        player.link.say_state({"format": 1, "phase": "shown"})
        with broker.guest() as bridge:
            bridge.subscribe(topics.from_presence(SCREEN))
            assert said(bridge) | {"at": 0} == {"format": 1, "online": True, "boot": 7, "at": 0}
            bridge.subscribe(topics.from_state(SCREEN))
            assert said(bridge)["phase"] == "shown"
    with broker.guest() as bridge:
        bridge.subscribe(topics.from_presence(SCREEN))
        assert said(bridge)["online"] is False


def test_orders_commands_and_results_go_both_ways(broker: RealBroker) -> None:
    with broker.guest() as bridge:
        bridge.publish(topics.to_head(SCREEN), b"{head}", retain=True)
        bridge.publish(topics.ALL_REVOCATION, b"{revocation}", retain=True)
        bridge.subscribe(topics.from_result(SCREEN))
        with Player(broker) as player:
            heard = [player.heard.get(timeout=10) for _ in range(2)]
            assert {h.payload for h in heard} == {b"{head}", b"{revocation}"}
            bridge.publish(topics.to_command(SCREEN), b"{command}")
            assert player.heard.get(timeout=10).payload == b"{command}"
            player.link.say_result({"format": 1, "id": "1", "ok": True})
            assert said(bridge)["id"] == "1"


def test_what_comes_while_it_is_away_waits_for_it(broker: RealBroker) -> None:
    with Player(broker):
        pass
    with broker.guest() as bridge:
        bridge.publish(topics.to_command(SCREEN), b"{later}")
    with Player(broker) as player:
        assert player.heard.get(timeout=10).payload == b"{later}"


def test_a_broker_that_dies_is_found_again_and_told_the_latest(broker: RealBroker) -> None:
    with Player(broker) as player:
        player.link.say_state({"format": 1, "phase": "armed"})
        eventually(lambda: not player.link._state_new)
        broker.kill()
        broker.wipe()
        eventually(lambda: not player.link.connected)
        player.link.say_state({"format": 1, "phase": "shown"})
        player.stood.clear()
        broker.start()
        assert player.stood.wait(60)
        with broker.guest() as bridge:
            bridge.subscribe(topics.from_state(SCREEN))
            assert said(bridge)["phase"] == "shown"
            bridge.publish(topics.to_head(SCREEN), b"{again}", retain=True)
            assert player.heard.get(timeout=10).payload == b"{again}"


def test_nobody_there_is_no_trouble(tmp_path: Path) -> None:
    paired = Paired(SCREEN, UNIT, "Sảnh", "mqtt://127.0.0.1:1", SCREEN, "x", "")
    link = Link(paired, 1, lambda: 0, lambda _: None)
    link.start()
    link.say_state({"format": 1})
    for _ in range(200):
        link.say_result({"format": 1})
    link.stop()
    assert not link.connected
