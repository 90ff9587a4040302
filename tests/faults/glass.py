"""Faults of the decoder and of what it is given: a real Chromium, a real mpv, a camera on what they really show."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from player.link import Heard
from player.surface.browser import BrowserSurface
from player.surface.mpv.surface import MpvSurface
from playlists import topics
from playlists.envelope import pack
from playlists.model import Block, Day, Loop, Plan, Play, Slot
from tests.fake_orders import DAY_MS, SCREEN, Item
from tests.fakes import FakeServer, eventually, serving
from tests.faults.judge import Verdict
from tests.faults.odd_files import odd_files
from tests.player.lab import GROUND, Colour, Film, Lab, filming, lab, name_of
from tests.player.life import acting
from tests.player.rig import GREEN, RED
from tests.player.test_never_black_browser import kiosk

ODD_MS, GOOD_MS = 5500, 600  # an odd file's slot is longer than the screen may stand still
STALL_S = 5.0
LONGEST_S = 60  # that a decoder is stopped
LEAD_MS = 5000
BATCH = 20
MIDDLE = (320, 300)  # below what Chromium lays over its window for a while
DARK = (GROUND, (0, 0, 0))


@dataclass
class Glass:
    """A screen whose frame buffer is watched. ``decoder``: words in the command of every process that decodes."""

    lab: Lab
    server: FakeServer
    agent: Any
    decoder: tuple[str, ...] = ()

    def publish(self, *items: Item, **changes: Any) -> None:
        """Other orders, in force when this returns."""
        orders = self.server.orders
        orders.publish(*items, **changes)
        self.agent.inbox.put(Heard(topics.to_head(SCREEN), pack(orders.head())))
        self.agent.wake.set()
        eventually(lambda: self.agent.stage.turn and self.agent.stage.turn.playlist.version.number == orders.number, 90)

    def plays(self, enough: Callable[[list[Play]], bool]) -> list[Play]:
        """What the server has heard, once it is enough or after half a minute."""
        deadline = time.monotonic() + 30
        while not enough(list(self.server.plays.values())) and time.monotonic() < deadline:
            time.sleep(0.1)
        return list(self.server.plays.values())

    def decoders(self) -> list[int]:
        """The ids of the processes that decode for this display."""
        found = Path("/proc").glob("[0-9]*")
        words = [word.encode() for word in self.decoder]
        looks = ((path, _bytes(path / "cmdline") + _bytes(path / "environ")) for path in found)
        return [int(path.name) for path, text in looks if all(word in text for word in words)]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@contextmanager
def browser(folder: Path) -> Iterator[Glass]:
    """Chromium in kiosk mode on the player's page."""
    with _playing(folder, lambda _, now_ms: BrowserSurface(now_ms, 0)) as glass:
        surface = glass.agent._surface
        eventually(lambda: surface.running)
        with kiosk(glass.lab, f"http://127.0.0.1:{surface.port}/", folder / "profile"):
            glass.decoder = ("--type=renderer", f"--user-data-dir={folder / 'profile'}")
            eventually(lambda: name_of(glass.lab.pixel(*MIDDLE)), 60)
            yield glass


@contextmanager
def mpv(folder: Path) -> Iterator[Glass]:
    """Two windows of mpv."""
    with _playing(folder, lambda place, now_ms: MpvSurface(now_ms, place.name)) as glass:
        glass.decoder = ("--input-ipc", f"DISPLAY={glass.lab.name}\0")
        eventually(lambda: name_of(glass.lab.pixel(*MIDDLE)), 60)
        yield glass


@contextmanager
def _playing(folder: Path, surface: Callable[[Lab, Callable[[], int]], Any]) -> Iterator[Glass]:
    with (
        patch("player.report.LATEST_MS", 500),
        patch("player.pen.REST_S", 0.1),
        lab() as place,
        serving() as server,
    ):
        server.orders.publish(RED, GREEN)
        with acting(folder / "player", server, lambda c: surface(place, lambda: c.read().ms)) as (agent, _):
            yield Glass(place, server, agent)


# --- Odd files ------------------------------------------------------------------------------------------------------


def odd(glass: Glass, folder: Path, seed: int, count: int) -> Iterator[Verdict]:
    """Signed playlists in which every other item is odd, each in a slot longer than a screen may stand still."""
    files = odd_files(folder, seed, count, ODD_MS)
    for first in range(0, count, BATCH):
        yield from _batch(glass, files[first : first + BATCH])


def _batch(glass: Glass, files: list[Item]) -> Iterator[Verdict]:
    """Each file once, good pictures between them; a verdict for every file."""
    entries = [RED, GREEN, *files]
    begin_ms = time.time_ns() // 1_000_000 + LEAD_MS  # they are to be fetched first
    starts = [begin_ms + number * (ODD_MS + GOOD_MS) for number in range(len(files))]
    glass.publish(*entries, plan=_once(begin_ms, len(files)), fallback=(0, 1))  # what stands in is good
    with filming(glass.lab, *MIDDLE) as film:
        time.sleep(max(starts[-1] + ODD_MS + GOOD_MS - time.time_ns() / 1e6, 0) / 1000)
    over_ms = starts[-1] + ODD_MS
    heard = glass.plays(lambda plays: any(p.start >= over_ms for p in plays))
    plays = [p for p in heard if p.version.number == glass.server.orders.number]
    for place, start in enumerate(starts):
        verdict = _verdict(place + 2, start, plays, film, len(glass.server.altered))
        told = any(p.entry == place + 2 for p in plays) or files[place].rendition.sha256 in glass.agent.stage.strikes
        yield verdict if told else replace(verdict, why=f"nobody says what became of {files[place].title}")


def _once(begin_ms: int, count: int) -> Plan:
    """From then on, every odd file and a good one behind it; before and after, what is held."""
    midnight = begin_ms - begin_ms % DAY_MS
    slots = []
    for number in range(count):
        at = begin_ms % DAY_MS + number * (ODD_MS + GOOD_MS)
        slots += [Slot(at, number + 2, ODD_MS), Slot(at + ODD_MS, number % 2, GOOD_MS)]
    day = time.strftime("%Y-%m-%d", time.gmtime(midnight / 1000))
    return Plan((Loop(DAY_MS, tuple(slots)),), ((Block(0, DAY_MS, 0),),), (Day(day, midnight, 0),))


def _verdict(entry: int, start: int, plays: list[Play], film: Film, altered: int) -> Verdict:
    """How long the screen stood still in the slot of this entry, and whether anything was dark that should not be."""
    shown = sorted(p.start for p in plays if p.shown_ms and start - 200 <= p.start < start + ODD_MS)
    own = [p for p in plays if p.entry == entry]
    seen = any(p.shown_ms for p in own)
    changes = [*film.changes, (film.changes[-1][0] + 1, (0, 0, 0))]
    dark = [b - at for (at, colour), (b, _) in pairwise(changes) if start <= at < start + ODD_MS and colour in DARK]
    return Verdict(
        max(shown[0] - start, 0) if shown else ODD_MS,
        dark_ms=0 if seen else round(max(dark, default=0)),
        told=len(plays),
        doubled=altered,
    )


# --- Stopped decoders -----------------------------------------------------------------------------------------------


def stopped(glass: Glass, _folder: Path, seed: int, count: int) -> Iterator[Verdict]:
    """SIGSTOP of every process that decodes, and SIGCONT after a while: the last picture stays, and is no play."""
    glass.publish(RED, GREEN)
    for number in range(count):
        dice = Random(f"{seed} {number}")
        time.sleep(dice.uniform(1, 2))
        with filming(glass.lab, *MIDDLE) as film:
            began_ms = time.time_ns() // 1_000_000
            pids = glass.decoders()
            assert pids, "nothing decodes"
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(LONGEST_S ** dice.random() if number else 1.5)
            for pid in pids:
                with suppress(ProcessLookupError):  # mpv was started anew
                    os.kill(pid, signal.SIGCONT)
            healed_ms = time.time_ns() // 1_000_000
            again = _next_change(glass, healed_ms)
        yield _after_stop(glass, film, began_ms, healed_ms, again)


def _next_change(glass: Glass, healed_ms: int) -> int | None:
    """ms until both pictures were on again; None when they were not in half a minute."""
    names = set()
    while (after_ms := time.time_ns() // 1_000_000 - healed_ms) < 30_000:
        names.add(name_of(glass.lab.pixel(*MIDDLE)))
        if {RED.title, GREEN.title} <= names:
            return after_ms
        time.sleep(0.01)
    return None


def _after_stop(glass: Glass, film: Film, began_ms: int, healed_ms: int, again: int | None) -> Verdict:
    plays = glass.plays(lambda plays: any(p.start > healed_ms for p in plays))
    titles = [RED.title, GREEN.title]
    meant = [p for p in plays if began_ms < p.start < healed_ms and p.shown_ms >= 500]
    untrue = [p for p in meant if name_of(_colour_at(film, p.start + 400)) != titles[p.entry]]
    changes = [*film.changes, (film.changes[-1][0] + 1, GROUND)]
    dark = [b - at for (at, colour), (b, _) in pairwise(changes) if colour in DARK]
    return Verdict(
        again, round(max(dark, default=0)), len(plays), doubled=len(glass.server.altered), invented=len(untrue)
    )


def _colour_at(film: Film, at_ms: int) -> Colour:
    return [colour for at, colour in film.changes if at <= at_ms][-1]
