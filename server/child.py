"""One child process of ``cauthang up``: its own process group, its own log, an end that comes for certain."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.ready import ReadyLine

LEASH = Path(__file__).with_name("leash.py")
LOG_LIMIT_BYTES = 4 * 1024 * 1024
TAIL_LINES = 12
FIRST_BACK_OFF_MS = 500
LAST_BACK_OFF_MS = 30_000
HEALTHY_AFTER_MS = 60_000


@dataclass(frozen=True)
class Step:
    """What is started, how one knows that it works, and how long it may take to come and to go.

    ``is_ready`` None means that the process says so itself (:mod:`server.ready`). A step that runs ``once`` is a task:
    it ends by itself and is started again only when it failed.
    """

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], bool] | None = None
    ready_within_ms: int = 60_000
    stop_within_ms: int = 10_000
    once: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)


def back_off_ms(failures: int) -> int:
    """How long to wait before the next start after so many short lives in a row: doubling, with a ceiling."""
    return int(min(FIRST_BACK_OFF_MS * 2 ** min(max(failures - 1, 0), 16), LAST_BACK_OFF_MS))


def failures_after(failures: int, lived_ms: int) -> int:
    """The count of short lives in a row once another life of this length has ended."""
    return 1 if lived_ms >= HEALTHY_AFTER_MS else failures + 1


class Child:
    """A step in the flesh. Start it from the main thread only: the kernel ties the leash to the starting thread."""

    def __init__(self, step: Step, logs: Path) -> None:
        """Prepare the log and the line on which the child says it is ready; nothing runs yet."""
        self.step = step
        self.log = logs / f"{step.name}.log"
        self._ready_line = ReadyLine(step.name)
        self._process: subprocess.Popen[bytes] | None = None
        self._log_from = 0

    def start(self) -> None:
        """Start the process; what it writes goes to the end of its log."""
        self.rotate()
        self._ready_line.heard()  # forget what an earlier life said
        leash = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()))
        environ = {**os.environ, **self.step.environ, "NOTIFY_SOCKET": self._ready_line.address}
        with self.log.open("ab") as log:
            self._log_from = log.tell()
            self._process = subprocess.Popen(
                [*leash, *self.step.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environ,
                process_group=0,
            )

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process else None

    def exit_code(self) -> int | None:
        """None while it runs; else how it ended (negative: the signal)."""
        return self._process.poll() if self._process else 0

    def is_ready(self) -> bool:
        """Whether it does its work now."""
        return self.step.is_ready() if self.step.is_ready else self._ready_line.heard()

    def ask_to_stop(self) -> None:
        """Tell it to end in order; returns at once."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> bool:
        """End it and everything it started. Returns whether it went by itself in the time it was given."""
        if not self._process:
            return True
        self.ask_to_stop()
        try:
            self._process.wait(self.step.stop_within_ms / 1000)
            in_order = True
        except subprocess.TimeoutExpired:
            in_order = False
        with contextlib.suppress(ProcessLookupError):  # the usual case: nobody is left in its group
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        return in_order

    def close(self) -> None:
        """Let go of the ready line."""
        self._ready_line.close()

    def tail(self) -> str:
        """The last lines written since the last start, for whoever has to find out why it ended."""
        with self.log.open("rb") as log:
            log.seek(self._log_from)
            return "\n".join(log.read()[-8192:].decode("utf-8", "replace").splitlines()[-TAIL_LINES:])

    def rotate(self) -> None:
        """Move a log that has grown too long aside. The child keeps its handle, so the file is copied and emptied."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)
            self._log_from = 0


def now_ms() -> int:
    """A clock for waiting, in milliseconds; not the time of day."""
    return time.monotonic_ns() // 1_000_000
