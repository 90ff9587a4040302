"""Commands over a real broker to a whole player: each is done once and answered once, late ones are refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from player.agent import Agent
from playlists import topics
from tests.fake_orders import SCREEN
from tests.fakes import FakeServer, FakeSurface, eventually
from tests.player.life import acting

pytest.importorskip("server.broker.child", reason="the brokers of these tests are the server's")
from tests.brokers import RealBroker, running

NAMES = ("identify", "screenshot", "reload", "blank", "unblank")


class Office:
    """Who commands, and hears the answers."""

    def __init__(self, guest: Any) -> None:
        self._guest = guest
        self.answers: list[dict[str, Any]] = []
        guest.subscribe(topics.from_result(SCREEN))

    def say(self, name: str, number: str, until: int | None = None) -> None:
        until = until or time.time_ns() // 1_000_000 + 60_000
        command = {"format": 1, "id": number, "command": name, "until": until}
        self._guest.publish(topics.to_command(SCREEN), json.dumps(command).encode())

    def answer(self, number: str) -> dict[str, Any]:
        """What was said to the command of this number; the answers before it are kept too."""
        while not any(answer["id"] == number for answer in self.answers):
            received = self._guest.next()
            assert received is not None, f"no answer to {number}"
            self.answers.append(json.loads(received.payload))
        return next(answer for answer in self.answers if answer["id"] == number)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RealBroker]:
    with running(tmp_path, "mosquitto", [SCREEN]) as made:
        yield made


@pytest.fixture
def office(broker: RealBroker) -> Iterator[Office]:
    with broker.guest() as guest:
        yield Office(guest)


@pytest.fixture
def life(broker: RealBroker, server: FakeServer, tmp_path: Path) -> Iterator[tuple[Agent, FakeSurface]]:
    server.broker_url = f"mqtt://127.0.0.1:{broker.place.port}"
    server.password = broker.url(SCREEN).password or ""
    with acting(tmp_path / "player", server) as (agent, surface):
        eventually(lambda: agent.stage and agent.stage.turn)
        yield agent, surface


def test_every_command_is_done_and_answered_once(
    office: Office, life: tuple[Agent, FakeSurface], server: FakeServer
) -> None:
    _, surface = life
    for number, name in enumerate(NAMES):
        for _ in range(3):  # a broker may deliver twice
            office.say(name, str(number))
    office.say("format-disk", "odd")
    office.say("blank", "late", until=1)
    office.answer("late")
    said = {answer["id"]: answer for answer in office.answers}
    assert len(office.answers) == len(said) == len(NAMES) + 2
    assert [said[str(number)]["ok"] for number in range(len(NAMES))] == [True] * len(NAMES)
    assert (said["odd"]["ok"], said["late"]["ok"]) == (False, False)
    assert SCREEN in surface.note
    assert [path for path in server.asked if "screenshots" in path] == ["/device/v1/screenshots?command=1"]
    assert [name for name, _ in surface.history].count("reload") == 1


def test_blank_is_black_until_unblank(office: Office, life: tuple[Agent, FakeSurface]) -> None:
    _, surface = life
    office.say("blank", "1")
    office.answer("1")
    eventually(lambda: surface.mode == "blank")
    office.say("unblank", "2")
    office.answer("2")
    eventually(lambda: surface.mode == "play")


def test_restart_is_answered_before_the_player_leaves(office: Office, life: tuple[Agent, FakeSurface]) -> None:
    agent, _ = life
    office.say("restart", "1")
    assert office.answer("1")["ok"] is True
    eventually(agent.stop.is_set)
    assert agent.again
    assert not agent.broke
