"""Start children in named steps, keep them running, stop them in reverse. Knows nothing of what they are."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

from server.child import Child, Step, back_off_ms, failures_after, now_ms
from server.errors import StartError

TICK_S = 0.2


def say(line: str) -> None:
    """One line for the person at the terminal; only changes are worth one."""
    with contextlib.suppress(OSError):  # the terminal was closed: that must not keep us from stopping in order
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class Watched:
    """A child that is started again when it dies, after a pause that grows with every short life."""

    def __init__(self, child: Child) -> None:
        """Start the child now."""
        self.child = child
        self._failures = 0
        self._again_at: int | None = None
        self._started_at = now_ms()
        child.start()

    def watch(self, now: int) -> None:
        """Look after it once: note its death, start it again when the pause is over."""
        name, code = self.child.step.name, self.child.exit_code()
        if self._again_at is not None:
            if now >= self._again_at:
                say(f"  ↻ {name}: khởi động lại / starting again")
                self._again_at, self._started_at = None, now
                self.child.start()
        elif code is None:
            self.child.rotate()
        elif code or not self.child.step.once:
            self._failures = failures_after(self._failures, now - self._started_at)
            self.child.stop()  # what it started may have outlived it
            pause = back_off_ms(self._failures)
            self._again_at = now + pause
            say(f"  ✗ {name}: dừng đột ngột / ended ({_manner(code)}), {pause / 1000:g} s; {self.child.log}")


def _manner(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"


@contextlib.contextmanager
def running(waves: Sequence[Sequence[Step]], logs: Path, stop: Event) -> Iterator[list[Watched]]:
    """Everything up and ready, wave after wave; on the way out everything down, in reverse.

    The steps of one wave do not need each other, so they start side by side: most of a start is reading Python code,
    and every core may read.

    Raises:
        StartError: a step was not ready in its time, or ended before it was.
    """
    logs.mkdir(parents=True, exist_ok=True)
    watched: list[Watched] = []
    try:
        for wave in waves:
            if not stop.is_set():
                fresh = [_begin(Child(step, logs), watched) for step in wave]
                for child in fresh:
                    _until_ready(child, stop)
        yield watched
    finally:
        for one in reversed(watched):
            if not one.child.stop():
                name = one.child.step.name
                say(f"  ! {name}: bị cắt ngang, lần sau làm tiếp / cut off while busy, goes on next time")
            one.child.close()


def _begin(child: Child, watched: list[Watched]) -> Child:
    watched.append(Watched(child))
    return child


def _until_ready(child: Child, stop: Event) -> None:
    step, deadline = child.step, now_ms() + child.step.ready_within_ms
    while not step.once and not child.is_ready():
        if child.exit_code() is not None:
            raise StartError(_failed(child, "đã dừng khi đang khởi động / ended while starting"))
        if now_ms() > deadline:
            raise StartError(_failed(child, f"chưa sẵn sàng sau / not ready after {step.ready_within_ms // 1000} s"))
        if stop.wait(0.05):
            return
    say(f"  ✓ {step.name}")


def _failed(child: Child, why: str) -> str:
    said = "\n".join(f"    | {line}" for line in child.tail().splitlines())
    return f"{child.step.name}: {why}. Nhật ký / log: {child.log}\n{said}"


def keep(watched: Sequence[Watched], stop: Event, chore: Callable[[int], None]) -> None:
    """Look after the children, and do a bit of the chore, until somebody says stop."""
    while not stop.wait(TICK_S):
        now = now_ms()
        for one in watched:
            one.watch(now)
        chore(now)
