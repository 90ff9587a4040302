"""The supervisor with real processes: their order, their restarts, and that none of them outlives it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.child import LAST_BACK_OFF_MS, LOG_LIMIT_BYTES, Child, Step, back_off_ms, failures_after
from server.errors import StartError
from server.supervise import Watched, keep, running

ROOT = Path(__file__).parent.parent.parent

# A child that writes what happens to it into the file it is given, and says that it is ready.
POLITE = """
import pathlib, signal, sys, time
from server.ready import say_ready
note = pathlib.Path(sys.argv[1]).open("a", buffering=1)
signal.signal(signal.SIGTERM, lambda *_: (note.write(f"stop {sys.argv[2]}\\n"), sys.exit(0)))
note.write(f"start {sys.argv[2]}\\n")
say_ready()
time.sleep(600)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + (
    "from server.ready import say_ready; say_ready(); time.sleep(600)"
)
WITH_A_CHILD = (
    "import subprocess, sys, time; from server.ready import say_ready; "
    "print(subprocess.Popen(['sleep', '600']).pid, flush=True); say_ready(); time.sleep(600)"
)


def python(name: str, code: str, *arguments: str, **options: object) -> Step:
    environ = {"PYTHONPATH": str(ROOT)}
    return Step(name, (sys.executable, "-c", code, *arguments), environ=environ, **options)  # type: ignore[arg-type]


def until(true: Callable[[], bool], within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_parts_of_one_wave_start_side_by_side(tmp_path: Path) -> None:
    """Each waits for the other's file, so one after the other would never be ready."""
    meet = (
        "import pathlib, sys, time\nfrom server.ready import say_ready\npathlib.Path(sys.argv[1]).touch()\n"
        "while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)\nsay_ready()\ntime.sleep(600)"
    )
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    wave = [python("one", meet, a, b), python("two", meet, b, a)]
    with running([wave], tmp_path, threading.Event()) as watched:
        assert len(watched) == 2


def test_parts_start_in_order_and_stop_in_reverse(tmp_path: Path) -> None:
    note = tmp_path / "note"
    polite = [[python(name, POLITE, str(note), name)] for name in ("one", "two", "three")]
    with running(polite, tmp_path / "logs", threading.Event()):
        pass
    assert note.read_text().split("\n")[:-1] == [
        *("start one", "start two", "start three"),
        *("stop three", "stop two", "stop one"),
    ]


def test_part_that_ends_while_starting_stops_the_rest_and_shows_its_last_words(tmp_path: Path) -> None:
    note = tmp_path / "note"
    waves = [[python("one", POLITE, str(note), "one")], [python("two", "raise SystemExit('no disk left')")]]
    with pytest.raises(StartError, match="two") as caught, running(waves, tmp_path / "logs", threading.Event()):
        pass
    assert "no disk left" in str(caught.value)
    assert note.read_text() == "start one\nstop one\n"


def test_part_that_never_becomes_ready_is_named(tmp_path: Path) -> None:
    slow = python("slow", "import time; time.sleep(600)", ready_within_ms=300)
    with pytest.raises(StartError, match="slow"), running([[slow]], tmp_path, threading.Event()):
        pass


def test_part_that_will_not_stop_is_killed_after_its_time(tmp_path: Path) -> None:
    step = python("stubborn", STUBBORN, stop_within_ms=200)
    with running([[step]], tmp_path, threading.Event()) as watched:
        pid = watched[0].child.pid
        assert pid and is_running(pid)
    assert not is_running(pid)


def test_what_a_part_started_ends_with_it(tmp_path: Path) -> None:
    with running([[python("parent", WITH_A_CHILD)]], tmp_path, threading.Event()) as watched:
        grandchild = int(watched[0].child.tail())
        assert is_running(grandchild)
    until(lambda: not is_running(grandchild))


def test_dead_part_is_started_again(tmp_path: Path) -> None:
    note, stop = tmp_path / "note", threading.Event()

    def kill_once_then_wait_for_the_second_life(_now: int) -> None:
        if note.read_text().count("start") == 2:
            stop.set()
        elif watched[0].child.exit_code() is None and not killed:
            killed.append(watched[0].child.pid)
            os.kill(killed[0], signal.SIGKILL)

    killed: list[int] = []
    with running([[python("one", POLITE, str(note), "one")]], tmp_path, stop) as watched:
        keep(watched, stop, kill_once_then_wait_for_the_second_life)
    assert note.read_text() == "start one\nstart one\nstop one\n"


def test_task_that_succeeded_is_not_started_again(tmp_path: Path) -> None:
    watched = Watched(Child(python("task", "print('done', flush=True)", once=True), tmp_path))
    until(lambda: watched.child.exit_code() == 0)
    for hour in range(3):
        watched.watch(hour * 3_600_000)
    assert watched.child.log.read_text() == "done\n"
    watched.child.stop()
    watched.child.close()


def test_pause_between_lives_doubles_up_to_a_ceiling_and_heals() -> None:
    assert [back_off_ms(n) for n in (1, 2, 3)] == [500, 1000, 2000]
    assert back_off_ms(1_000_000) == LAST_BACK_OFF_MS
    assert failures_after(7, lived_ms=100) == 8
    assert failures_after(7, lived_ms=60_000) == 1


def test_long_log_is_moved_aside_while_the_part_keeps_writing(tmp_path: Path) -> None:
    code = "import sys\nfrom server.ready import say_ready\nsay_ready()\nfor _ in sys.stdin: pass\nimport time\n"
    code += "while True: print('x', flush=True); time.sleep(0.01)"
    with running([[python("talker", code)]], tmp_path, threading.Event()) as watched:
        child = watched[0].child
        until(lambda: child.log.stat().st_size > 0)
        os.truncate(child.log, LOG_LIMIT_BYTES + 1)
        child.rotate()
        until(lambda: 0 < child.log.stat().st_size < 10_000)
        assert (tmp_path / "talker.log.1").stat().st_size > LOG_LIMIT_BYTES


def test_nothing_is_left_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, threading\nfrom server.child import Step\nfrom server.supervise import running, keep\n"
        "stop = threading.Event()\nstep = Step('one', (sys.executable, '-c', sys.argv[2]))\n"
        "with running([[step]], pathlib.Path(sys.argv[1]), stop) as watched:\n"
        "    print(watched[0].child.pid, flush=True)\n    keep(watched, stop, lambda now: None)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    polite = POLITE.replace("sys.argv[1]", repr(str(tmp_path / "note"))).replace("sys.argv[2]", "'one'")
    command = [sys.executable, "-c", code, str(tmp_path), polite]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as supervisor:
        assert supervisor.stdout
        assert "one" in supervisor.stdout.readline()
        child = int(supervisor.stdout.readline())
        supervisor.kill()
    until(lambda: not is_running(child))
