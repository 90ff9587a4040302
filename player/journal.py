"""Every play, on disk before anyone hears of it, until the server's signed receipt covers it.

An append-only run of records: plays, receipts, and the base that begins each file. Numbers never repeat for the life
of the device: ``counters`` reserves them in blocks, so that even a file damaged in its middle cannot bring one back;
the hole that leaves is an honest gap. A receipt is written together with the next play: losing one only means that
plays are handed in once more. Over its budget the oldest plays are merged (:mod:`player.merging`).
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from player.disk import Disk
from player.held import Held
from player.journal_files import Closed, JournalFiles
from player.merging import merged
from player.records import frame, play_data, plays_of, records_in
from player.store import Slots
from playlists.model import ClockQuality, Play, PlayBatch, Receipt
from playlists.play_rows import MAX_PLAYS

BATCH_PLAYS = 30
RESERVE = 1000
READ_TRIES = 3
FARTHEST = 10**9  # no server of ours can know more than so many plays that this journal does not
COMPACT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of the disk plays may take before the oldest are merged, and when a file of them is closed."""

    bytes: int = 64 * 1024 * 1024
    close_bytes: int = 512 * 1024


class Journal:
    """The plays of one device. Safe to use from several threads.

    ``boot`` numbers this start, ``last`` the newest play, ``receipted`` the last one a receipt covers.
    """

    def __init__(self, folder: Path, device: str, disk: Disk | None = None, budget: Budget | None = None) -> None:
        """Open or create; recovers whatever a death or a bad card left behind.

        Raises:
            OSError: the disk refuses; without a journal nothing shown could be proved.
        """
        self._disk, self._device, self._budget = disk or Disk(), device, budget or Budget()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._aside = folder / "aside"
        self._counters = Slots(folder, "counters", self._disk)
        self._files = JournalFiles(folder, self._disk, self._budget.close_bytes)
        self._lock = threading.Lock()
        self._held = Held()
        self._misread: dict[int, int] = {}
        self._clocks: list[list[int]] = []  # [boot, first number, last number, wall minus monotonic time]
        self._unsaid: dict[str, Any] = {}
        self._offered = 0
        self._found = self._unsure = False
        self.untimed = False
        self.receipted, self.last, self.boot, self._chain = 0, 0, 0, ""
        boot, ceiling = self._counters.load(_read_counters) or (0, 0)
        self._recover(ceiling)
        self.boot = max(boot, self.boot) + 1
        self._ceiling = self.last
        with suppress(OSError):  # a full disk must not keep a screen from starting: the first play asks again
            self._reserve()
        self._files.open()

    def close(self) -> None:
        """Every play was synced when it was written; only a receipt may still be unsaid."""
        with suppress(OSError):
            self._say()
        self._files.close()

    def append(self, play: Play) -> Play:
        """The play with its number, durable; only now may anyone hear of it. Raises OSError: nothing was recorded."""
        return self.append_all([play])[0]

    def append_all(self, plays: Sequence[Play]) -> list[Play]:
        """The plays with their numbers, all durable with one write. Raises OSError: nothing was recorded."""
        with self._sure():
            if self.last + len(plays) > self._ceiling:
                self._reserve()
            numbered = [replace(play, n=self.last + 1 + index) for index, play in enumerate(plays)]
            frames = [frame(play_data(play, self.boot)) for play in numbered]
            offset = self._append(b"".join(frames))
            for play, written in zip(numbered, frames, strict=True):
                self._held.add(play.n, 1, offset)
                offset += len(written)
            self.last += len(plays)
            self.untimed = self.untimed or any(play.clock is ClockQuality.UNKNOWN for play in plays)
            if self._files.size >= self._budget.close_bytes:
                with suppress(OSError), self._whole_files():  # the plays are safe; the next one tries again
                    self._files.begin_another(self._base)
                    self._keep_within_budget()
            return numbered

    def waiting(self) -> int:
        """How many plays no receipt covers yet."""
        return self._held.plays

    @property
    def size_bytes(self) -> int:
        """How much of the budget is used."""
        return self._files.total

    def next_batch(self, screen: str, most: int = BATCH_PLAYS) -> PlayBatch | None:
        """The oldest plays without a receipt, consecutive, of one boot, chained to the last batch: those of ``most``
        records at most.

        Raises:
            OSError: one cannot be read. After some tries it is left out: one bad place must not hold up all others.
        """
        with self._sure():
            plays: list[Play] = []
            boot = -1
            for index in range(min(most, len(self._held))):
                fits = len(plays) + self._held.counts[index] <= MAX_PLAYS
                if plays and not (fits and self._held.numbers[index] == plays[-1].n + 1):
                    break
                data = self._read_patiently(index)
                if plays and data["boot"] != boot:
                    break
                boot = data["boot"]
                plays += plays_of(data)
            self._offered = max(self._offered, plays[-1].n if plays else 0)
            return PlayBatch(self._device, screen, boot, self._chain, tuple(plays)) if plays else None

    def _read_patiently(self, index: int) -> dict[str, Any]:
        offset = self._held.offsets[index]
        try:
            return self._read(offset)
        except OSError:
            # ``settle`` goes on behind it, so the server sees an honest gap.
            self._misread[offset] = self._misread.get(offset, 0) + 1
            if self._misread[offset] >= READ_TRIES:
                self._held.put(slice(index, index + 1), Held())
            raise

    def _read(self, offset: int) -> dict[str, Any]:
        return _timed(self._files.record(offset), self._clocks)

    def settle(self, receipt: Receipt) -> None:
        """Forget what the receipt covers; a gap it names that is still held here is sent again.

        A receipt beyond our own last number means that this journal was restored from an older copy: numbering goes
        on behind it. An older receipt than the last one says nothing new.

        Raises:
            OSError: the files could not be made shorter; the receipt counts all the same.
        """
        with self._sure():
            covered = self._held.covered(receipt)
            if receipt.last < self.receipted or (covered == 0 and receipt.batch == self._chain):
                return
            kept = self._held.numbers[covered] if covered < len(self._held) else 0
            self._unsaid = {"receipt": receipt.last, "batch": receipt.batch, "kept": kept}
            self._held.forget(covered)
            self.receipted, self._chain = receipt.last, receipt.batch
            self.last = max(self.last, receipt.last)
            with self._whole_files():
                self._shorten()

    def _append(self, data: bytes) -> int:
        """Where ``data`` lies by now, on disk, behind a receipt that was not said yet."""
        receipt = frame(self._unsaid) if self._unsaid else b""
        offset = self._files.append(receipt + data)
        self._unsaid = {}
        return offset + len(receipt)

    def _say(self) -> None:
        if self._unsaid:
            self._append(b"")

    def _shorten(self) -> None:
        """Remove receipted files; rewrite the growing one when more than half of it is receipted, so that each byte is
        moved a few times only."""
        files = self._files
        start = self._held.offsets[0] if self._held else files.origin + files.size
        if files.closed and files.closed[0].end <= start:
            self._say()  # on disk before what it covers is gone
            files.drop_before(start)
        if start - files.origin >= max(COMPACT_BYTES, files.size // 2):
            shrunk = files.shorten(start, self._base)
            self._unsaid = {}  # the base says it
            for index, offset in enumerate(self._held.offsets):
                self._held.offsets[index] = offset - shrunk

    def renumber(self, last: int) -> None:
        """The server knows numbers up to ``last`` with other content: number what is held behind them, in a new chain.

        That happens when the card was restored from an older copy, or lost its end. Nothing is forgotten.

        Raises:
            ValueError: so far ahead cannot be true.
            OSError: nothing changed.
        """
        with self._sure():
            if not 0 <= last <= self.last + FARTHEST:
                raise ValueError(f"the server says that it knows {last} plays")
            base = max(last, self.receipted)
            if self._held and base < self._held.numbers[0]:
                base = self.last  # it says less than it could mean: take numbers nobody has used
            before = self.last, self.receipted, self._chain
            numbers = _numbers_from(base + 1, self._held.counts)
            records = (frame({**self._read_patiently(index), "n": number}) for index, number in enumerate(numbers))
            try:
                self.last, self.receipted, self._chain = max(self.last, base + self._held.plays), base, ""
                self._reserve()
                with self._whole_files():
                    offsets = self._files.replace_all(records, self._base)
            except OSError:
                self.last, self.receipted, self._chain = before
                raise
            held = Held()
            for number, count, offset in zip(numbers, self._held.counts, offsets, strict=True):
                held.add(number, count, offset)
            self._held, self._unsaid = held, {}

    def set_aside(self, number: int, code: str) -> None:
        """Keep this record in a file of its own and send it no more: the server refused it with ``code``, alone.

        Raises:
            OSError: it is still to be sent.
        """
        with self._sure():
            data = self._read(self._held.offsets[self._held.numbers.index(number)])
            descriptor = os.open(self._aside, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._disk.write(descriptor, frame({**data, "code": code}))
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
            self._append(frame({"aside": number}))
            self._held.remove(number)

    # --- The time ---

    def know_time(self, ahead_ms: int) -> None:
        """The wall clock is known now, and ``ahead_ms`` ahead of the monotonic one: plays of this boot that nobody
        has heard of yet get their right start. Raises OSError."""
        with self._sure():
            if not self.untimed:
                return
            first = max(self._offered, self.receipted, *(upto for _, _, upto, _ in self._clocks), 0) + 1
            if first <= self.last:
                clock = [self.boot, first, self.last, ahead_ms]
                self._append(frame({"clock": clock}))
                self._clocks.append(clock)
            self.untimed = False

    # --- The budget ---

    def _keep_within_budget(self) -> None:
        for closed in self._files.closed:
            if self._files.total <= self._budget.bytes:
                return
            if not closed.merged:
                self._merge(closed)

    def _merge(self, closed: Closed) -> None:
        """Rewrite one closed file with sums. What a batch may have carried before stays as it is."""
        rows = self._held.between(closed.origin, closed.end)
        records = {closed.origin + r.offset: r.data for r in records_in(self._disk.read(closed.path))}
        told = max(BATCH_PLAYS, self._held.covered(Receipt(self._device, max(self.receipted, self._offered), "", 0)))
        plays = [_timed(records[offset], self._clocks) for offset in self._held.offsets[rows]]
        untouched = max(told - rows.start, 0)
        content = bytearray(frame({**self._base_data(), "merged": True, "kept": self._held.numbers[0]}))
        content += b"".join(frame(data) for data in records.values() if "aside" in data)
        shorter = Held()
        for data in [*plays[:untouched], *merged(plays[untouched:])]:
            shorter.add(data["n"], data.get("c", (1,))[0], closed.origin + len(content))
            content += frame(data)
        self._files.rewrite(closed, bytes(content))
        self._held.put(rows, shorter)

    # --- Looking at the files ---

    @contextmanager
    def _sure(self) -> Iterator[None]:
        """Alone, and knowing what the files hold: after a step of unknown outcome they are read anew."""
        with self._lock:
            if self._unsure:
                unsaid = self._unsaid
                self._held, self._found = Held(), False
                self._recover(self._ceiling)
                self._files.open()
                if unsaid:
                    self._replay(unsaid, 0)
                self._unsure = False
            yield

    @contextmanager
    def _whole_files(self) -> Iterator[None]:
        """Around steps that replace files: one that fails may have replaced its file all the same."""
        try:
            yield
        except OSError:
            self._unsure = True
            raise

    def _base(self, first: int, end: int) -> bytes:
        return frame({**self._base_data(), "files": [first, end]})

    def _base_data(self) -> dict[str, Any]:
        oldest = self._held.numbers[0] if self._held else self.last + 1
        clocks = [clock for clock in self._clocks if clock[2] >= oldest]
        base = {"base": self.last, "boot": self.boot, "receipt": self.receipted, "batch": self._chain}
        return {**base, "clocks": clocks} if clocks else base

    def _reserve(self) -> None:
        ceiling = self.last + RESERVE
        self._counters.save(json.dumps({"boot": self.boot, "ceiling": ceiling}).encode())
        self._ceiling = ceiling

    def _recover(self, ceiling: int) -> None:
        """Read the files. When something in them is damaged, keep a copy and rewrite them from what is whole."""
        damages = self._files.read(self._replay)
        if (ceiling > 0 and not self._found) or any(damage.found and not damage.torn for damage in damages):
            # Not just a torn last write, which nobody was told of: an acknowledged number may be among what is lost.
            # The newest counters may be gone as well: they were one reserve further at most.
            self.last = max(self.last, ceiling) + RESERVE
        if damages:
            self._files.mend(damages, self._base)
            self._held = Held()
            self._files.read(self._replay)

    def _replay(self, data: dict[str, Any], offset: int) -> None:
        self._found = True
        self.boot = max(self.boot, data.get("boot", 0))
        if "n" in data:
            count = data.get("c", (1,))[0]
            self._held.add(data["n"], count, offset)
            self.last = max(self.last, data["n"] + count - 1)
        elif "aside" in data:
            self._held.remove(data["aside"])
        elif "clock" in data:
            self._clocks.append(data["clock"])
        else:
            self.last = max(self.last, data.get("base", 0), data["receipt"])
            self.receipted, self._chain = data["receipt"], data["batch"]
            self._clocks += [clock for clock in data.get("clocks", ()) if clock not in self._clocks]
            if "kept" in data:
                self._held.forget_below(data["kept"])


def _numbers_from(first: int, counts: Sequence[int]) -> list[int]:
    numbers = []
    for count in counts:
        numbers.append(first)
        first += count
    return numbers


def _timed(data: dict[str, Any], clocks: list[list[int]]) -> dict[str, Any]:
    """A record with its start put right, when its clock was unknown and became known in the same boot."""
    result, evidence, quality = data["g"]
    if quality != ClockQuality.UNKNOWN:
        return data
    for boot, first, last, ahead_ms in clocks:
        if data["boot"] == boot and first <= data["n"] <= last:
            _, mono_ms, *durations = data["t"]
            times, grades = [mono_ms + ahead_ms, mono_ms, *durations], [result, evidence, int(ClockQuality.ESTIMATED)]
            return {**data, "t": times, "g": grades}
    return data


def _read_counters(body: bytes) -> tuple[int, int]:
    data = json.loads(body)
    return int(data["boot"]), int(data["ceiling"])
