"""The files we write for a broker, read by the real programs; and the accounts they are written from."""

from __future__ import annotations

import argparse
import itertools
import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from server.broker import accounts as who
from server.broker import mosquitto, nats
from server.broker.accounts import Account
from server.broker.child import Engine
from server.broker.commands import add_broker_config_arguments, broker_config_command
from server.broker.connection import Connected, Connection
from server.broker.errors import BrokerUrlError
from server.broker.guest import Guest, until
from server.broker.places import Certificate
from server.broker.url import parse
from tests.brokers import ENGINES, RealBroker, engine, free_port

SECRET = bytes(32)
DEVICES = {"s-aaaa2222": "one", "s-bbbb3333": "two"}


def written(tmp_path: Path, *arguments: str) -> Path:
    parser = argparse.ArgumentParser()
    add_broker_config_arguments(parser)
    args = parser.parse_args([*arguments, "--out", str(tmp_path / "out"), "--state-dir", str(tmp_path / "state")])
    assert broker_config_command(args, who.of_installation(SECRET, DEVICES)) == 0
    return tmp_path / "out"


def certificate(folder: Path) -> Certificate:
    chain, key = folder / "chain.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(chain)],
        check=True, capture_output=True,
    )  # fmt: skip
    return Certificate(chain, key)


def test_every_key_of_mosquitto_has_its_reason_above_it(tmp_path: Path) -> None:
    lines = (written(tmp_path, "mosquitto") / "mosquitto.conf").read_text().splitlines()
    limits = {key for key, _, _ in mosquitto.LIMITS}
    for above, line in itertools.pairwise(lines):
        if line.split(" ")[0] in limits:
            assert above.startswith("# "), line


def test_production_nats_configuration_passes_its_own_check(tmp_path: Path) -> None:
    found = certificate(tmp_path)
    out = written(tmp_path, "nats", "--certificate", str(found.chain), "--key", str(found.key))
    done = subprocess.run(
        [engine("nats").program, "-t", "-c", str(out / "nats.conf")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_half_a_certificate_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_broker_config_arguments(parser)
    args = parser.parse_args(["mosquitto", "--out", str(tmp_path), "--key", "x"])
    assert broker_config_command(args, []) == 2
    assert "--certificate" in capsys.readouterr().out


@pytest.mark.parametrize("name", ENGINES)
def test_production_configuration_serves_tls_and_websocket(tmp_path: Path, name: str) -> None:
    """The very text of the production file, its ports and paths moved to where this test may listen."""
    found = certificate(tmp_path)
    broker = RealBroker(tmp_path, name, websocket=True)
    place = replace(broker.place, certificate=found)
    writer = {"mosquitto": mosquitto, "nats": nats}[name]

    def production(given: object, as_root: bool) -> dict[str, str]:
        text = writer.production_config(place, broker.accounts)[writer.MAIN]
        text = text.replace("listener 1883 127.0.0.1\nuse", f"listener {free_port()} 127.0.0.1\nuse")
        return {writer.MAIN: text + ("user root\n" if as_root and name == "mosquitto" else "")}

    real = engine(name)
    broker.child.engine = Engine(name, real.program, real.main, production, real.account_files)
    broker.start()
    try:
        for url in (f"mqtts://127.0.0.1:{place.port}", f"wss://127.0.0.1:{place.websocket_port}"):
            login = parse(url).login("bridge", broker.url().password)
            connection = Connection(login, "bridge", ca=found.chain)
            connection.start()
            assert until(lambda c=connection: any(isinstance(e, Connected) for e in c.wait(0.1)), 15), url  # type: ignore[misc]
            connection.stop()
        with pytest.raises(ssl.SSLError):
            Guest(parse(f"mqtts://127.0.0.1:{place.port}"), "no such authority").connect()
    finally:
        broker.child.stop(5)


def test_password_follows_secret_name_and_device_and_is_long() -> None:
    first = who.password_of(SECRET, "s-a", "device")
    assert len(first) == 32 and first == who.password_of(SECRET, "s-a", "device")
    others = {
        who.password_of(SECRET, "s-b", "device"),
        who.password_of(SECRET, "s-a", "other"),
        who.password_of(b"\1" * 32, "s-a", "device"),
    }
    assert len({first, *others}) == 4


def test_installation_has_the_bridge_the_check_accounts_and_one_account_per_screen() -> None:
    found = {account.username: account for account in who.of_installation(SECRET, DEVICES)}
    assert sorted(found) == ["bridge", "check", "check-a", "check-b", "s-aaaa2222", "s-bbbb3333"]
    screen = found["s-aaaa2222"]
    assert screen.reads == ("cauthang/v1/to/s-aaaa2222/#", "cauthang/v1/all/#")
    assert screen.writes == ("cauthang/v1/from/s-aaaa2222/#",)


def test_screen_named_like_the_bridge_gets_no_account_of_its_own() -> None:
    names = [account.username for account in who.of_installation(SECRET, {"bridge": "x"})]
    assert names.count("bridge") == 1


@pytest.mark.parametrize("name", ["", "a b", "a+", "#", 'a"b', "a\nuser bridge", "a/b", "x" * 65])
def test_name_that_could_change_a_configuration_is_no_account(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Account(name, "p" * 24, (), ())


@pytest.mark.parametrize("password", ["short", "ờ" * 30, "p\n" * 20])
def test_weak_or_odd_password_is_no_account(password: str) -> None:
    with pytest.raises(ValueError, match="password"):
        Account("a", password, (), ())


def test_password_is_never_in_the_text_of_an_account_or_url() -> None:
    assert "secret" not in repr(who.screen("s-a", "secret" * 5))
    url = parse("mqtt://bridge:top%2Fsecret@broker:1884")
    assert "secret" not in repr(url) and "secret" not in url.without_login()
    assert url.password == "top/secret" and str(url) == "mqtt://bridge:top%2Fsecret@broker:1884"


@pytest.mark.parametrize(
    ("text", "port", "tls", "path"),
    [
        ("mqtt://h", 1883, False, "/mqtt"),
        ("mqtts://h", 8883, True, "/mqtt"),
        ("ws://h/x", 80, False, "/x"),
        ("wss://[::1]:9/mqtt", 9, True, "/mqtt"),
    ],
)
def test_address_of_a_broker(text: str, port: int, tls: bool, path: str) -> None:
    url = parse(text)
    assert (url.port, url.tls, url.path) == (port, tls, path)


@pytest.mark.parametrize("text", ["", "http://h", "mqtt://", "mqtt://h:x", "mqtt://h:99999", "h:1883"])
def test_address_that_cannot_be_used_says_why(text: str) -> None:
    with pytest.raises(BrokerUrlError):
        parse(text)


@pytest.mark.parametrize(
    ("wanted", "subjects"),
    [
        ("a/b", ("a.b",)),
        ("a/+/c", ("a.*.c",)),
        ("a/#", ("a", "a.>")),
        ("#", (">",)),
    ],
)
def test_topic_filter_as_nats_subjects(wanted: str, subjects: tuple[str, ...]) -> None:
    assert nats.subjects_of(wanted) == subjects


def test_mosquitto_own_tool_makes_the_same_hash(tmp_path: Path) -> None:
    """``mosquitto_passwd`` is the other writer of this format: a broker takes both."""
    tool = shutil.which("mosquitto_passwd")
    assert tool, "mosquitto_passwd comes with mosquitto"
    made = subprocess.run([tool, "-c", "-b", str(tmp_path / "p"), "x", "y" * 24], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    theirs, ours = (tmp_path / "p").read_text().strip().partition(":")[2], mosquitto.hashed("y" * 24)
    assert [len(part) for part in theirs.split("$")] == [len(part) for part in ours.split("$")]
    assert theirs.split("$")[:3] == ours.split("$")[:3]
