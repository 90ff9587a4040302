"""Opens untrusted files in a child process with little memory, little time and an empty environment.

A decoder is taken to be exploitable (reference: reliability D2). The child has its own process group, so whatever it
starts dies with it; a crash, a timeout or a flood becomes a sentence. The child's side is :mod:`media.job`.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from media.errors import MediaError, Refused, Unavailable
from media.sentences import Code

log = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_COMPLAINT_BYTES = 2000
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use. ``wall_s`` is kept by the parent, the others by the kernel in every process of the job."""

    wall_s: int
    cpu_s: int
    memory_bytes: int = 4 * 1024**3
    file_bytes: int = 2 * 1024**3
    open_files: int = 64


LOOK = Limits(wall_s=60, cpu_s=60)
MAKE = Limits(wall_s=1800, cpu_s=3600)


def run(function: str, *args: object, limits: Limits, progress: Progress | None = None) -> Any:
    """The JSON value that ``function`` ("module:name") returns for ``args`` (JSON values) in a child process.

    With ``progress`` the function is also given a ``progress`` argument, and each percent it tells arrives here.

    Raises:
        Refused: the function refused the file, crashed, or used up its time or memory.
        Unavailable: the child could not be started or its machine failed it.
    """
    request = {"function": function, "args": args, "progress": progress is not None, "limits": asdict(limits)}
    with tempfile.TemporaryDirectory(prefix="cauthang-job-") as home, Path(home, "stderr").open("w+b") as complaints:
        child = _start(home, complaints)
        try:
            return _converse(child, json.dumps(request, default=str), limits, progress or (lambda percent: None))
        except MediaError as error:
            complaints.seek(0)
            log.warning("%s: %s: %r", function, error.code, complaints.read()[-MAX_COMPLAINT_BYTES:])
            raise
        finally:
            _end(child)


def _start(home: str, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": home,
        "TMPDIR": home,
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",  # each thread reserves address space, which the memory limit counts
    }
    try:
        return subprocess.Popen(
            [sys.executable, "-s", "-P", "-m", "media.job"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=home,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(Code.MACHINE) from error


def _converse(child: subprocess.Popen[bytes], request: str, limits: Limits, progress: Progress) -> Any:
    assert child.stdin is not None  # noqa: S101 - narrows the type; we asked for pipes
    with suppress(BrokenPipeError), child.stdin:
        child.stdin.write(request.encode())
    for line in _lines(child, time.monotonic() + limits.wall_s):
        answer = json.loads(line)
        if "progress" in answer:
            progress(int(answer["progress"]))
        elif "error" in answer:
            raise _error(answer["error"])
        else:
            return answer["result"]
    raise _ended(child)


def _lines(child: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    assert child.stdout is not None  # noqa: S101 - narrows the type; we asked for pipes
    waiting, received = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while received < MAX_ANSWER_BYTES:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise Refused(Code.TOO_SLOW)
            chunk = os.read(child.stdout.fileno(), 65536)
            if not chunk:
                return
            received += len(chunk)
            *lines, waiting = (waiting + chunk).split(b"\n")
            yield from lines
    raise Refused(Code.CRASHED)  # no honest answer is this long


def _error(answer: dict[str, Any]) -> MediaError:
    kind = Unavailable if answer["type"] == Unavailable.__name__ else Refused
    return kind(Code(answer["code"]), **answer["params"])


def _ended(child: subprocess.Popen[bytes]) -> MediaError:
    """Why a child fell silent without an answer."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=5)
    if child.returncode == -signal.SIGXCPU:
        return Refused(Code.TOO_SLOW)
    if child.returncode == -signal.SIGXFSZ:
        return Unavailable(Code.DISK_FULL)
    return Refused(Code.CRASHED)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the whole group, even after a good answer: nothing the job started may outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
