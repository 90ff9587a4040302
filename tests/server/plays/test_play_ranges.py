"""The arithmetic of ranges against plain sets of numbers, and local days against the zone database."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.plays.days import date_of, day_bounds_ms, day_of, local_day_and_hour
from server.plays.runs import Run, gaps, known_ranges, merged, new_ranges, shortened

RANGES = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 12)).map(lambda p: (p[0], p[0] + p[1])), min_size=1, max_size=12
)


def numbers(ranges: list[Run]) -> set[int]:
    return {n for first, last in ranges for n in range(first, last + 1)}


@given(RANGES)
def test_runs_hold_exactly_what_arrived(arrivals: list[Run]) -> None:
    runs: list[Run] = []
    seen: set[int] = set()
    for first, last in arrivals:
        batch = set(range(first, last + 1))
        assert numbers(new_ranges(runs, first, last)) == batch - seen
        assert numbers(known_ranges(runs, first, last)) == batch & seen
        runs = merged(runs, first, last)
        seen |= batch
        assert numbers(runs) == seen
        assert all(b[0] > a[1] + 1 for a, b in pairwise(runs))
    assert numbers(gaps(runs)) == set(range(1, max(seen))) - seen


@given(RANGES, st.integers(1, 5))
def test_a_shortened_list_of_gaps_hides_none(arrivals: list[Run], most: int) -> None:
    runs: list[Run] = []
    for first, last in arrivals:
        runs = merged(runs, first, last)
    missing = gaps(runs)
    short = shortened(missing, most)
    assert len(short) <= most or not missing
    assert numbers(missing) <= numbers(list(short))


@pytest.mark.parametrize(
    ("zone", "instant", "expected"),
    [
        ("Asia/Ho_Chi_Minh", 1_790_000_000_000, (date(2026, 9, 21), 21)),
        ("Asia/Ho_Chi_Minh", 1_790_010_000_000, (date(2026, 9, 22), 0)),
        ("UTC", 1_790_010_000_000, (date(2026, 9, 21), 17)),
        ("Asia/Kathmandu", 1_790_010_000_000, (date(2026, 9, 21), 22)),
    ],
)
def test_days_and_hours_are_local(zone: str, instant: int, expected: tuple[date, int]) -> None:
    day, hour = local_day_and_hour(zone, instant)
    assert (date_of(day), hour) == expected
    start, end = day_bounds_ms(zone, expected[0], expected[0])
    assert start <= instant < end
    assert end - start == 86_400_000
    assert day_of(expected[0]) == day
