"""``check-broker`` on brokers that do, and on brokers that lack something: each lack is said in a sentence."""

from __future__ import annotations

import argparse
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.broker import accounts as who
from server.broker import probe
from server.broker.commands import add_check_broker_arguments, check_broker_command
from server.broker.guest import until
from server.broker.url import parse
from tests.brokers import ENGINES, RealBroker, engine, free_port, running


@pytest.fixture(params=ENGINES)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealBroker]:
    with running(tmp_path, request.param, websocket=True) as found:
        yield found


def screens(broker: RealBroker) -> probe.Screens:
    return probe.Screens(*(broker.url(name) for name in who.CHECK_SCREENS))


def by_name(findings: list[probe.Finding]) -> dict[str, bool | None]:
    return {finding.name: finding.ok for finding in findings}


def test_our_own_brokers_have_what_we_rely_on(broker: RealBroker) -> None:
    websocket = parse(f"ws://127.0.0.1:{broker.place.websocket_port}").login("check-a", broker.url("check-a").password)
    found = by_name(probe.check(broker.url(who.CHECK), screens(broker), websocket))
    full = broker.name == "mosquitto"
    assert found == {
        "protocol": full or None,
        "qos1": True,
        "retained": True,
        "session": True,
        "will": True,
        "packet": True,
        "expiry": full or None,
        "permissions": True,
        "client_id": full or None,
        "websocket": True,
    }


def test_probe_leaves_nothing_behind(broker: RealBroker) -> None:
    probe.check(broker.url(who.CHECK), screens(broker))
    with broker.guest() as bridge:
        bridge.subscribe("cauthang/v1/#")
        assert bridge.next(0.5) is None
    for name in who.CHECK_SCREENS:
        with broker.guest(name, clean=False) as screen:
            assert screen.next(0.5) is None


def open_broker(tmp_path: Path, port: int, lines: str = "") -> subprocess.Popen[bytes]:
    """A Mosquitto that lets everybody do everything, as many machines have it."""
    config = tmp_path / "open.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n{lines}")
    return subprocess.Popen([engine("mosquitto").program, "-c", str(config)], stderr=subprocess.DEVNULL)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("lines", "lack"),
    [("", "permissions"), ("max_packet_size 100000\n", "packet"), ("retain_available false\n", "retained")],
)
def test_broker_that_lacks_something_is_told_in_one_line(tmp_path: Path, lines: str, lack: str) -> None:
    port = free_port()
    process = open_broker(tmp_path, port, lines)
    try:
        url = parse(f"mqtt://127.0.0.1:{port}")
        assert until(lambda: listens(port), 10)
        pair = probe.Screens(url.login("check-a", "x"), url.login("check-b", "x"))
        findings = probe.check(url.login("check", "x"), pair)
        assert by_name(findings)[lack] is False
        assert all(finding.sentence.endswith(".") for finding in findings)
    finally:
        process.terminate()
        process.wait()


def test_probe_without_screens_says_what_it_did_not_try(broker: RealBroker) -> None:
    found = by_name(probe.check(broker.url()))
    if broker.name == "mosquitto":
        assert found == {"protocol": True, "screens": None}
    else:
        assert found["permissions"] is None and found["client_id"] is None and found["session"] is True


def test_nobody_listening_and_wrong_password_are_told_apart(broker: RealBroker) -> None:
    assert by_name(probe.check(parse(f"mqtt://127.0.0.1:{free_port()}"))) == {"reach": False}
    assert by_name(probe.check(broker.address.login("bridge", "wrong"))) == {"login": False}


def test_command_prints_findings_and_its_exit_code_tells_whether_the_broker_will_do(
    broker: RealBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_check_broker_arguments(parser)
    logins = [
        part
        for url in (screens(broker).first, screens(broker).second)
        for part in ("--screen", f"{url.username}:{url.password}")
    ]
    assert check_broker_command(parser.parse_args([str(broker.url(who.CHECK)), *logins])) == 0
    assert "✓ session" in capsys.readouterr().out
    assert check_broker_command(parser.parse_args([str(broker.address.login("x", "y"))])) == 1
    assert check_broker_command(parser.parse_args(["http://x"])) == 2
    assert check_broker_command(parser.parse_args(["mqtt://x", "--screen", "only-one:y"])) == 2
