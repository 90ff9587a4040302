"""How a film kept to the playlist: what was to be seen when, what was seen, and how late the machine itself was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from playlists.model import Playlist
from playlists.timeline import showing_at
from tests.player.lab import FRAME_MS, Film, name_of

EARLY_MS = 150  # so much before its instant a picture is still taken for that showing
CALM_MS = 5
ENOUGH = 20


@dataclass(frozen=True)
class Verdict:
    """All times in ms. ``start`` is how far the first sight of each slot was from its instant, ``held`` how long the
    old picture stayed beyond it, both of the ``calm`` transitions alone: those around which a control process, that
    now and then had 5 ms of work to do, waited for a processor for no more than 5 ms. ``bare``: sights of no item."""

    transitions: int
    samples_per_s: float
    bare: tuple[str, ...]
    missed: int
    calm: int
    start_p95: float
    held_p95: float
    start_p95_of_all: float

    def assert_never_black(self, transitions: int) -> None:
        """The hard rule, whatever else the machine does."""
        assert self.bare == (), self
        assert self.transitions >= transitions, self
        assert self.samples_per_s >= 50, self

    def assert_in_time(self) -> None:
        """Within a frame of the plan, held for two at most; on a machine too busy to tell, nothing is claimed."""
        if self.calm >= ENOUGH:
            assert self.missed == 0, self
            assert self.start_p95 <= FRAME_MS, self
            assert self.held_p95 <= 2 * FRAME_MS, self

    def __str__(self) -> str:
        return (
            f"{self.transitions} transitions, {self.samples_per_s:.0f} samples/s, {len(self.bare)} without content; "
            f"{self.calm} while the machine was calm: {self.missed} missed, start p95 {self.start_p95:.1f} ms, "
            f"held p95 {self.held_p95:.1f} ms; of all: start p95 {self.start_p95_of_all:.1f} ms"
        )


def judge(film: Film, expected: Callable[[float], str], instants: Sequence[float]) -> Verdict:
    """``instants`` are those at which the ``expected`` item changes."""
    errors = [(at, _error(film, expected, at, after)) for at, after in pairwise(instants)]
    calm = [error for at, error in errors if film.waited_ms(at) <= CALM_MS]
    seen = [error for error in calm if error is not None]
    shown = [(at, colour) for at, colour in film.changes if instants[0] - EARLY_MS <= at <= instants[-1]]
    return Verdict(
        transitions=len(errors),
        samples_per_s=film.samples / film.seconds,
        bare=tuple(f"{at - instants[0]:.0f}: {colour}" for at, colour in shown if not name_of(colour)),
        missed=len(calm) - len(seen),
        calm=len(calm),
        start_p95=p95([abs(error) for error in seen]),
        held_p95=p95([max(error, 0) for error in seen]),
        start_p95_of_all=p95([abs(error) for _, error in errors if error is not None]),
    )


def _error(film: Film, expected: Callable[[float], str], at: float, after: float) -> float | None:
    """How much later than ``at`` the slot was first seen; None: not at all."""
    wanted = expected(at)
    seen = (t for t, colour in film.changes if at - EARLY_MS <= t < after and name_of(colour) == wanted)
    first = next(seen, None)
    return None if first is None else first - at


def plan_of(playlist: Playlist, from_ms: float, to_ms: float) -> tuple[Callable[[float], str], list[float]]:
    """What a playlist wants to be seen, and the instants between two times at which that changes."""

    def expected(at: float) -> str:
        entry = showing_at(playlist, int(at), lambda _: True).entry
        assert entry is not None
        return playlist.entries[entry].title

    instants: list[float] = []
    at = showing_at(playlist, int(from_ms), lambda _: True).end
    while at < to_ms:
        instants.append(at)
        at = showing_at(playlist, at, lambda _: True).end
    return expected, instants


def p95(values: list[float]) -> float:
    """The value that 95 of 100 do not exceed; 0 of none."""
    return sorted(values)[max(-(-len(values) * 95 // 100) - 1, 0)] if values else 0.0
