"""``cauthang up`` as a person starts it: a data directory, ports, and everything that runs for them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
READY = "Ctrl-C"


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Machine:
    """A data directory and four ports; ``start`` runs the command a person would."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    screen_port: int = field(default_factory=free_port)
    broker_port: int = field(default_factory=free_port)
    websocket_port: int = field(default_factory=free_port)
    more: dict[str, str] = field(default_factory=dict)
    inside: tuple[str, ...] = ()  # a command that starts the command given to it, in surroundings of its own

    @property
    def url(self) -> str:
        """Where staff go."""
        return f"http://{self.host}:{self.port}"

    @property
    def screen_url(self) -> str:
        """The page of the virtual screen."""
        return f"http://{self.host}:{self.screen_port}/"

    def environ(self) -> dict[str, str]:
        ports = {"PORT": self.port, "SCREEN_PORT": self.screen_port}
        ports |= {"BROKER_PORT": self.broker_port, "BROKER_WEBSOCKET_PORT": self.websocket_port}
        ours = {"HOST": self.host, "DATA_DIR": str(self.data_dir), "PYTHONPATH": str(ROOT), **self.more}
        return {**os.environ, **ours, **{name: str(port) for name, port in ports.items()}}

    @contextmanager
    def start(self) -> Iterator[subprocess.Popen[str]]:
        command = [*self.inside, sys.executable, "-P", "-m", "server.cli", "up"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, text=True, env=self.environ(), **pipes) as up:  # type: ignore[call-overload]
            try:
                yield up
            finally:
                if up.poll() is None:
                    up.send_signal(signal.SIGINT)
                    up.wait(60)

    def processes(self) -> list[int]:
        """Every living process that was started for this data directory."""
        mark = f"DATA_DIR={self.data_dir}\0".encode()
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path)]

    def process(self, *words: str) -> int:
        """The one process of this machine whose command line has all these words."""
        found = [
            pid
            for pid in self.processes()
            if all(word.encode() in _read(Path(f"/proc/{pid}/cmdline")).split(b"\0") for word in words)
        ]
        assert found, f"no process {words}"
        return min(found)

    def passwords(self) -> dict[str, str]:
        """The first accounts."""
        lines = (self.data_dir / "first-passwords.txt").read_text("utf-8").splitlines()
        return dict(line.split() for line in lines)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def until(true: Callable[[], object], within_s: float, what: str = "it") -> None:
    """Wait for something to come true; fail loudly when it does not."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s} s"
        time.sleep(0.1)


def read_until_ready(up: subprocess.Popen[str]) -> str:
    """What was printed up to the line that says everything runs."""
    said = ""
    for line in up.stdout or []:
        said += line
        if READY in line:
            return said
    raise AssertionError(said)


def answers(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
