"""The broker as a child: it starts, takes up accounts, comes back, and never outlives us."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from server.broker import child
from server.broker.accounts import Account
from server.broker.child import BrokerChild, find_engine, run_broker
from server.broker.errors import BrokerStartError
from server.broker.guest import Guest, until
from tests.brokers import ENGINES, RealBroker, engine, running

A = "s-aaaa2222"

PARENT = """
import sys, time
from pathlib import Path
from tests.brokers import running
with running(Path(sys.argv[1]), sys.argv[2]) as broker:
    print(broker.child.pid, flush=True)
    time.sleep(600)
"""


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.parametrize("name", ENGINES)
def test_broker_dies_with_a_parent_that_is_killed(tmp_path: Path, name: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), name], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    parent.kill()
    parent.wait()
    assert until(lambda: gone(pid), 20)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; the other tests ran as this user")
@pytest.mark.parametrize("name", ENGINES)
def test_broker_runs_for_an_ordinary_user(tmp_path: Path, name: str) -> None:
    """In a child of this process, which becomes "nobody": our own files may lie where nobody may look."""
    program = shutil.copy(engine(name).program, tmp_path / name)
    shutil.copy(child.LEASH, tmp_path / "leash.py")
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    shutil.chown(home, "nobody")
    worker = multiprocessing.get_context("fork").Process(target=_serve_as_nobody, args=(home, name, program))
    worker.start()
    worker.join(40)
    assert worker.exitcode == 0


def _serve_as_nobody(home: Path, name: str, program: str) -> None:
    child.LEASH, sys.executable = home.parent / "leash.py", "/usr/bin/python3"
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    broker = RealBroker(home, name)
    broker.child.engine = replace(engine(name), program=program)
    broker.start()
    broker.guest().close()
    broker.child.stop(5)


@pytest.mark.parametrize("name", ENGINES)
def test_files_with_passwords_are_for_us_alone(tmp_path: Path, name: str) -> None:
    with running(tmp_path, name) as broker:
        files = [broker.place.config_dir / file for file in broker.child.engine.account_files([])]
        for path in (broker.place.config_dir, broker.place.state_dir, *files):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        if name == "mosquitto":
            text = (broker.place.config_dir / "passwords").read_text()
            assert broker.url().password not in text and "bridge:$7$101$" in text


def test_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    broker = RealBroker(tmp_path, "mosquitto")
    with socket.create_server(("127.0.0.1", broker.place.port)), pytest.raises(BrokerStartError, match="Cổng"):
        broker.start()
    assert broker.child.pid is None


@pytest.mark.parametrize("name", ENGINES)
def test_broker_that_ends_at_once_leaves_its_last_words(tmp_path: Path, name: str) -> None:
    broker = RealBroker(tmp_path, name)
    broken = BrokerChild(broker.place, replace(engine(name), main="missing.conf"))
    with pytest.raises(BrokerStartError, match=r"missing\.conf"):
        broken.start(broker.accounts)


def test_mosquitto_is_preferred(tmp_path: Path) -> None:
    assert find_engine().name == "mosquitto"


@pytest.mark.parametrize("name", ENGINES)
def test_running_broker_takes_up_changed_accounts_and_comes_back_when_killed(tmp_path: Path, name: str) -> None:
    broker, stop = RealBroker(tmp_path, name), threading.Event()

    asked: list[bool] = []

    def accounts() -> list[Account]:
        asked.append(True)
        if len(asked) == 2:
            raise OSError("the database is away for a moment")
        return broker.accounts

    runner = threading.Thread(target=run_broker, args=(broker.place, accounts, stop, engine(name)))
    runner.start()
    try:
        assert until(lambda: _served(broker, "bridge"), 15)
        assert not _served(broker, A)
        broker.devices[A] = "d"
        assert until(lambda: _served(broker, A), 15)
        pid = _pid_of(broker)
        os.kill(pid, signal.SIGKILL)
        assert until(lambda: _served(broker, A), 15)
        assert _pid_of(broker) != pid
    finally:
        stop.set()
        runner.join(30)
    assert not runner.is_alive() and not _served(broker, A)


def _served(broker: RealBroker, name: str) -> bool:
    try:
        with Guest(broker.url(name), name) as guest:
            return not guest.connect().refused
    except OSError:
        return False


def _pid_of(broker: RealBroker) -> int:
    """The process whose command line names our configuration."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and str(broker.place.config_dir).encode() in (entry / "cmdline").read_bytes():
            return int(entry.name)
    raise AssertionError("no broker runs")
