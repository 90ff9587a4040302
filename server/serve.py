"""``cauthang web``: gunicorn around the application, set up in code so that no stray file can join in.

gunicorn's own command puts its working directory first on the import path (a ``player.py`` lying there would win);
an application object of ours does not.
"""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 8  # most of them wait for a commit or the disk; more waiting batches make larger commits
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  heartbeats of the workers: on a disk they wait for its fsyncs


class Web(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """The web processes of one machine: a few workers with a few threads each."""

    def __init__(self, settings: Settings) -> None:
        """Remember the settings; the application is made in each worker, after the fork."""
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn how to run."""
        for name, value in options(self.settings).items():
            self.cfg.set(name, value)

    def load(self) -> "Callable[..., Any]":
        """The WSGI application, one for each worker."""
        from server.app import create_app  # noqa: PLC0415  after the fork: no connection is shared between workers

        app = create_app(self.settings)
        settle_down()
        return app


def settle_down() -> None:
    """What was imported stays as long as the process: no garbage collection need look at it again."""
    gc.collect()
    gc.freeze()


def options(settings: Settings) -> dict[str, Any]:
    """gunicorn's settings. No preloading: a fork must not inherit open databases."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": f"{host}:{settings.port}",
        "workers": settings.web_workers,
        "worker_class": "gthread",
        "threads": THREADS,
        "worker_tmp_dir": str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None,
        "proc_name": "cauthang-web",
        "timeout": 60,
        "graceful_timeout": 8,  # less than what `cauthang up` and systemd grant
        "control_socket_disable": True,
    }


def run(settings: Settings) -> None:
    """Serve pages, API and players until told to stop. Never returns: gunicorn ends the process itself."""
    Web(settings).run()
