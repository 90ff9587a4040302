"""The bridge on a real broker: everything arrives, whatever dies in between."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from playlists import topics
from server import bridge as bridge_process
from server import faults, publishing, refusals, screens
from server.broker import accounts
from server.clock import now_ms
from server.publishing import outbox
from server.screens import Phase
from tests.brokers import RealBroker
from tests.scene import Scene, until

SEED = int(os.environ.get("SEED", "20260921"))  # the same kills in every run, and others when somebody asks for them
LIVES = itertools.count()


def test_what_is_published_reaches_the_screen_and_is_known_as_sent(scene: Scene) -> None:
    ear = scene.ear()
    bridge, connection = scene.bridge()
    until(scene.all_is_sent, lambda: bridge.step(0.05))
    until(lambda: {"playlist", "head", "trust"} <= {kind for kind, _ in ear.heard}, ear.listen)
    assert ear.versions()[-1] == scene.latest() == 1
    with scene.sessions.reading() as session:
        row = publishing.latest(session, scene.screen.id)
        assert row is not None and row.sent_ms is not None
    connection.stop()
    ear.guest.close()


def test_what_a_screen_says_is_written_down(scene: Scene) -> None:
    ear = scene.ear()
    bridge, connection = scene.bridge()
    said = {
        "format": 1,
        "screen": scene.screen.public_id,
        "boot": 3,
        "at": now_ms(),
        "playlist": {"epoch": 1, "version": 1},
        "phase": "shown",
        "display": True,
        "freshness": "fresh",
    }
    ear.guest.publish(topics.from_state(scene.screen.public_id), b"not json")
    ear.guest.publish(topics.from_presence(scene.screen.public_id), b'{"format":1,"online":true,"boot":3,"at":1}', True)
    ear.guest.publish(topics.from_state(scene.screen.public_id), json.dumps(said).encode(), True)

    def phase() -> Phase:
        with scene.sessions.reading() as session:
            screen = screens.get(session, scene.screen.id)
            row = publishing.latest(session, screen.id)
            return screens.phase_of(screen.state, row.version if row else None, sent=False)

    until(lambda: phase() is Phase.SHOWN, lambda: bridge.step(0.05))
    with scene.sessions.reading() as session:
        state = screens.get(session, scene.screen.id).state
        assert screens.is_online(state, now_ms()) and state is not None and state.display
        assert not screens.is_online(state, now_ms() + 10 * 60_000)
    connection.stop()
    ear.guest.close()


def test_a_command_that_ran_out_of_time_is_not_sent(scene: Scene) -> None:
    ear = scene.ear()
    with scene.sessions.writing() as session:
        outbox.put(
            session, topics.to_command(scene.screen.public_id), b"{}", now_ms=1, retain=False, expires_ms=now_ms() - 1
        )
    bridge, connection = scene.bridge()
    until(scene.all_is_sent, lambda: bridge.step(0.05))
    until(ear.versions, lambda: bridge.step(0.05))
    assert ear.commands() == []
    connection.stop()
    ear.guest.close()


@pytest.mark.parametrize("loss", ["everything", "what was not saved yet"])
def test_a_broker_that_lost_its_memory_is_filled_again(scene: Scene, loss: str) -> None:
    bridge, connection = scene.bridge()
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))
    if loss == "what was not saved yet":
        scene.broker.child.stop()  # in order, so that this much is saved
        scene.broker.start()
        until(lambda: bridge.is_calm, lambda: bridge.step(0.05))
    scene.publish_another_version(7)
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))
    scene.broker.kill()
    if loss == "everything":
        scene.broker.wipe()
    scene.broker.start()
    late = scene.ear()
    until(lambda: scene.latest() in late.versions(), lambda: bridge.step(0.05))
    until(lambda: {"playlist", "head", "trust"} <= {kind for kind, _ in late.heard}, late.listen)
    connection.stop()
    late.guest.close()


def test_a_broker_that_kept_its_memory_is_not_filled_again(scene: Scene) -> None:
    bridge, connection = scene.bridge()
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))
    connection.stop()
    ear = scene.ear()
    until(lambda: {"playlist", "head", "trust"} <= {kind for kind, _ in ear.heard}, ear.listen)
    before = len(ear.heard)
    again, connection = scene.bridge()
    until(lambda: again.is_calm, lambda: again.step(0.05))
    scene.command()
    until(ear.commands, lambda: again.step(0.05))
    assert [kind for kind, _ in ear.heard[before:]] == ["command"]
    connection.stop()
    ear.guest.close()


@pytest.mark.parametrize("seed", [SEED])
def test_killed_at_any_point_the_bridge_loses_nothing(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    ear = scene.ear()
    commands: list[str] = []
    for life in range(8):
        process, log = _bridge_process(scene)
        try:
            if life % 4:  # most lives end in the middle of work, some before it begins
                until(lambda log=log: _is_connected(log), lambda: time.sleep(0.02))
            for n in range(3):
                scene.publish_another_version(life * 3 + n)
                commands.append(scene.command())
                time.sleep(chance.random() * 0.3)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    process, log = _bridge_process(scene)
    try:
        until(lambda: _is_connected(log) and scene.all_is_sent(), lambda: time.sleep(0.05))
        until(lambda: scene.latest() in ear.versions() and set(commands) <= set(ear.commands()), ear.listen)
    finally:
        process.terminate()
        assert process.wait(10) == 0
    ear.listen()
    # At least once and in order: dropping repetitions, as players do by id and version, gives exactly what was written.
    assert list(dict.fromkeys(ear.commands())) == commands
    known = list(dict.fromkeys(ear.versions()))
    assert known == sorted(known) and known[-1] == scene.latest()
    late = scene.ear()
    until(late.versions, late.listen)
    assert late.versions() == [scene.latest()]
    late.guest.close()


def _bridge_process(scene: Scene) -> tuple[subprocess.Popen[bytes], Path]:
    settings = scene.stage.settings
    environ = {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "BROKER_URL": str(scene.broker.url()),
        "SECRET_KEY": "k" * 48,
    }
    command = [sys.executable, "-m", "server.cli", "bridge"]
    path = settings.data_dir / f"bridge-{next(LIVES)}.log"
    with path.open("ab") as log:
        return subprocess.Popen(command, env=environ, stdout=log, stderr=log), path


def _is_connected(log: Path) -> bool:
    return "broker here" in log.read_text("utf-8")


def _forbid_the_bridge(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody spoils the permissions: the bridge may still connect and read, and write nothing to screens."""
    own = RealBroker.accounts.fget  # type: ignore[attr-defined]

    def spoilt(broker: RealBroker) -> list[accounts.Account]:
        mute = f"{topics.ROOT}/from/#"
        return [replace(a, writes=(mute,)) if a.username in (accounts.BRIDGE, probe) else a for a in own(broker)]

    probe = accounts.CHECK
    monkeypatch.setattr(RealBroker, "accounts", property(spoilt))
    scene.broker.update()
    with scene.broker.guest(probe, mqtt5=True) as guest:  # the broker reads its permissions a moment later
        until(lambda: guest.publish(topics.to_head(accounts.CHECK_SCREENS[0]), b"x"), lambda: time.sleep(0.02))


def test_what_the_broker_refuses_is_kept_shown_and_sent_when_it_may_be(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "FIRST_PAUSE_S", 0.05)
    bridge, connection = scene.bridge()
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))
    with monkeypatch.context() as spoilt:
        _forbid_the_bridge(scene, spoilt)
        scene.publish_another_version(7)

        def is_shown() -> bool:
            with scene.sessions.reading() as session:
                return [fault.code for fault in faults.standing(session)] == [faults.BROKER_REFUSES]

        until(is_shown, lambda: bridge.step(0.05))
        with scene.sessions.reading() as session:
            assert {row.topic for row in outbox.due(session, 9)} >= {topics.to_playlist(scene.screen.public_id)}
            row = publishing.latest(session, scene.screen.id)
            assert row is not None and row.sent_ms is None
    scene.broker.update()
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))
    ear = scene.ear()
    until(lambda: scene.latest() in ear.versions(), lambda: bridge.step(0.05))
    until(lambda: not is_shown(), lambda: bridge.step(0.05))
    connection.stop()
    ear.guest.close()


@pytest.mark.parametrize("steps", [0, 1])
def test_a_broker_wiped_in_the_middle_of_a_refill_is_filled_from_the_beginning(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(bridge_process, "REPUBLISH_AT_ONCE", 1)
    with scene.sessions.writing() as session:
        names = [scene.stage.screen(session, f"Sảnh {n}").public_id for n in range(4)]
        scene.broker.devices = screens.accounts(session)
    scene.broker.update()
    bridge, connection = scene.bridge()
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))

    def wipe() -> None:
        scene.broker.kill()
        scene.broker.wipe()
        scene.broker.start()

    handed_over: list[str] = []
    publish = connection.publish

    def noted(topic: str, *args: Any, **kwargs: Any) -> int:
        handed_over.append(topic)
        return publish(topic, *args, **kwargs)

    monkeypatch.setattr(connection, "publish", noted)
    wipe()
    until(lambda: topics.to_playlist(names[0]) in handed_over, lambda: bridge.step(0.02))  # the second screen of five
    for _ in range(steps):
        bridge.step(0.02)
    assert not bridge.is_calm
    wipe()
    until(lambda: not connection.connected, lambda: bridge.step(0.05))
    until(lambda: bridge.is_calm, lambda: bridge.step(0.05))
    for name in names:
        guest = scene.broker.guest(name)
        assert guest.subscribe(topics.to_all_of(name), f"{topics.ALL}/#")
        found = {message.topic for message in iter(lambda guest=guest: guest.next(0.5), None)}
        assert found == {topics.to_playlist(name), topics.to_head(name), topics.ALL_TRUST}
        guest.close()
    connection.stop()
