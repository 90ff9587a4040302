"""The child's side of :mod:`media.sandbox`: one JSON request on stdin, JSON lines on stdout, then the end."""

from __future__ import annotations

import ctypes
import errno
import importlib
import json
import os
import resource
import signal
import sys
from dataclasses import asdict, is_dataclass
from typing import Any, TextIO

from media.errors import MediaError, Unavailable
from media.sentences import Code

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Obey the request under its limits; the answer is a result or the error that stopped it."""
    die_with_parent()
    answers = _private_stdout()
    request = json.load(sys.stdin)
    _limit(request["limits"])
    try:
        answer = {"result": _obey(request, answers)}
    except MediaError as error:
        answer = _described(type(error).__name__, error)
    except MemoryError:
        answer = {"error": {"type": "Refused", "code": Code.TOO_MUCH_MEMORY, "params": {}}}
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        answer = _described("Unavailable", Unavailable(Code.DISK_FULL if full else Code.MACHINE))
    _tell(answers, answer)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent is gone, so no decoder outlives a killed worker."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _private_stdout() -> TextIO:
    """Keep stdout for answers alone; whatever a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _limit(limits: dict[str, int]) -> None:
    for name, value in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
    ):
        # One second between the soft and the hard CPU limit lets SIGXCPU name the reason.
        resource.setrlimit(name, (value, value + 1 if name == resource.RLIMIT_CPU else value))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write past the limit raises EFBIG instead
    os.umask(0o077)


def _obey(request: dict[str, Any], answers: TextIO) -> Any:
    module, _, name = request["function"].partition(":")
    function = getattr(importlib.import_module(module), name)
    extra = {"progress": lambda percent: _tell(answers, {"progress": percent})} if request["progress"] else {}
    result = function(*request["args"], **extra)
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result


def _described(kind: str, error: MediaError) -> dict[str, Any]:
    return {"error": {"type": kind, "code": error.code, "params": dict(error.params)}}


def _tell(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer, default=str) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
