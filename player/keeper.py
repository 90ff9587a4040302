"""systemd, when it keeps this player: ready, a line of status, and a sign of life only as long as the screen lives.

sd_notify(3) and sd_watchdog_enabled(3), over their datagram socket; without one nothing happens.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

from player.turn import Turn

STILL_MS = 10_000  # a video without a new frame for so long, under a display, is no sign of life


class Keeper:
    """Says to systemd what it wants to know. ``beat`` is for the loop: no call, no sign of life."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "")
        self._watchdog_ms = int(microseconds) // 1000 if mine and microseconds.isdecimal() else 0
        self._beat_mono_ms = -self._watchdog_ms
        self._ready = False
        self._status = ""

    def beat(self, mono_ms: int, alive: bool, status: str) -> None:
        """The loop came round: ready now, alive if the screen moves, and what it does in a sentence."""
        if not self._ready:
            self._ready = True
            self._say("READY=1")
        if alive and self._watchdog_ms and mono_ms - self._beat_mono_ms >= self._watchdog_ms // 2:
            self._beat_mono_ms = mono_ms
            self._say("WATCHDOG=1")
        if status != self._status:
            self._status = status
            self._say(f"STATUS={status}")

    def be_patient(self, ms: int | None) -> None:
        """The loop may take so long until its next beat; None: as long as the unit says again."""
        if self._watchdog_ms:
            self._say(f"WATCHDOG_USEC={max(ms or 0, self._watchdog_ms) * 1000}")

    def stopping(self) -> None:
        """It ends, on purpose."""
        self._say("STOPPING=1")

    def _say(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)  # whoever listens may have stopped reading; the screen must go on
            line.sendto(text.encode(), self._address)


class Pulse:
    """Whether what is on the screen moves: frames of a video come, or a picture has come on and waits for its end."""

    def __init__(self) -> None:
        self._seen: tuple[str, int, int] = ("", 0, 0)
        self._moved_mono_ms = 0

    def beats(self, turn: Turn | None, displayed: bool, mono_ms: int) -> bool:
        """What the stage's turn says now. Without a display, or with nothing on, the loop is all that can live."""
        if turn is None or not displayed or turn.failed:
            self._seen, self._moved_mono_ms = ("", 0, 0), mono_ms
            return True
        counted = (turn.cue.key, turn.frames, turn.shown_ms if turn.at >= 0 else -1)
        still = turn.at >= 0 and not turn.cue.media_type.is_video
        if counted != self._seen or still:
            self._seen, self._moved_mono_ms = counted, mono_ms
        return mono_ms - self._moved_mono_ms < STILL_MS
