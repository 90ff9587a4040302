"""Every fault, with its rounds in ``make test`` and in ``make soak``."""

from __future__ import annotations

from functools import partial

from tests.faults import clocks, disks, lies, lines, power, processes
from tests.faults.fault import AGAIN_S, COLD_S, Fault, On, Place, Strike, settled, struck
from tests.faults.glass import STALL_S, browser, mpv, odd, stopped
from tests.faults.lines import street
from tests.faults.power import card
from tests.faults.screen import standing
from tests.faults.writes import EIO, FULL, KILL, at_every_step, workshop

EVERY = 10**6  # all there are


def hurt(name: str, place: Place, on: On, short: int, long: int, within_s: float = AGAIN_S) -> Fault:
    """A fault of a whole screen."""
    return Fault(name, place, on, short, long, within_s, settled)


def outlived(name: str, place: Place, strike: Strike, longest_s: float, long: int, short: int = 1) -> Fault:
    """A fault during which the pictures must go on."""
    return hurt(name, place, struck(strike, (1, longest_s), plays_on=True), short, long)


FAULTS = (
    hurt("player killed (kill -9) at random", standing, struck(processes.killed), 3, 500),
    Fault("player killed at every step of every write", workshop, partial(at_every_step, KILL), 20, EVERY),
    Fault("every step of every write fails (EIO)", workshop, partial(at_every_step, EIO), 20, EVERY),
    Fault("no room (ENOSPC) from every step on", workshop, partial(at_every_step, FULL), 20, EVERY),
    hurt("power cut (ext4 shut down without its log)", card, struck(power.cut), 3, 200, COLD_S),
    outlived("64 MB disk full", card, disks.full, 5, 50),
    hurt("player stopped (SIGSTOP) 1–60 s", standing, struck(processes.stopped, (1, 60)), 1, 20),
    outlived("clock set to 1970, 2038, ±1 h, ±10 y …", clocks.settable, clocks.jumped, 3, 40, short=3),
    outlived("broker stopped (SIGSTOP) 1–60 s", standing, lines.broker_stopped, 60, 20),
    outlived("broker killed (kill -9)", standing, lines.broker_killed, 5, 20),
    outlived("broker restarted", standing, lines.broker_restarted, 5, 15),
    outlived("broker wiped", standing, lines.broker_wiped, 5, 15),
    outlived("network cut", street, lines.partition, 20, 30),
    outlived("network one-way", street, lines.one_way, 20, 30),
    outlived("network loses 30 %", street, lines.lossy, 20, 20),
    outlived("network at 64 kbit/s", street, lines.crawling, 20, 20),
    outlived("wrong, endless or slow files", standing, lies.lied_to, 5, 60),
    Fault("odd or corrupt files in Chromium", browser, odd, 2, 200, STALL_S),
    Fault("odd or corrupt files in mpv", mpv, odd, 2, 200, STALL_S),
    Fault("Chromium's decoder stopped (SIGSTOP) 1–60 s", browser, stopped, 1, 20),
    Fault("mpv stopped (SIGSTOP) 1–60 s", mpv, stopped, 1, 20),
)
