"""Random screens and campaigns that use everything an order can say; every edge of time lies on a grid of minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playlists.model import (
    ALL_DAY,
    MINUTES_PER_DAY,
    Boost,
    Campaign,
    Closure,
    DayException,
    Frequency,
    MediaType,
    Order,
    Per,
    PlannedItem,
    Priority,
    Quiet,
    Screen,
    Window,
)
from playlists.windows import local_day
from tests.playlists.oracle import ALWAYS, MINUTE, an_item

SPARE = 99  # the owner's filler that always fits, so that nothing else is shown to fill time
DAYS = [
    ("Asia/Ho_Chi_Minh", date(2026, 7, 6)),
    ("Asia/Ho_Chi_Minh", date(2026, 12, 31)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Asia/Beirut", date(2026, 3, 29)),
]


@dataclass(frozen=True)
class Asked:
    """A screen, the middle one of three days, what is asked of it, and the grid (ms) on which every edge lies."""

    screen: Screen
    day: date
    campaigns: tuple[Campaign, ...]
    step: int

    @property
    def days(self) -> list[date]:
        return [self.day + timedelta(days=n) for n in (-1, 0, 1)]


def over(few: int, *strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A property over ``few`` examples of these; what it checks is kept as ``checks``, for the long run."""

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        def run() -> None:
            limits = settings(max_examples=few, deadline=None, suppress_health_check=list(HealthCheck))
            limits(given(*strategies)(check))()

        run.__name__, run.__doc__ = check.__name__, check.__doc__
        run.checks = check  # type: ignore[attr-defined]
        return run

    return decorate


@st.composite
def asked(draw: st.DrawFn, most: int = 5) -> Asked:
    """Up to ``most`` campaigns on a screen."""
    zone, day = draw(st.sampled_from(DAYS))
    grid = draw(st.sampled_from([5, 15, 30]))
    screen = draw(screens(zone, day, grid))
    numbers = range(1, draw(st.integers(1, most)) + 1)
    return Asked(screen, day, tuple(draw(campaigns(n, zone, day, grid)) for n in numbers), grid * MINUTE)


def spare() -> Campaign:
    """Two stills that the owner shows whenever there is time."""
    items = tuple(a_still(SPARE * 100 + n, SPARE, 14 + n) for n in range(2))
    whole = (date(2020, 1, 1), date(2040, 1, 1))
    return Campaign(SPARE, "Dự phòng", *whole, ALL_DAY, Frequency(Per.HOUR, 0), items, Priority.FILLER, own=True)


def a_still(number: int, campaign: int, seconds: float, valid: tuple[int, int] = ALWAYS) -> PlannedItem:
    item = an_item(number, campaign, seconds, valid)
    rendition = replace(item.entry.rendition, media_type=MediaType.PNG)
    return replace(item, entry=replace(item.entry, rendition=rendition))


@st.composite
def windows(draw: st.DrawFn, grid: int, day: date) -> Window:
    last = MINUTES_PER_DAY // grid
    begin, end = draw(st.integers(0, last - 1)) * grid, draw(st.integers(1, last)) * grid
    weekdays = frozenset(range(7)) - draw(st.frozensets(st.sampled_from([day.weekday(), (day.weekday() + 1) % 7])))
    near = st.integers(-1, 1).map(lambda n: day + timedelta(days=n))
    return Window(begin, end, weekdays, draw(st.one_of(st.just(frozenset()), st.frozensets(near))))


def several(grid: int, day: date) -> st.SearchStrategy[tuple[Window, ...]]:
    return st.one_of(st.just(ALL_DAY), st.lists(windows(grid, day), min_size=1, max_size=2).map(tuple))


@st.composite
def exceptions(draw: st.DrawFn, grid: int, day: date) -> tuple[DayException, ...]:
    days = draw(st.sets(st.integers(-1, 1), max_size=2)) if draw(st.booleans()) else set()
    return tuple(
        DayException(day + timedelta(days=n), draw(st.one_of(st.just(()), several(grid, day)))) for n in sorted(days)
    )


@st.composite
def screens(draw: st.DrawFn, zone: str, day: date, grid: int) -> Screen:
    sometimes = st.one_of(st.none(), several(grid, day))
    return Screen(
        "s-1",
        zone,
        draw(several(grid, day)),
        exceptions=draw(exceptions(grid, day)),
        reserve=draw(st.sampled_from([0, 0, 0, 100, 300])),
        owners_share=draw(st.sampled_from([0, 0, 0, 200, 500])),
        lent=draw(sometimes),
        longest_item_ms=draw(st.sampled_from([None, None, 15_000, 40_000])),
        prime=draw(sometimes) or (),
        quiet=tuple(Quiet(w, still=draw(st.booleans())) for w in draw(st.lists(several(grid, day), max_size=1))),
    )


@st.composite
def frequencies(draw: st.DrawFn, per: Per) -> Frequency:
    often = {Per.HOUR: [1, 2, 3, 6, 10, 20, 90], Per.DAY: [1, 5, 17, 40, 200], Per.AIRTIME: [10, 50, 100, 333, 900]}
    least = draw(st.sampled_from(often[per]))
    most = draw(st.sampled_from([None, None, least, least + least // 2 + 1]))
    if per is Per.AIRTIME and most is not None:
        most = min(most, 1000)
    return Frequency(per, least, most, draw(st.sampled_from([None, None, None, 120_000, 600_000, 1_800_000])))


@st.composite
def fillers(draw: st.DrawFn, per: Per) -> Frequency:
    return Frequency(per, 0, draw(st.sampled_from([None, None, 1, 7, 50])))


@st.composite
def campaigns(draw: st.DrawFn, number: int, zone: str, day: date, grid: int) -> Campaign:
    per = draw(st.sampled_from(list(Per)))
    promises = draw(st.sampled_from([True, True, True, False]))
    near = st.integers(-1, 1).map(lambda n: day + timedelta(days=n))
    first, last = sorted((draw(near) - timedelta(days=draw(st.integers(0, 9))), draw(near)))
    boosts = [Boost(*_span(draw, near), draw(frequencies(per)))] if promises and draw(st.booleans()) else []
    closures = [Closure(*_span(draw, near), draw(several(grid, day)))] if draw(st.booleans()) else []
    return Campaign(
        number,
        f"Đợt {number}",
        first,
        last,
        draw(several(grid, day)),
        draw(frequencies(per) if promises else fillers(per)),
        draw(items(number, zone, day, grid)),
        draw(st.sampled_from(list(Priority))),
        draw(st.sampled_from([Order.ROTATION, Order.ROTATION, Order.SEQUENCE])),
        draw(exceptions(grid, day)),
        prime_first=draw(st.booleans()),
        own=draw(st.sampled_from([False, False, True])),
        boosts=tuple(boosts),
        closures=tuple(closures),
    )


def _span(draw: st.DrawFn, days: st.SearchStrategy[date]) -> tuple[date, date]:
    first, last = sorted((draw(days), draw(days)))
    return first, last


@st.composite
def items(draw: st.DrawFn, campaign: int, zone: str, day: date, grid: int) -> tuple[PlannedItem, ...]:
    made = []
    for number in range(draw(st.integers(1, 4))):
        valid = ALWAYS
        if draw(st.sampled_from([False, False, False, True])):
            edge = local_day(day, zone).start + draw(st.integers(-48, 90)) * 30 * MINUTE
            valid = draw(st.sampled_from([(0, edge), (edge, edge + 300 * MINUTE), (edge, ALWAYS[1])]))
        seconds = draw(st.sampled_from([0.5, 5, 8, 10, 12.5, 15, 15, 30, 60, 95]))
        kind = draw(st.sampled_from([an_item, a_still]))
        item = kind(campaign * 100 + number, campaign, seconds, valid)
        made.append(replace(item, weight=draw(st.sampled_from([1, 1, 1, 2, 3]))))
    return tuple(made)
