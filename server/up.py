"""``cauthang up``: the whole system on one machine, started in named steps and stopped in reverse.

    lock ▸ ports ▸ init ▸ broker, ingest, web, worker ▸ bridge, virtual screen ▸ (in the background) pairing ▸ samples

A second start finds everything there and only starts the processes.
"""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from playlists.files import replace_file
from server import first_start
from server.child import Child, Step
from server.errors import SettingsError, StartError
from server.init import init
from server.settings import Settings
from server.supervise import Watched, keep, running, say

PROBE_S = 1.0
BROKER_STOP_MS = 25_000  # NATS took 16 s to leave 500 players in order
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  where to knock when we listen everywhere


def run(settings: Settings) -> int:
    """Run everything until Ctrl-C or SIGTERM. Returns 0 after an orderly stop, 1 when it could not start."""
    try:
        with only_one(settings.data_dir):
            for name, port in _ports(settings).items():
                refuse_busy(settings.host, name, port)
            return _up(settings)
    except SettingsError as error:
        say(f"✗ {error}")
        return 1


def _ports(settings: Settings) -> dict[str, int]:
    ours = {"BROKER_PORT": settings.broker_port, "BROKER_WEBSOCKET_PORT": settings.broker_websocket_port}
    ours = {} if settings.broker_url else {name: port for name, port in ours.items() if port}
    return {"PORT": settings.port, "SCREEN_PORT": settings.screen_port, **ours}


def _up(settings: Settings) -> int:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    is_first = not first_start.passwords_file(settings).exists()
    say(f"Cầu Thang: {settings.data_dir}")
    init(settings)
    with running(waves(settings), settings.data_dir / "logs", stop) as watched:
        if not stop.is_set():
            say(first_start.summary(settings, is_first=is_first))
            keep(watched, stop, _Background(settings, watched).step)
        say("\nĐang dừng… / Stopping…")
    say("Đã dừng. / Stopped.")
    return 0


class _Background:
    """Once on a new machine: the virtual screen gets its unit, then the sample library is made and published."""

    def __init__(self, settings: Settings, watched: list[Watched]) -> None:
        self._settings, self._watched = settings, watched
        self._pairing: first_start.Pairing | None = first_start.Pairing(settings)
        self._samples: Child | None = None

    def step(self, mono_ms: int) -> None:
        """Do the next bit, if there is one."""
        if self._pairing and self._pairing.step(mono_ms):
            self._pairing = None
            if not first_start.samples_done(self._settings).exists():
                self._start_samples()
        elif self._samples and self._samples.exit_code() == 0:
            replace_file(first_start.samples_done(self._settings), b"")
            self._samples = None

    def _start_samples(self) -> None:
        politely = ("nice", "-n", "10", *_cauthang("samples"))  # drawing and encoding must not slow the pages down
        self._samples = Child(Step("samples", politely, once=True), self._settings.data_dir / "logs")
        self._watched.append(Watched(self._samples))


def waves(settings: Settings) -> list[list[Step]]:
    """Every process of the system on one machine; a wave needs what the one before it gives."""
    here = f"http://{_bracketed(_reachable(settings.host))}:{settings.port}"
    screen = f"http://{_bracketed(_reachable(settings.host))}:{settings.screen_port}/"
    broker = [] if settings.broker_url else [Step("broker", _cauthang("broker"), stop_within_ms=BROKER_STOP_MS)]
    ground = [
        *broker,
        Step("ingest", _cauthang("ingest"), _listens(settings.ingest_socket)),
        Step("web", _cauthang("web"), _answers(f"{here}/healthz")),
        Step("worker", _cauthang("worker")),
    ]
    return [
        ground,
        [
            Step("bridge", _cauthang("bridge")),
            Step("virtual-screen", _virtual_screen(settings, here), _answers(screen)),
        ],
    ]


def _cauthang(command: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "server.cli", command)


def _virtual_screen(settings: Settings, server: str) -> tuple[str, ...]:
    options = {
        "--server": server,
        "--root": settings.data_dir / "root.pub",
        "--state": first_start.virtual_screen(settings),
        "--port": settings.screen_port,
        "--listen": settings.host,
    }
    words = (str(word) for option in options.items() for word in option)
    return (sys.executable, "-P", "-m", "player.cli", "run", *words)


def _listens(path: Path) -> Callable[[], bool]:
    def is_ready() -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PROBE_S)
            return line.connect_ex(str(path)) == 0

    return is_ready


def _answers(url: str) -> Callable[[], bool]:
    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=PROBE_S):  # noqa: S310  an address of our own
                return True
        except urllib.error.HTTPError:
            return False
        except OSError:
            return False

    return is_ready


def _reachable(host: str) -> str:
    return ANYWHERE.get(host, host)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for this process alone; the kernel lets go of it however we end. Raises StartError."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(
                f"{data_dir} đang được một tiến trình `cauthang up` khác dùng: dừng nó, hoặc đặt DATA_DIR khác. / "
                "Another `cauthang up` runs on this data directory: stop it, or set another DATA_DIR."
            ) from None
        yield


def refuse_busy(host: str, name: str, port: int) -> None:
    """Raises StartError when something else listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(
                f"Không mở được cổng {port} ({os.strerror(error.errno or 0)}): chọn cổng khác, ví dụ "
                f"{name}={port + 1} make run. / Port {port} cannot be used: choose another one with {name}."
            ) from None
