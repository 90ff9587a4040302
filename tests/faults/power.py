"""Power cuts: the player's folder on an ext4 image of its own, shut down without its log (FS_IOC_SHUTDOWN)."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.faults.screen import Screen, standing
from tests.town import run

IMAGE_BYTES = 64 * 1024 * 1024
SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN, linux/fs.h
WITHOUT_LOG = struct.pack("I", 2)  # FS_SHUTDOWN_FLAGS_NOLOGFLUSH: what was not synced is gone, as when the power goes
NEEDS = "power cuts need root, loop devices and mkfs.ext4 (package e2fsprogs): run the fault tests as root"


@contextmanager
def card(folder: Path) -> Iterator[Screen]:
    """A screen whose state lies on such a card."""
    assert os.geteuid() == 0 and Path("/dev/loop-control").exists(), NEEDS
    slot = folder / "slot"
    mounted = slot / "card"
    slot.mkdir(parents=True)
    # Shared, so that it goes from every other mount namespace as well: a copy there would keep the dead card in use.
    run("mount", "--bind", str(slot), str(slot))
    run("mount", "--make-shared", str(slot))
    try:
        mounted.mkdir()
        with _image(mounted).open("wb") as file:
            file.truncate(IMAGE_BYTES)
        run("mkfs.ext4", "-q", "-F", str(_image(mounted)))
        _mount(mounted)
        with standing(folder, mounted / "state") as screen:
            yield screen
    finally:
        for place in (mounted, slot):
            subprocess.run(["umount", str(place)], check=False, timeout=30, capture_output=True)


def _mount(mounted: Path) -> None:
    run("mount", "-o", "loop", str(_image(mounted)), str(mounted))


def _image(mounted: Path) -> Path:
    return mounted.with_suffix(".img")


@contextmanager
def cut(screen: Screen, dice: Random) -> Iterator[None]:
    """The power goes while new orders come in; the player sees nothing of it: it is frozen first."""
    mounted = screen.state.parent
    screen.publish(dice)
    time.sleep(dice.uniform(0, 0.5))
    screen.signal(signal.SIGSTOP)
    descriptor = os.open(mounted, os.O_RDONLY)
    fcntl.ioctl(descriptor, SHUTDOWN, WITHOUT_LOG)
    os.close(descriptor)
    screen.kill()
    run("umount", str(mounted))
    screen.publish(dice)
    yield
    _mount(mounted)
    screen.start()
