"""One mpv as a child process. It ends when we end, however we end, and whatever state it is in itself."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from player.json_object import read_object

# mpv shows what it is told and nothing else: no settings of this machine, no scripts, no neighbouring files.
OPTIONS = (
    "--no-config",
    "--terminal=no",
    "--load-scripts=no",
    "--ytdl=no",
    "--osc=no",
    "--osd-level=0",
    "--no-input-default-bindings",
    "--input-vo-keyboard=no",
    "--no-input-cursor",
    "--cursor-autohide=always",
    "--sub-auto=no",
    "--audio-file-auto=no",
    "--demuxer=lavf",  # never a playlist, whatever the content
    "--idle=yes",
    "--force-window=yes",
    "--keep-open=always",  # the last picture stays
    "--keep-open-pause=no",
    "--image-display-duration=inf",
    "--hwdec=auto-safe",
    "--audio-client-name=cauthang",
)
# The kernel kills it with the thread that started it, also while it is stopped and sees no closed socket.
LEASH = ("setpriv", "--pdeathsig", "KILL")
STATUS = "${=playback-time}|${=estimated-frame-number}|${=frame-drop-count}|${eof-reached}|${=video-params/w}"
CHUNK_BYTES = 65536
SILENT_MS = 4000
STARTING_MS = 20_000  # a cold start from a slow card, with the search for a graphics driver

Then = Callable[[dict[str, Any]], None]


class Gone(Exception):  # noqa: N818  what happened, not what went wrong with a call
    """The child has ended, or no longer reads what it is told."""


class Mpv:
    """Commands go out at once; answers and events come with :meth:`hear`, in the order in which mpv gave them."""

    def __init__(self, *options: str, environ: dict[str, str] | None = None) -> None:
        """Start it. Call from a thread that lives as long as it is to live. Raises OSError."""
        self._socket, theirs = socket.socketpair()
        with theirs:
            client = f"--input-ipc-client=fd://{theirs.fileno()}"
            self._process = subprocess.Popen(
                [*LEASH, "mpv", *OPTIONS, *options, client],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # its libraries report what this machine lacks, at every start
                pass_fds=[theirs.fileno()],
                env=environ,
            )
        self._socket.setblocking(False)
        self._rest = b""
        self._asked = 0
        self._then: dict[int, tuple[int, Then | None]] = {}
        self.dead = False  # for certain: the other end is closed or takes nothing more
        self.answered = False
        self.settled = False  # it has shown something: from now on it answers quickly or not at all
        self._overlays: dict[int, str] = {}
        self.entry = -1  # mpv's number of the file it has open

    @property
    def pid(self) -> int:
        """The process, for whoever counts its work."""
        return self._process.pid

    def fileno(self) -> int:
        """Where news can be waited for."""
        return self._socket.fileno()

    def tell(self, *command: Any, then: Then | None = None, mono_ms: int = 0) -> None:
        """Send a command; ``then`` gets the answer. Raises Gone."""
        self._send(list(command), then, mono_ms)

    def set(self, name: str, value: Any) -> None:
        """Set a property. Raises Gone."""
        self.tell("set_property", name, value)

    def overlay(self, number: int, events: str, size: tuple[int, int]) -> None:
        """Draw ASS ``events``, laid out for ``size``, over the picture; a higher number lies above. Raises Gone."""
        if self._overlays.get(number, "") == events:
            return
        self._overlays[number] = events
        form = {"format": "ass-events" if events else "none", "res_x": size[0], "res_y": size[1], "z": number}
        self._send({"name": "osd-overlay", "id": number, "data": events, **form}, None, 0)

    def _send(self, command: Any, then: Then | None, mono_ms: int) -> None:
        self._asked += 1
        self._then[self._asked] = (mono_ms, then)
        line = json.dumps({"command": command, "request_id": self._asked}).encode() + b"\n"
        try:
            sent = self._socket.send(line)
        except OSError:
            sent = 0
        if sent != len(line):
            self._gone()

    def _gone(self) -> NoReturn:
        self.dead = True
        raise Gone

    def hear(self) -> Iterator[dict[str, Any]]:
        """The events that have come, answers having gone to whoever asked. Raises Gone."""
        try:
            data = self._socket.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._gone()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            said = read_object(line)
            if "event" in said:
                self.entry = {"start-file": said.get("playlist_entry_id", -1), "idle": -1}.get(
                    said["event"], self.entry
                )
                yield said
            else:
                self._answered(said)

    def _follow(self, event: dict[str, Any]) -> None:
        """Which file is open now: later events do not say."""
        if event["event"] == "start-file":
            self.entry = event.get("playlist_entry_id", -1)
        elif event["event"] == "idle":
            self.entry = -1
        elif event["event"] == "playback-restart":
            self.settled = True

    def _answered(self, said: dict[str, Any]) -> None:
        self.answered = True
        _, then = self._then.pop(said.get("request_id", 0), (0, None))
        if then:
            then(said)

    def silent(self, mono_ms: int) -> bool:
        """Whether a question that carried its time waits for an answer for too long; a start may take longer."""
        oldest = min((asked for asked, _ in self._then.values() if asked), default=mono_ms)
        return mono_ms - oldest > (SILENT_MS if self.settled else STARTING_MS)

    def kill(self) -> None:
        """End it at once and for certain."""
        self._socket.close()
        self._process.kill()
        self._process.wait()
