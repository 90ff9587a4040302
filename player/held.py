"""Which plays the journal still keeps, and where: three ascending columns, so that half a million fit in ten megabytes.

A row is one record: a play, or a merged one that stands for ``count`` numbers.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from playlists.model import Receipt


class Held:
    """``numbers`` holds the first number of each row, ``counts`` how many it stands for, ``offsets`` its place."""

    def __init__(self) -> None:
        self.numbers, self.counts, self.offsets = array("Q"), array("H"), array("Q")
        self.plays = 0

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, number: int, count: int, offset: int) -> None:
        self.numbers.append(number)
        self.counts.append(count)
        self.offsets.append(offset)
        self.plays += count

    def last_number(self, index: int) -> int:
        """The last number of a row."""
        return self.numbers[index] + self.counts[index] - 1

    def forget(self, count: int) -> None:
        """The oldest ``count`` rows."""
        self.put(slice(0, count), Held())

    def forget_below(self, number: int) -> None:
        """Every row before that number; 0: every row."""
        self.forget(bisect_left(self.numbers, number) if number else len(self))

    def remove(self, number: int) -> None:
        """The row that begins with that number, if there is one."""
        index = bisect_left(self.numbers, number)
        if index < len(self) and self.numbers[index] == number:
            self.put(slice(index, index + 1), Held())

    def between(self, offset: int, end: int) -> slice:
        """The rows whose records lie from ``offset`` up to ``end``."""
        return slice(bisect_left(self.offsets, offset), bisect_left(self.offsets, end))

    def covered(self, receipt: Receipt) -> int:
        """How many of the oldest rows the receipt covers: up to its last number, or to the first gap held here."""
        covered = bisect_right(self.numbers, receipt.last)
        while covered and self.last_number(covered - 1) > receipt.last:
            covered -= 1
        for first, last in sorted(receipt.gaps):
            at = max(bisect_right(self.numbers, first) - 1, 0)
            while at < covered and self.last_number(at) < first:
                at += 1
            if at < covered and self.numbers[at] <= last:
                return at
        return covered

    def put(self, rows: slice, others: Held) -> None:
        """``others`` in the place of ``rows``."""
        self.plays += others.plays - sum(self.counts[rows])
        self.numbers[rows], self.counts[rows], self.offsets[rows] = others.numbers, others.counts, others.offsets
