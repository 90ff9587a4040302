"""mpv as the display. One thread owns everything that is shown; the agent's calls only change the scene it follows."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from player.errors import SetupError
from player.surface import Displayed, Event, Picture
from player.surface.mpv.director import Director
from player.surface.mpv.glass import DisplayLost
from player.surface.mpv.house import House, Whole, Windows
from player.surface.scene import Told

log = logging.getLogger("player")
AGAIN_S = 2.0  # after the display went away
LONGEST_WAIT_S = 1.0
LOOK_MS = 1000  # between looks at the cable
CONNECTORS = Path("/sys/class/drm")


class MpvSurface(Told):
    """See :class:`player.surface.Surface`. ``now_ms`` is the timeline's clock.

    ``single``: one mpv that owns the screen, which is the only way without a window system. ``display`` is as DISPLAY.
    """

    def __init__(self, now_ms: Callable[[], int], display: str | None = None, *, single: bool | None = None) -> None:
        super().__init__()
        self._display = display or os.environ.get("DISPLAY")
        self._single = not self._display if single is None else single
        self._now_ms = now_ms
        self.heard: Callable[[], None] = lambda: None  # called after every event, to wake whoever waits
        self._news, self._rouse = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stop = threading.Event()
        self._on = False
        self._house: House | None = None
        self._thread: threading.Thread | None = None

    # --- Its life ---

    def start(self) -> None:
        """Open the screen. Raises SetupError when there is no mpv or no screen."""
        if not shutil.which("mpv"):
            raise SetupError("Không tìm thấy mpv: sudo apt-get install mpv, hoặc dùng --surface browser.")
        opened = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="surface", daemon=True)
        self._thread.start()
        opened.wait()
        if self._house is None:
            self.stop()
            raise SetupError(f"Không mở được màn hình {self._display or ''}: kiểm tra biến DISPLAY và quyền truy cập.")

    def stop(self) -> None:
        self._stop.set()
        self._wake()
        if self._thread:
            self._thread.join()

    def _run(self, opened: threading.Event) -> None:
        """Follow the scene on the display; when that goes away, on the next one."""
        while not self._stop.is_set():
            try:
                self._house = Whole(self._display) if self._single else Windows(self._display)
                opened.set()
                self._live(self._house)
            except DisplayLost as lost:
                log.warning("the display is gone: %s", lost)
            finally:
                opened.set()
                self._say_displayed(on=False)
                if self._house:
                    self._house.close()
            self._stop.wait(AGAIN_S)

    def _live(self, house: House) -> None:
        director = Director(house, self._now_ms, _mono_ms, self._say)
        serial, plugged, look_mono_ms = -1, True, 0
        while not self._stop.is_set():
            if _mono_ms() >= look_mono_ms:
                plugged, look_mono_ms = connected(CONNECTORS), _mono_ms() + LOOK_MS
            with self.changed:
                scene = self.scene if serial != self.serial else None
                serial = self.serial
            if scene:
                director.want(scene)
            wait_s = director.step()
            self._say_displayed(on=all(seat.mpv.answered for seat in house.seats) and plugged)
            director.wait(self._news, min(wait_s, LONGEST_WAIT_S))
            self._drain()

    def _say(self, event: Event) -> None:
        self.events.put(event)
        self.heard()

    def _say_displayed(self, *, on: bool) -> None:
        if on != self._on:
            self._on = on
            self._say(Displayed(on))

    def rouse(self) -> None:
        super().rouse()
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it is awake
            os.write(self._rouse, b".")

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._news, 4096)

    # --- What the agent asks ---

    def displayed(self) -> bool:
        return self._on

    def capture(self, timeout_s: float) -> Picture | None:
        """What the display shows, the output's part of it."""
        house = self._house
        return house.photograph(self.scene.output, timeout_s) if house and self._on else None


def connected(connectors: Path) -> bool:
    """Whether a cable leads to a display, as the kernel sees it; where it cannot see, it is believed to."""
    found = [path.read_text().strip() for path in connectors.glob("*/status")]
    return "connected" in found or not found


def _mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000
