"""Every play, on disk before anyone hears of it, until the server's signed receipt covers it.

One append-only file of records: plays, receipts, and the base that compaction writes first. Numbers never repeat for
the life of the device: ``counters`` reserves them in blocks, so that even a file damaged in its middle cannot bring
one back; the hole that leaves is an honest gap.
"""

from __future__ import annotations

import json
import os
import threading
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import replace
from pathlib import Path
from typing import Any

from player.disk import Disk
from player.records import FRAME, LONGEST_RECORD, Record, frame, play_data, play_of, record_at, records_in
from player.store import Slots
from playlists.model import Play, PlayBatch, Receipt

BATCH_PLAYS = 30
RESERVE = 1000
READ_TRIES = 3
FARTHEST = 10**9  # no server of ours can know more than so many plays that this journal does not
COMPACT_BYTES = 256 * 1024


class Journal:
    """The plays of one device. Safe to use from several threads.

    ``boot`` numbers this start, ``last`` the newest play, ``receipted`` the last one a receipt covers.
    """

    def __init__(self, folder: Path, device: str, disk: Disk | None = None) -> None:
        """Open or create; recovers whatever a death or a bad card left behind.

        Raises:
            OSError: the disk refuses; without a journal nothing shown could be proved.
        """
        self._disk = disk or Disk()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._device = folder / "plays", device
        self._counters = Slots(folder, "counters", self._disk)
        self._lock = threading.Lock()
        self._numbers, self._offsets = array("Q"), array("Q")
        self._misread: dict[int, int] = {}
        self.receipted, self.last, self.boot, self._chain = 0, 0, 0, ""
        boot, ceiling = self._counters.load(_read_counters) or (0, 0)
        self._recover(ceiling)
        self.boot = max(boot, self.boot) + 1
        self._reserve()
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND)

    def close(self) -> None:
        """Nothing is pending: every record was synced when it was written."""
        os.close(self._descriptor)

    def append(self, play: Play) -> Play:
        """The play with its number, durable; only now may anyone hear of it. Raises OSError: nothing was recorded."""
        with self._lock:
            if self.last >= self._ceiling:
                self._reserve()
            numbered = replace(play, n=self.last + 1)
            offset = self._write(play_data(numbered, self.boot))
            self.last = numbered.n
            self._numbers.append(numbered.n)
            self._offsets.append(offset)
            return numbered

    def waiting(self) -> int:
        """How many plays no receipt covers yet."""
        return len(self._numbers)

    def next_batch(self, screen: str, most: int = BATCH_PLAYS) -> PlayBatch | None:
        """The oldest plays without a receipt, so many at most, consecutive, of one boot, chained to the last batch.

        Raises:
            OSError: one cannot be read. After some tries it is left out: one bad place must not hold up all others.
        """
        with self._lock:
            plays: list[Play] = []
            boot = -1
            for number, offset in zip(self._numbers[:most], self._offsets[:most], strict=True):
                if plays and number != plays[-1].n + 1:
                    break
                data = self._read_patiently(offset)
                if plays and data["boot"] != boot:
                    break
                boot = data["boot"]
                plays.append(play_of(data))
            return PlayBatch(self._device, screen, boot, self._chain, tuple(plays)) if plays else None

    def _read_patiently(self, offset: int) -> dict[str, Any]:
        try:
            return self._read(offset)
        except OSError:
            # ``settle`` goes on behind it, so the server sees an honest gap.
            self._misread[offset] = self._misread.get(offset, 0) + 1
            if self._misread[offset] >= READ_TRIES:
                index = self._offsets.index(offset)
                del self._numbers[index], self._offsets[index]
            raise

    def settle(self, receipt: Receipt) -> None:
        """Forget what the receipt covers; a gap it names that is still held here is sent again.

        A receipt beyond our own last number means that this journal was restored from an older copy: numbering goes
        on behind it. An older receipt than the last one says nothing new.

        Raises:
            OSError: nothing is forgotten.
        """
        with self._lock:
            covered = self._covered(receipt)
            if receipt.last < self.receipted or (covered == 0 and receipt.batch == self._chain):
                return
            kept = self._numbers[covered] if covered < len(self._numbers) else 0
            self._write({"receipt": receipt.last, "batch": receipt.batch, "kept": kept})
            self._forget(covered)
            self.receipted, self._chain = receipt.last, receipt.batch
            self.last = max(self.last, receipt.last)
            self._compact()

    def renumber(self, last: int) -> None:
        """The server knows numbers up to ``last`` with other content: number what is held behind them, in a new chain.

        That happens when the card was restored from an older copy, or lost its end. Nothing is forgotten.

        Raises:
            ValueError: so far ahead cannot be true.
            OSError: nothing changed.
        """
        with self._lock:
            if not 0 <= last <= self.last + FARTHEST:
                raise ValueError(f"the server says that it knows {last} plays")
            base = max(last, self.receipted)
            if self._numbers and base < self._numbers[0]:
                base = self.last  # it says less than it could mean: take numbers nobody has used
            held = [self._read_patiently(offset) for offset in self._offsets]
            before = self.last, self.receipted, self._chain
            self.last, self.receipted, self._chain = max(self.last, base + len(held)), base, ""
            try:
                self._reserve()
                self._replace_with([{**data, "n": base + 1 + index} for index, data in enumerate(held)])
            except OSError:
                self.last, self.receipted, self._chain = before
                raise

    def _replace_with(self, plays: list[dict[str, Any]]) -> None:
        """Write the file anew, and hold these plays."""
        content, offsets = bytearray(self._base()), array("Q")
        for data in plays:
            offsets.append(len(content))
            content += frame(data)
        self._disk.replace_file(self._path, bytes(content))
        self._numbers, self._offsets = array("Q", (data["n"] for data in plays)), offsets
        self._reopen()

    def _reopen(self) -> None:
        os.close(self._descriptor)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND)

    def set_aside(self, number: int, code: str) -> None:
        """Keep this play in a file of its own and send it no more: the server refused it with ``code``, alone.

        Raises:
            OSError: it is still to be sent.
        """
        with self._lock:
            index = self._numbers.index(number)
            data = self._read(self._offsets[index])
            descriptor = os.open(self._path.with_name("aside"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._disk.write(descriptor, frame({**data, "code": code}))
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
            self._write({"aside": number})
            del self._numbers[index], self._offsets[index]

    def _covered(self, receipt: Receipt) -> int:
        """How many of the oldest held plays the receipt covers: up to its last, or to the first gap held here."""
        covered = bisect_right(self._numbers, receipt.last)
        for first, last in sorted(receipt.gaps):
            held = bisect_left(self._numbers, first)
            if held < covered and self._numbers[held] <= last:
                return held
        return covered

    def _forget(self, count: int) -> None:
        del self._numbers[:count], self._offsets[:count]

    def _compact(self) -> None:
        """Rewrite the file when more than half of it is receipted, so that each byte is moved a few times only."""
        size = os.fstat(self._descriptor).st_size
        start = self._offsets[0] if self._offsets else size
        if start < max(COMPACT_BYTES, size // 2):
            return
        base = self._base()
        self._disk.replace_file(self._path, base + os.pread(self._descriptor, size - start, start))
        self._offsets = array("Q", (offset - start + len(base) for offset in self._offsets))
        self._reopen()

    def _base(self) -> bytes:
        return frame({"base": self.last, "boot": self.boot, "receipt": self.receipted, "batch": self._chain})

    def _write(self, data: dict[str, Any]) -> int:
        """Append one record and sync it; a failed attempt is cut off again, so the file stays whole."""
        offset = os.fstat(self._descriptor).st_size
        try:
            self._disk.write(self._descriptor, frame(data))
            self._disk.sync(self._descriptor)
        except OSError:
            self._disk.truncate(self._descriptor, offset)
            raise
        return offset

    def _read(self, offset: int) -> dict[str, Any]:
        record = record_at(self._disk.block(self._descriptor, offset, FRAME.size + LONGEST_RECORD), 0)
        if record is None:
            raise OSError(f"the journal changed on its own at byte {offset}")
        return record.data

    def _reserve(self) -> None:
        self._ceiling = self.last + RESERVE
        self._counters.save(json.dumps({"boot": self.boot, "ceiling": self._ceiling}).encode())

    def _recover(self, ceiling: int) -> None:
        """Read the file. When something in it is damaged, keep a copy and rewrite it from what is whole."""
        content, readable = self._salvaged()
        whole_bytes, end = 0, 0
        for record in records_in(content):
            self._replay(record)
            whole_bytes, end = whole_bytes + record.end - record.offset, record.end
        if content and whole_bytes == len(content):
            return
        if not readable or whole_bytes != end or (whole_bytes == 0 and ceiling > 0):
            # Not just a torn last write, which nobody was told of: an acknowledged number may be among what is lost.
            # The newest counters may be gone as well: they were one reserve further at most.
            self.last = max(self.last, ceiling) + RESERVE
        if content:
            self._disk.replace_file(self._path.with_name(f"plays.damaged-{self.boot}-{len(content)}"), content)
        self._rewrite(content)

    def _salvaged(self) -> tuple[bytes, bool]:
        """What of the file can be read, and whether that is all; one that cannot be opened is set aside."""
        try:
            return self._disk.salvage(self._path)
        except FileNotFoundError:
            return b"", True
        except OSError:
            self._disk.rename(self._path, self._path.with_name("plays.unreadable"))
            return b"", False

    def _rewrite(self, content: bytes) -> None:
        rewritten = bytearray(self._base())
        for index, offset in enumerate(self._offsets):
            record = record_at(content, offset)
            if record:
                self._offsets[index] = len(rewritten)
                rewritten += content[offset : record.end]
        self._disk.replace_file(self._path, bytes(rewritten))

    def _replay(self, record: Record) -> None:
        data = record.data
        self.boot = max(self.boot, data.get("boot", 0))
        self.last = max(self.last, data.get("n", 0), data.get("base", 0), data.get("receipt", 0))
        if "n" in data:
            self._numbers.append(data["n"])
            self._offsets.append(record.offset)
            return
        if "aside" in data:
            index = bisect_left(self._numbers, data["aside"])
            del self._numbers[index : index + 1], self._offsets[index : index + 1]
            return
        self.receipted, self._chain = data["receipt"], data["batch"]
        if "kept" in data:
            self._forget(bisect_left(self._numbers, data["kept"]) if data["kept"] else len(self._numbers))


def _read_counters(body: bytes) -> tuple[int, int]:
    data = json.loads(body)
    return int(data["boot"]), int(data["ceiling"])
