from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playlists.model import ALL_DAY, Window
from playlists.windows import HOUR_MS, MINUTE_MS, intersect, local_day, merge, midnight
from tests.playlists.oracle import instant, minutes_of, open_minutes, wall

ZONES = ["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]
SUNDAY = date(2026, 7, 5)
CHANGES = [  # the days on which clocks change, the day before and the day after
    (zone, day + timedelta(days=near))
    for zone, day in [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/St_Johns", date(2026, 3, 8)),
        ("America/St_Johns", date(2026, 11, 1)),
        ("America/St_Johns", date(2010, 11, 7)),  # then at 00:01, so that the date itself came twice
        ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Asia/Beirut", date(2026, 3, 29)),  # midnight is skipped
        ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
    ]
    for near in (-1, 0, 1)
]
WINDOWS = [
    ALL_DAY,
    (Window(9 * 60, 10 * 60),),
    (Window(0, 30), Window(23 * 60 + 30, 24 * 60)),
    (Window(90, 150), Window(45, 2 * 60 + 15)),
    (Window(22 * 60, 2 * 60 + 30),),
    (Window(22 * 60, 2 * 60 + 30, frozenset({5})),),
    (Window(8 * 60, 8 * 60, frozenset({6})),),
]


def windows() -> st.SearchStrategy[Window]:
    return st.builds(Window, st.integers(0, 1439), st.integers(1, 1440), st.frozensets(st.integers(0, 6), min_size=1))


@pytest.mark.parametrize("wanted", WINDOWS)
@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_windows_agree_with_the_wall_clock_minute_by_minute_where_clocks_change(zone, day, wanted):
    local = local_day(day, zone)
    expected = open_minutes(wanted, zone, local.start, local.start + local.length_ms)
    assert minutes_of(local.spans(wanted), local.start) == expected


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    st.lists(windows(), min_size=1, max_size=4),
    st.integers(-3, 3),
    st.integers(0, 3),
)
def test_windows_agree_with_the_wall_clock_on_any_day(zone, day, wanted, begins, lasts):
    first = day + timedelta(days=begins)
    last = first + timedelta(days=lasts)
    local = local_day(day, zone)
    expected = open_minutes(wanted, zone, local.start, local.start + local.length_ms, first=first, last=last)
    assert minutes_of(local.spans(wanted, first, last), local.start) == expected


def test_sunday_at_nine_is_sunday_at_nine():
    nine = (Window(9 * 60, 10 * 60, frozenset({6})),)
    assert local_day(SUNDAY, "Asia/Ho_Chi_Minh").spans(nine) == ((9 * HOUR_MS, 10 * HOUR_MS),)
    assert not local_day(SUNDAY + timedelta(days=1), "Asia/Ho_Chi_Minh").spans(nine)


def test_an_overnight_window_belongs_to_its_first_day():
    night = (Window(22 * 60, 6 * 60, frozenset({6})),)
    sunday, monday = (local_day(SUNDAY + timedelta(days=n), "Asia/Ho_Chi_Minh") for n in (0, 1))
    assert sunday.spans(night) == ((22 * HOUR_MS, 24 * HOUR_MS),)
    assert monday.spans(night) == ((0, 6 * HOUR_MS),)
    assert monday.spans(night, last_day=SUNDAY) == ((0, 6 * HOUR_MS),), "the last night is played to its end"
    assert not monday.spans(night, first_day=SUNDAY + timedelta(days=1)), "no night before the first day"


def test_a_window_of_twenty_four_hours_runs_round_the_clock():
    whole = (Window(8 * 60, 8 * 60),)
    assert local_day(SUNDAY, "Asia/Ho_Chi_Minh").spans(whole) == ((0, 24 * HOUR_MS),)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Ho_Chi_Minh", date(2026, 3, 29), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/St_Johns", date(2026, 3, 8), 23),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Beirut", date(2026, 3, 29), 23),
        ("America/Havana", date(2026, 11, 1), 25),
    ],
)
def test_a_day_is_as_long_as_time_passes(zone, day, hours):
    assert local_day(day, zone).length_ms == hours * HOUR_MS
    assert local_day(day, zone).spans(ALL_DAY) == ((0, hours * HOUR_MS),)


def test_days_follow_each_other_without_hole():
    for zone in [*ZONES, "Asia/Beirut", "America/Havana", "America/St_Johns"]:
        for number in range(0, 366 * 2):
            day = date(2010, 1, 1) + timedelta(days=number)
            local = local_day(day, zone)
            assert local.start + local.length_ms == midnight(day + timedelta(days=1), zone)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_clock_hours_cover_the_day_and_begin_at_full_hours_or_jumps(zone, day):
    local = local_day(day, zone)
    hours = local.hours()
    assert [a for a, _ in hours] == [0, *(b for _, b in hours[:-1])]
    assert hours[-1][1] == local.length_ms
    for a, b in hours:
        begins, last = wall(zone, local.start + a), wall(zone, local.start + b - MINUTE_MS)
        jumped = wall(zone, local.start + a - 1).utcoffset() != begins.utcoffset()
        assert begins.minute == 0 or jumped
        assert (begins.date(), begins.hour) == (last.date(), last.hour), "an hour never shows two hours"


def test_a_date_the_zone_never_had_is_empty():
    skipped = local_day(date(2011, 12, 30), "Pacific/Apia")
    assert (skipped.length_ms, skipped.spans(ALL_DAY), skipped.hours()) == (0, (), ())


def test_midnight_is_the_utc_instant_of_local_midnight():
    assert midnight(SUNDAY, "Asia/Ho_Chi_Minh") == instant("UTC", "2026-07-04T17:00:00")


def test_an_unknown_zone_is_refused():
    with pytest.raises(ZoneInfoNotFoundError):
        midnight(SUNDAY, "Asia/Atlantis")


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))),
)
def test_merging_and_intersecting_spans_is_set_algebra(these, those):
    def points(spans):
        return {at for a, b in spans for at in range(a, b)}

    left, right = merge(these), merge(those)
    assert points(left) == points(these)
    assert all(a < b for a, b in left) and all(x[1] < y[0] for x, y in pairwise(left))
    assert points(intersect(left, right)) == points(these) & points(those)
