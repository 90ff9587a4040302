"""Made-up traffic in our own format: what the first dictionary is trained on, before real batches exist.

Deterministic by seed; also the source of traffic for tests and benchmarks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from playlists.keys import SigningKey
from playlists.model import ClockQuality, Evidence, Play, PlayBatch, Result, Version

_RESULTS = (Result.COMPLETE, Result.PARTIAL, Result.SKIPPED, Result.FAILED)
_WEIGHTS = (975, 15, 7, 3)
_LETTERS = "bcdfghjkmnpqrstvwxyz23456789"


class SampleDevice:
    """A device that shows a loop of items and cuts what it showed into batches."""

    def __init__(self, seed: int, start: int, item_count: int = 12) -> None:
        self._random = random.Random(seed)  # noqa: S311  not a secret: made-up traffic
        pick = self._random
        self.key = SigningKey.from_seed(pick.randbytes(32))
        self.screen = "s-" + "".join(pick.choice(_LETTERS) for _ in range(8))
        self.n = 0
        self.previous = ""
        self._boot = pick.randrange(1, 40)
        self._wall = start + pick.randrange(60_000)
        self._mono = pick.randrange(10**8)
        self._version = Version(1, pick.randrange(1, 300))
        self._loop = [(entry, pick.choice((10_000, 12_000, 15_000, 20_000, 30_000))) for entry in range(item_count)]
        self._at = pick.randrange(item_count)

    def play(self) -> Play:
        """The next play of this device."""
        pick = self._random
        self.n += 1
        entry, planned = self._loop[self._at]
        self._at = (self._at + 1) % len(self._loop)
        result = pick.choices(_RESULTS, _WEIGHTS)[0]
        shown = planned if result is Result.COMPLETE else pick.randrange(planned) if result is Result.PARTIAL else 0
        reason = "decode" if result is Result.FAILED else ""
        play = Play(
            self.n,
            self._version,
            entry,
            self._wall,
            self._mono,
            planned,
            shown,
            result,
            Evidence.DECODED,
            ClockQuality.SYNCHRONISED,
            reason,
        )
        step = max(500, planned + pick.choice((0, 0, 1, -1, 2, -3, 4, 17)))
        self._wall += step
        self._mono += step
        return play

    def plays(self, count: int) -> tuple[Play, ...]:
        """The next ``count`` plays."""
        return tuple(self.play() for _ in range(count))

    def batch(self, plays: tuple[Play, ...]) -> PlayBatch:
        """These plays as a batch of this device; ``previous`` is made up."""
        previous = self._random.randbytes(32).hex()
        return PlayBatch(self.key.keyid, self.screen, self._boot, previous, plays)


def sample_batches(seed: int, devices: int, batches: int, start: int = 1_790_000_000_000) -> Iterator[PlayBatch]:
    """``batches`` batches of about 30 plays, taken in turn from ``devices`` devices."""
    crowd = [SampleDevice(seed * 100_003 + number, start) for number in range(devices)]
    pick = random.Random(seed)  # noqa: S311  not a secret: made-up traffic
    for number in range(batches):
        device = crowd[number % devices]
        yield device.batch(device.plays(pick.randrange(26, 36)))
