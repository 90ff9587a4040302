"""Every single step on the disk: the process dies at it, or the disk refuses it. All steps of all operations.

The player's parts run in this process over a disk that counts; the display and its clock are in memory.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random

from player.beliefs import SeenTime
from player.enrol import Paired, device_key, load_paired, save_paired
from player.journal import Budget, Journal
from player.records import plays_of, records_in
from playlists import topics
from playlists.model import Play, Receipt
from tests.fake_orders import SCREEN, UNIT
from tests.fakes import FakeServer, device, serving
from tests.faults.judge import Verdict
from tests.player.cinema import Cinema
from tests.player.dying_disk import Death, DyingDisk
from tests.player.rig import BLUE, GREEN, RED
from tests.world import NOW, play

APPROVED = {RED.title, GREEN.title, BLUE.title}
HALF_A_RECORD = b"\xc7\x71\0\0\0\7{"
ROUND_MS = 3500  # a loop of three items, and a bit
SMALL = Budget(bytes=9_000, close_bytes=3_000)  # files are closed and merged after a few plays
PAIRED = Paired(SCREEN, UNIT, "Sảnh A", "mqtt://127.0.0.1:1", SCREEN, "d", "http://127.0.0.1:1/files")


class Kind:
    """What happens at a step: ``error`` None is the death of the process."""

    def __init__(self, error: int | None = None, lasting: bool = False) -> None:
        self.error, self.lasting = error, lasting

    def disk(self, step: int) -> Steps:
        return Steps(step, OSError(self.error, os.strerror(self.error)) if self.error else None, self.lasting)


KILL, EIO, FULL = Kind(), Kind(errno.EIO), Kind(errno.ENOSPC, lasting=True)


class Steps(DyingDisk):
    """Fails at the step ``at``, or from there on; 0: never. A full disk refuses nothing but writing."""

    def __init__(self, at: int = 0, error: OSError | None = None, lasting: bool = False) -> None:
        super().__init__(at, error)
        self.at, self.lasting, self.taken = at, lasting, 0
        self.failed = self._writing = False

    def _step(self) -> None:
        self.taken += 1
        due = self.at and (self.taken >= self.at if self.lasting else self.taken == self.at)
        if due and (self._writing or not self.lasting):
            self.failed = True
            raise self.error or Death

    def write(self, descriptor: int, data: bytes) -> None:
        self._writing = True
        try:
            super().write(descriptor, data)
        finally:
            self._writing = False


@dataclass
class Account:
    """What was tried, told and handed in; ``key`` and ``paired`` once they were told."""

    tried: int = 0
    pending: list[Play] = field(default_factory=list)
    told: list[Play] = field(default_factory=list)
    handed: dict[int, Play] = field(default_factory=dict)
    altered: int = 0
    key: str = ""
    paired: bool = False


class Stand(Cinema):
    """A screen's parts and its journal over one disk."""

    def __init__(self, folder: Path, server: FakeServer, disk: Steps, account: Account, budget: Budget) -> None:
        self.steps, self.account, self.budget = disk, account, budget
        super().__init__(folder, server, disk)

    def start(self) -> None:
        super().start()
        self.journal = Journal(self.folder / "journal", device().keyid, disk=self.steps, budget=self.budget)

    def record(self, count: int) -> None:
        """New plays, durable and told, all or none; those the disk refused come first."""
        account = self.account
        if not account.pending:
            account.pending = [play(account.tried + n) for n in range(count)]
            account.tried += count
        account.told += self.journal.append_all(account.pending)
        account.pending = []

    def hand_in(self, most: int = 10**6) -> None:
        """Everything that waits goes to a server that keeps what it hears."""
        while most > 0 and (batch := self.journal.next_batch(SCREEN)):
            known = self.account.handed
            self.account.altered += sum(known.get(p.n, p) != p for p in batch.plays)
            known |= {p.n: p for p in batch.plays}
            most -= len(batch.plays)
            name = sha256(f"{batch.last}".encode()).hexdigest()
            self.journal.settle(Receipt(device().keyid, batch.last, name, NOW))

    def aside(self) -> list[Play]:
        """What lies aside for a person to look at."""
        files = [path.read_bytes() for path in self.folder.glob("journal/aside")]
        return [play for content in files for record in records_in(content) for play in plays_of(record.data)]

    def gone(self) -> None:
        """The process is gone: nothing more is written, its files are closed."""
        self.account.pending = []
        self.journal._files.close()


# --- The operations -------------------------------------------------------------------------------------------------


def pair(stand: Stand) -> None:
    stand.account.key = device_key(stand.folder, stand.steps).keyid
    save_paired(stand.folder, PAIRED, stand.steps)
    stand.account.paired = True


def follow(stand: Stand) -> None:
    stand.player.step()


def new_playlist(stand: Stand) -> None:
    stand.server.orders.publish(BLUE, GREEN)
    follow(stand)


def new_trust(stand: Stand) -> None:
    stand.server.orders.trust_version, stand.server.orders.issued = 2, stand.server.orders.issued + 1
    follow(stand)


def withdrawal(stand: Stand) -> None:
    stand.server.orders.withdraw(RED)
    stand.player.hear(topics.ALL_REVOCATION, stand.server.orders.revocation())
    follow(stand)


def renumber(stand: Stand) -> None:
    stand.journal.renumber(stand.journal.last + 5)


def set_aside(stand: Stand) -> None:
    batch = stand.journal.next_batch(SCREEN)
    assert batch
    stand.journal.set_aside(batch.first, "E-SCHEMA")


def start_anew(stand: Stand) -> None:
    stand.gone()
    stand.start()
    stand.looks_at_files()


@dataclass(frozen=True)
class Operation:
    """Something a player does to its disk. ``held`` plays lie in its journal before, ``torn``: with half a record."""

    name: str
    does: Callable[[Stand], None]
    held: int = 40
    budget: Budget = field(default_factory=Budget)
    fresh: bool = False  # before the first orders came
    torn: bool = False


OPERATIONS = (
    Operation("pairing", pair, fresh=True),
    Operation("first orders", follow, fresh=True),
    Operation("a new playlist with a new file", new_playlist),
    Operation("a new trust", new_trust),
    Operation("a withdrawal", withdrawal),
    Operation("a play", partial(Stand.record, count=1)),
    Operation("the first play", partial(Stand.record, count=1), fresh=True, held=0),
    Operation("plays and a receipt between", lambda stand: (stand.hand_in(20), stand.record(3))[1]),
    Operation("plays that close a file and merge others", partial(Stand.record, count=20), held=75, budget=SMALL),
    Operation("receipts for closed files", Stand.hand_in, held=75, budget=SMALL),
    Operation("receipts that let the file shrink", Stand.hand_in, held=2300),
    Operation("numbering anew", renumber),
    Operation("numbering anew over several files", renumber, held=60, budget=SMALL),
    Operation("setting a play aside", set_aside),
    Operation("a start", start_anew),
    Operation("a start after half a record", start_anew, torn=True),
    Operation("keeping the time", lambda stand: SeenTime(stand.folder, stand.steps).keep(stand.player.clock, True)),
)


# --- The rounds -----------------------------------------------------------------------------------------------------


@contextmanager
def workshop(folder: Path) -> Iterator[Room]:
    """Where the operations are done."""
    with serving() as server:
        server.orders.publish(RED, GREEN)
        yield Room(folder, server)


def at_every_step(kind: Kind, room: Room, _folder: Path, seed: int, count: int) -> Iterator[Verdict]:
    """All steps of all operations in an order of this seed, or the first ``count`` of them."""
    points = [(o, n) for o in OPERATIONS for n in range(1, room.length(o) + 1)]
    Random(seed).shuffle(points)
    for operation, step in points[:count]:
        verdict = room.round(operation, kind, step)
        if verdict:
            yield verdict


class Room:
    """Prepared state folders, and rounds over copies of them."""

    def __init__(self, folder: Path, server: FakeServer) -> None:
        self._folder, self._server, self._orders = folder, server, server.orders
        self._accounts: dict[str, Account] = {}
        self._lengths: dict[str, int] = {}

    def length(self, operation: Operation) -> int:
        """How many steps it takes."""
        if operation.name not in self._lengths:
            disk = Steps()
            stand = self._stand(operation, disk)
            operation.does(stand)
            stand.gone()
            self._lengths[operation.name] = disk.taken
        return self._lengths[operation.name]

    def round(self, operation: Operation, kind: Kind, step: int) -> Verdict | None:
        """One operation that fails at one step, and what came of it; None when no step of it was refused."""
        disk = kind.disk(step)
        stand = self._stand(operation, disk)
        dead = why = ""
        try:
            operation.does(stand)
        except Death:
            dead = "killed"
        except OSError:
            dead = "did not start" if operation.does is start_anew else ""
        if not disk.failed:
            stand.gone()
            return None
        if dead == "did not start" and kind is FULL:
            why = "it does not start on a full disk"
        began = time.monotonic()
        titles = set() if dead else stand.seen(ROUND_MS)  # it goes on, whatever the disk does
        disk.at = 0
        if dead:
            start_anew(stand)
        titles |= stand.seen(ROUND_MS)
        recovery_ms = round((time.monotonic() - began) * 1000)
        dark_ms = 0 if operation.fresh or "" not in titles else ROUND_MS
        verdict = replace(self._audit(operation, stand, dead), recovery_ms=recovery_ms, dark_ms=dark_ms)
        stand.gone()
        verdict = replace(verdict, why=verdict.why or why)
        return verdict if verdict.harmless else replace(verdict, why=f"{operation.name}, step {step}: {verdict.why}")

    def _stand(self, operation: Operation, disk: Steps) -> Stand:
        """A screen as it is before the operation, on a disk that was healthy so far."""
        ready, used, at = self._folder / operation.name, self._folder / "used", disk.at
        self._server.orders = copy(self._orders)
        if not ready.exists():
            self._accounts[operation.name] = self._prepared(operation, ready)
        shutil.rmtree(used, ignore_errors=True)
        shutil.copytree(ready, used)
        account = self._accounts[operation.name]
        disk.at = 0
        stand = Stand(used, self._server, disk, Account(account.tried, told=list(account.told)), operation.budget)
        stand.looks_at_files()
        if operation.torn:
            with (used / "journal/plays").open("ab") as file:
                file.write(HALF_A_RECORD)
        disk.at, disk.taken = at, 0
        return stand

    def _prepared(self, operation: Operation, folder: Path) -> Account:
        stand = Stand(folder, self._server, Steps(), Account(), operation.budget)
        if not operation.fresh:
            stand.player.step()
        for first in range(0, operation.held, 50):
            stand.record(min(50, operation.held - first))
        stand.gone()
        return stand.account

    def _audit(self, operation: Operation, stand: Stand, dead: str) -> Verdict:
        """Do it again, to the end, and compare what there is with what was told."""
        account = stand.account
        if not dead:
            operation.does(stand)
        for _ in range(3):
            stand.player.step()
            stand.looks_at_files()
        titles = stand.seen(ROUND_MS) - {""}
        gone = {RED.title} if stand.player.beliefs.state.revocation.version else set()
        stand.hand_in()
        account.handed |= {play.n: play for play in stand.aside()}
        starts = Counter(p.start_mono_ms for p in account.handed.values() if p.merged == 1)
        lost = [p for p in account.told if p.n not in account.handed and p.start_mono_ms not in starts]
        return Verdict(
            None,
            told=len(account.told),
            lost=len(lost),
            doubled=account.altered + sum(n - 1 for n in starts.values()),
            unapproved=len(titles - APPROVED) + len(titles & gone),
            why=self._forgotten(stand, titles | gone),
        )

    def _forgotten(self, stand: Stand, titles: set[str]) -> str:
        """What it should know by now and does not."""
        account = stand.account
        if account.key and device_key(stand.folder).keyid != account.key:
            return "another device key"
        if account.paired and load_paired(stand.folder) != PAIRED:
            return "the pairing is gone"
        if stand.player.number != self._server.orders.number:
            return f"playlist {stand.player.number}, not {self._server.orders.number}"
        return "" if titles >= {item.title for item in self._server.orders.items} else f"only {titles} to be seen"
