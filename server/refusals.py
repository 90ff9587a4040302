"""Messages that the broker said no to: they stay in the outbox and are tried again, each after a longer pause."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
MOST = 200  # more means that the broker takes nothing at all: then nothing else is offered either


@dataclass(frozen=True, slots=True)
class _Refused:
    times: int
    again_s: float  # on the monotonic clock


class Refusals:
    """Which rows were refused, why the last one was, and which of them must wait still."""

    def __init__(self) -> None:
        self._rows: dict[int, _Refused] = {}
        self.reason = ""

    def __bool__(self) -> bool:
        return bool(self._rows)

    @property
    def rows(self) -> frozenset[int]:
        """The ids of all rows that were refused and not taken since."""
        return frozenset(self._rows)

    def add(self, row: int, reason: str, now_s: float) -> None:
        """The broker refused this row at ``now_s`` (monotonic)."""
        times = self._rows[row].times + 1 if row in self._rows else 1
        self._rows[row] = _Refused(times, now_s + pause_s(times))
        self.reason = reason

    def keep(self, rows: Collection[int]) -> None:
        """Forget those that are not among ``rows``: taken now, or replaced by a newer message."""
        self._rows = {row: refused for row, refused in self._rows.items() if row in rows}

    def waiting(self, now_s: float) -> frozenset[int]:
        """The rows that must not be tried yet."""
        return frozenset(row for row, refused in self._rows.items() if refused.again_s > now_s)


def pause_s(times: int) -> float:
    """How long to wait after this many refusals."""
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(times - 1, 20)))
