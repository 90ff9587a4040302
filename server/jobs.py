"""The door-bell of the worker. The database row says what is to be done; the queue only says: look now."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from huey import Huey, RedisHuey, SqliteHuey
from huey.consumer import Consumer

NAME = "cauthang"


def queue_for(url: str) -> Huey:
    """The queue behind JOBS_URL: SQLite on one machine, Redis for several."""
    if urlsplit(url).scheme == "sqlite":
        return SqliteHuey(NAME, filename=url.removeprefix("sqlite:///"), results=False, fsync=False)
    return RedisHuey(NAME, url=url, results=False)


class Bell:
    """Rung by whoever has work for the worker; losing a ring costs seconds, never work."""

    def __init__(self, url: str) -> None:
        self._queue = queue_for(url)
        self.look = self._queue.task(name="look")(lambda: None)

    def ring(self) -> None:
        """Wake a worker."""
        self.look()


class Bells(Consumer):  # type: ignore[misc]  # huey has no types
    """Huey's consumer without its signal handlers: the process that runs it has its own."""

    def _set_signal_handlers(self) -> None:
        pass


def listen(url: str, look: Callable[[], None]) -> Bells:
    """Call ``look`` in a thread at every ring, one at a time, from now until ``stop()``."""
    queue = queue_for(url)

    # Huey finds a task by module and name: the ringer's and the listener's are both defined here.
    @queue.task(name="look")  # type: ignore[untyped-decorator]  # huey has no types
    def heard() -> None:
        look()

    bells = Bells(queue, workers=1, periodic=False, initial_delay=0.1, max_delay=1.0, check_worker_health=False)
    bells.start()
    return bells
