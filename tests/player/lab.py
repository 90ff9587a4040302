"""A display without a monitor, and a camera on its frame buffer: a process of its own that looks every few ms.

The camera sees what the X server has in its frame buffer, so nothing that the player says of itself is believed here.
A second process measures the machine meanwhile: what it had no time for cannot be blamed on the player.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EVERY_MS = 4
FRAME_MS = 40  # 25 pictures a second
Colour = tuple[int, int, int]


def needs(*programs: str) -> None:
    """Fail loudly, with what to do, when this machine lacks a program."""
    missing = [name for name in programs if not shutil.which(name)]
    assert not missing, f"{', '.join(missing)} not found: run `bash tests/machine.sh`, which installs what tests need"


@dataclass
class Lab:
    """An X display of its own; ``name`` is as in DISPLAY."""

    name: str
    folder: Path
    process: subprocess.Popen[bytes]

    def __post_init__(self) -> None:
        with self.picture_file.open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        header = struct.unpack(">25I", self._memory[:100])
        self.width, self.height, self._stride = header[4], header[5], header[12]
        self._offset = header[0] + header[19] * 12

    @property
    def picture_file(self) -> Path:
        """The frame buffer, as X writes it."""
        return self.folder / "Xvfb_screen0"

    def place(self, x: int, y: int) -> int:
        """Where in the file a pixel is: blue, green, red, nothing."""
        return self._offset + y * self._stride + x * 4

    def pixel(self, x: int, y: int) -> Colour:
        """What is there now."""
        blue, green, red = self._memory[self.place(x, y) :][:3]
        return red, green, blue

    def image(self) -> Any:
        """The whole screen now, as a Pillow image."""
        from PIL import Image  # noqa: PLC0415  only the tests have it

        size = (self.width, self.height)
        return Image.frombytes("RGB", size, self._memory[self._offset :], "raw", "BGRX", self._stride)

    def kill(self) -> None:
        """The display goes away."""
        self.process.kill()
        self.process.wait()


@contextmanager
def lab(width: int = 640, height: int = 360, number: str = "") -> Iterator[Lab]:
    """A running display; ``number`` asks for a certain one."""
    needs("Xvfb", "mpv")
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        ready, done = os.pipe()
        where = [f":{number}"] if number else []
        screen = ["-screen", "0", f"{width}x{height}x24", "-fbdir", folder, "-nolisten", "tcp"]
        command = ["Xvfb", *where, *screen, "-displayfd", str(done)]
        process = subprocess.Popen(command, pass_fds=[done], stderr=subprocess.DEVNULL)
        os.close(done)
        with os.fdopen(ready) as answer:
            name = f":{answer.readline().strip()}"
        try:
            yield Lab(name, Path(folder), process)
        finally:
            process.terminate()
            process.wait()


@dataclass
class Film:
    """What the camera saw: ``changes`` are (ms of the wall clock, colour). ``waits`` are (ms, ms) of the control: when
    it had a little work to do, and how long it had to wait for a processor until that was done."""

    changes: list[tuple[float, Colour]] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)
    samples: int = 0
    seconds: float = 0.0

    def waited_ms(self, at_ms: float) -> float:
        """The longest that the control waited for a processor while a change at that instant was made."""
        return max((wait for at, wait in self.waits if -WORK_BEFORE_MS <= at - at_ms <= WORK_AFTER_MS), default=0.0)


WORK_BEFORE_MS, WORK_AFTER_MS = 600, 100  # half a second is what it takes to get the next one ready
CAMERA = """
import json, mmap, select, sys, time
path, offset, every_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
file = open(path, "rb")
memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
changes, samples, last = [], 0, b""
began = due = time.monotonic()
print("ready", flush=True)
while not select.select([sys.stdin], [], [], max(due - time.monotonic(), 0))[0]:
    seen = memory[offset:offset + 3]
    samples += 1
    if seen != last:
        changes.append((time.time() * 1000, seen[::-1].hex()))
        last = seen
    due = max(due + every_s, time.monotonic())
print(json.dumps([changes, samples, time.monotonic() - began]))
"""
CONTROL = """
import json, select, sys, time
waits = []
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0.045)[0]:
    at, began, work = time.time() * 1000, time.monotonic(), time.process_time()
    while time.process_time() - work < 0.005:
        pass
    waits.append((at, (time.monotonic() - began - 0.005) * 1000))
print(json.dumps(waits))
"""


@contextmanager
def _beside(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that works until its input is closed, and then says what it found."""
    command = [sys.executable, "-I", "-S", "-c", program, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process


@contextmanager
def filming(place: Lab, x: int, y: int) -> Iterator[Film]:
    """Watch one pixel while the block runs; the film is complete afterwards."""
    film = Film()
    where = (str(place.picture_file), str(place.place(x, y)), str(EVERY_MS))
    with _beside(CAMERA, *where) as camera, _beside(CONTROL) as control:
        yield film
        changes, film.samples, film.seconds = json.loads(camera.communicate("")[0])
        film.waits = [(at, wait) for at, wait in json.loads(control.communicate("")[0])]
    film.changes = [(at, tuple(bytes.fromhex(colour))) for at, colour in changes]  # type: ignore[misc]


COLOURS: dict[str, Colour] = {
    "đỏ": (200, 0, 0),
    "lục": (0, 160, 0),
    "lam": (0, 0, 200),
    "vàng": (255, 255, 0),
    "tím": (128, 0, 128),
    "cam": (255, 165, 0),  # no white: an empty browser window is white
}
GROUND = (11, 34, 57)  # of the slate


def name_of(pixel: Colour) -> str:
    """The item of this colour, "" when it is none; video and JPEG shift colours a little."""
    off = {name: max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) for name, colour in COLOURS.items()}
    best = min(off, key=lambda name: off[name])
    return best if off[best] < 40 else ""
