"""Faults of the line: the broker dies, stops, forgets; the network breaks, leaks, crawls. The pictures go on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.faults.screen import Screen, standing
from tests.town import Street, run

HOME = "home"  # the player's end of the wire


# --- The broker ---


@contextmanager
def broker_killed(screen: Screen, dice: Random) -> Iterator[None]:
    """kill -9; orders go out while it is away."""
    screen.broker.kill()
    screen.publish(dice)
    yield
    screen.broker.start()
    screen.carry()


@contextmanager
def broker_wiped(screen: Screen, dice: Random) -> Iterator[None]:
    """It comes back on a new disk, and hears its orders anew."""
    with broker_killed(screen, dice):
        screen.broker.wipe()
        yield


@contextmanager
def broker_restarted(screen: Screen, dice: Random) -> Iterator[None]:
    """An orderly end, as at an update."""
    screen.broker.child.stop()
    screen.publish(dice)
    yield
    screen.broker.start()
    screen.carry()


@contextmanager
def broker_stopped(screen: Screen, dice: Random) -> Iterator[None]:
    """SIGSTOP: connections stay open and nothing answers."""
    assert screen.broker.child.pid
    screen.publish(dice)
    os.kill(screen.broker.child.pid, signal.SIGSTOP)
    yield
    os.kill(screen.broker.child.pid, signal.SIGCONT)
    screen.publish(dice)


# --- The network ---


@contextmanager
def street(folder: Path) -> Iterator[Screen]:
    """A screen in a network namespace of its own."""
    with Street.built() as built:
        where = {"inside": tuple(built.command()), "wire": built.wire}
        with standing(folder, host=built.host, **where) as screen:
            yield screen


def inside(screen: Screen, *words: str) -> None:
    """A command of the system, in the screen's street."""
    run(*screen.inside, *words)


@contextmanager
def partition(screen: Screen, dice: Random) -> Iterator[None]:
    """The plug is pulled."""
    inside(screen, "ip", "link", "set", HOME, "down")
    screen.publish(dice)
    yield
    inside(screen, "ip", "link", "set", HOME, "up")


@contextmanager
def filtered(screen: Screen, dice: Random, *rules: str) -> Iterator[None]:
    """nftables in the street: each rule is the name of a hook and what is done there."""
    inside(screen, "nft", "add", "table", "ip", "faults")
    for rule in rules:
        hook, _, verdict = rule.partition(" ")
        chain = f"{{ type filter hook {hook} priority 0 ; policy accept ; }}"
        inside(screen, "nft", "add", "chain", "ip", "faults", hook, chain)
        inside(screen, "nft", "add", "rule", "ip", "faults", hook, *verdict.split())
    screen.publish(dice)
    yield
    inside(screen, "nft", "delete", "table", "ip", "faults")


@contextmanager
def one_way(screen: Screen, dice: Random) -> Iterator[None]:
    """Only one direction arrives."""
    with filtered(screen, dice, f"{dice.choice(('input', 'output'))} drop"):
        yield


@contextmanager
def lossy(screen: Screen, dice: Random) -> Iterator[None]:
    """Every third packet is lost, either way."""
    drop = "numgen random mod 100 < 30 drop"
    with filtered(screen, dice, f"input {drop}", f"output {drop}"):
        yield


@contextmanager
def crawling(screen: Screen, dice: Random) -> Iterator[None]:
    """64 kbit/s each way, with a queue of most of a second."""
    shape = ("root", "tbf", "rate", "64kbit", "burst", "1600", "latency", "400ms")
    inside(screen, "tc", "qdisc", "add", "dev", HOME, *shape)
    run("tc", "qdisc", "add", "dev", screen.wire, *shape)
    screen.publish(dice)
    yield
    inside(screen, "tc", "qdisc", "del", "dev", HOME, "root")
    run("tc", "qdisc", "del", "dev", screen.wire, "root")
