"""The smallest changes with which a campaign that does not fit would: fewer plays, other windows, shorter items.

Each was planned on every screen before it is named. The search tries a change first where the last ones failed, and
stops after a fixed number of plans, so it always ends; what it did not find by then it does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from playlists.feasibility import Case, distinct
from playlists.forecast import day_at
from playlists.model import MINUTES_PER_DAY, THOUSAND, Campaign, Frequency, PlannedItem, Window
from playlists.objections import objections_to

MOST_PLANS = 120  # for each of the three kinds of change
SHORTEST_S = 5  # nobody reads a card in less
STEPS_MIN = (15, 30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 420, 480, 600, 720, 840, 960)
HARD_DAYS = 2  # of each screen that failed


@dataclass(frozen=True, slots=True)
class FewerPlays:
    """Only so many plays (or thousandths of the airtime); maxima stay, gaps and boosts change in proportion."""

    least: int
    cost: int

    def on(self, campaign: Campaign) -> Campaign:
        """The campaign with this change."""
        usual = campaign.frequency.least
        return replace(
            campaign,
            frequency=_thinned(campaign.frequency, self.least, usual),
            boosts=tuple(replace(b, frequency=_thinned(b.frequency, self.least, usual)) for b in campaign.boosts),
        )


@dataclass(frozen=True, slots=True)
class OtherWindows:
    """These windows instead: widened or shifted, by as little as fits, within the opening hours."""

    windows: tuple[Window, ...]
    cost: int

    def on(self, campaign: Campaign) -> Campaign:
        """The campaign with this change."""
        return replace(campaign, windows=self.windows)


@dataclass(frozen=True, slots=True)
class ShorterItems:
    """No item longer than this: renditions cut to so many milliseconds, a whole number of seconds."""

    longest_ms: int
    cost: int

    def on(self, campaign: Campaign) -> Campaign:
        """The campaign with this change."""
        return replace(campaign, items=tuple(_cut(item, self.longest_ms) for item in campaign.items))


Change = FewerPlays | OtherWindows | ShorterItems


def smallest_changes(cases: Iterable[Case]) -> tuple[Change, ...]:
    """At most one change of each kind, the cheapest first; none where nothing is short or something else is wrong.

    ``cost`` makes the kinds comparable: thousandths of the plays or of the length given up, or of the day by which a
    window moves.
    """
    cases = distinct(cases)
    if objections_to([(case.screen, case.others, case.wanted, case.days) for case in cases]):
        return ()
    bench = _Bench(cases)
    if not bench.hard:
        return ()
    found = (search(bench) for search in (_fewer_plays, _other_windows, _shorter_items))
    return tuple(sorted((change for change in found if change), key=lambda change: change.cost))


@dataclass
class _Bench:
    """Where changes are tried: every case, and those with the days on which something failed so far."""

    cases: Sequence[Case]
    hard: list[tuple[Case, tuple[date, ...]]] = field(default_factory=list)
    left: int = MOST_PLANS

    def __post_init__(self) -> None:
        for case in self.cases:
            self._keeps(case, case.wanted, case.days)

    def may_fit(self, change: Change) -> bool:
        """Whether a change fits where others failed."""
        return all(self._try(case, change, days) for case, days in self.hard)

    def fits(self, change: Change) -> bool:
        """Whether it fits everywhere, on every day. Where it does not, later ones are tried first."""
        return all(self._keeps(case, change.on(case.wanted), case.days) for case in self.cases)

    def _try(self, case: Case, change: Change, days: tuple[date, ...]) -> bool:
        self.left -= 1
        return self.left > 0 and not case.lacking(change.on(case.wanted), days)

    def _keeps(self, case: Case, wanted: Campaign, days: tuple[date, ...]) -> bool:
        self.left -= 1
        short = case.lacking(wanted, days)
        if short:
            dates = dict.fromkeys(day_at(case.screen.zone, one.hour_start).day for one in short)
            self.hard.append((case, tuple(dates)[:HARD_DAYS]))
        return not short


def _fewer_plays(bench: _Bench) -> Change | None:
    least = bench.cases[0].wanted.frequency.least
    return _largest(bench, 1, least, lambda n: FewerPlays(n, (least - n) * THOUSAND // least))


def _shorter_items(bench: _Bench) -> Change | None:
    longest_ms = max(item.duration_ms for case in bench.cases for item in case.wanted.items)
    seconds = -(-longest_ms // 1000)
    return _largest(
        bench, SHORTEST_S, seconds, lambda s: ShorterItems(s * 1000, (longest_ms - s * 1000) * THOUSAND // longest_ms)
    )


def _largest(bench: _Bench, low: int, high: int, change: Callable[[int], Change]) -> Change | None:
    """The change with the largest number from ``low`` on that fits; ``high`` is known not to."""
    bench.left = MOST_PLANS
    while low < high and bench.left > 0 and bench.may_fit(change(low)):
        fits, fails = low, high
        while fails - fits > 1:
            middle = (fits + fails) // 2
            fits, fails = (middle, fails) if bench.may_fit(change(middle)) else (fits, middle)
        if bench.fits(change(fits)):
            return change(fits)
        high = fits
    return None


def _other_windows(bench: _Bench) -> Change | None:
    bench.left = MOST_PLANS
    for change in _moves(bench.cases):
        if bench.left <= 0:
            return None
        if bench.may_fit(change) and bench.fits(change):
            return change
    return None


def _moves(cases: Sequence[Case]) -> Iterator[OtherWindows]:
    """Windows that end later, begin earlier, both, or lie later or earlier as they are, in growing steps."""
    windows = cases[0].wanted.windows
    opening = [window for case in cases for window in case.screen.opening]
    first = min(window.from_minute for window in opening)
    last = max(_end(window) for window in opening)
    tried = {windows}
    for step in STEPS_MIN:
        for begin, end in ((0, step), (-step, 0), (-step, step), (step, step), (-step, -step)):
            moved = tuple(_moved(window, begin, end, (first, last)) for window in windows)
            if moved not in tried:
                tried.add(moved)
                yield OtherWindows(moved, step * THOUSAND // MINUTES_PER_DAY)


def _moved(window: Window, begin: int, end: int, bounds: tuple[int, int]) -> Window:
    """The window with its edges moved by so many minutes; as it was where that leads out of the opening hours."""
    earliest, latest = min(bounds[0], window.from_minute), max(bounds[1], _end(window))
    a, b = window.from_minute + begin, _end(window) + end
    if begin == end and not earliest <= a < b <= latest:
        return window
    a, b = max(a, earliest, 0), min(b, latest)
    if not (a < MINUTES_PER_DAY and 0 < b - a <= MINUTES_PER_DAY):
        return window
    return replace(window, from_minute=a, to_minute=b if b <= MINUTES_PER_DAY else b - MINUTES_PER_DAY)


def _end(window: Window) -> int:
    """Minutes from the midnight before it begins to its end."""
    return window.to_minute + (MINUTES_PER_DAY if window.to_minute <= window.from_minute else 0)


def _thinned(frequency: Frequency, to: int, usual: int) -> Frequency:
    gap = frequency.largest_gap_ms
    return replace(
        frequency, least=frequency.least * to // usual, largest_gap_ms=None if gap is None else gap * usual // to
    )


def _cut(item: PlannedItem, longest_ms: int) -> PlannedItem:
    rendition = item.entry.rendition
    shorter = replace(rendition, duration_ms=min(rendition.duration_ms, longest_ms))
    return replace(item, entry=replace(item.entry, rendition=shorter))
