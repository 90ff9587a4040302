"""A small disk that is full: the card of 64 MB, filled to the last bytes while the player runs and while it starts."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.faults.screen import Screen


@contextmanager
def full(screen: Screen, dice: Random) -> Iterator[None]:
    """Not a byte, or a few thousand, are left; orders come that need more; sometimes the player is started anew."""
    ballast = screen.state.parent / "ballast"
    _fill(ballast, dice.choice((0, 0, 1000, 5000, 20_000)))
    screen.publish(dice)
    if dice.random() < 0.4:
        screen.kill()
        screen.start()
    yield
    ballast.unlink()


def _fill(ballast: Path, spare_bytes: int) -> None:
    with ballast.open("wb", buffering=0) as file:
        for piece in (1 << 20, 1 << 12):
            try:
                while file.write(bytes(piece)) == piece:
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        file.truncate(max(file.tell() - spare_bytes, 0))
