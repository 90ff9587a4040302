"""Faults of processes: the player is killed or stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.faults.screen import Screen


@contextmanager
def killed(screen: Screen, dice: Random) -> Iterator[None]:
    """kill -9 at any moment, often while new orders come in; sometimes again while it starts."""
    if dice.random() < 0.5:
        screen.publish(dice)
        time.sleep(dice.uniform(0, 0.5))
    screen.kill()
    if dice.random() < 0.25:
        screen.start()
        time.sleep(dice.uniform(0, 1.5))
        screen.kill()
    screen.publish(dice)
    yield
    screen.start()


@contextmanager
def stopped(screen: Screen, dice: Random) -> Iterator[None]:
    """SIGSTOP, and SIGCONT after a while."""
    screen.publish(dice)
    screen.signal(signal.SIGSTOP)
    yield
    screen.signal(signal.SIGCONT)
