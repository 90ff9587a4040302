"""What a screen will show, and how often, as the player will do it."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playlists.forecast import MOST_DAYS, Row, counts, day_at, days_of, draft, plays, rows
from playlists.model import Screen, Window
from playlists.timeline import Show, showing_at
from playlists.windows import HOUR_MS, local_day
from tests.playlists.oracle import a_campaign, an_item, clock_hour, instant

ZONE = "Asia/Ho_Chi_Minh"
MONDAY = date(2026, 7, 6)
LOBBY = Screen("s-lobby", ZONE, (Window(6 * 60, 23 * 60),))
NINE = instant(ZONE, "2026-07-06T09:00")
EVERYTHING = lambda _entry: True  # noqa: E731


def two_weeks(*campaigns, screen=LOBBY, spare=()):
    start = local_day(MONDAY, screen.zone).start
    return draft(campaigns, screen, start, local_day(MONDAY + timedelta(14), screen.zone).start, spare)


def test_two_weeks_are_counted_by_campaign_and_clock_hour():
    made = two_weeks(a_campaign(1, 4, 15, 20), a_campaign(2, 0, 10))
    found = counts(made.playlist, made.playlist.issued, made.playlist.expires)
    own = {hour: number for (campaign, hour), number in found.items() if campaign == 1}
    assert set(own.values()) == {4} and len(own) == 14 * 17
    assert not made.shortfalls


def test_a_span_that_begins_within_an_hour_counts_only_what_begins_in_it():
    playlist = two_weeks(a_campaign(1, 4, 15), a_campaign(2, 0, 10)).playlist
    quarter = counts(playlist, NINE, NINE + HOUR_MS // 4)
    assert quarter[1, NINE] == 1 and {hour for _, hour in quarter} == {NINE}


def test_rows_say_when_the_screen_is_off_and_what_stands_in():
    spare = an_item(900, 0, 12).entry
    late = a_campaign(1, 4, 15, windows=(Window(10 * 60, 11 * 60),))
    playlist = two_weeks(late, spare=(spare,)).playlist
    found = list(rows(playlist, NINE - 4 * HOUR_MS, NINE + 2 * HOUR_MS))
    assert found[0] == Row(NINE - 4 * HOUR_MS, NINE - 3 * HOUR_MS, Show.OFF, None)
    assert {row.entry for row in found if row.show is Show.FALLBACK} == {spare}
    assert {row.entry.campaign for row in found if row.show is Show.SLOT} == {1}


def test_a_screen_without_plan_or_spare_shows_the_slate():
    (row, *_) = rows(two_weeks().playlist, NINE, NINE + 1000)
    assert (row.show, row.entry) == (Show.SLATE, None)


@pytest.mark.parametrize("lasts", [0, -HOUR_MS, (MOST_DAYS + 1) * 24 * HOUR_MS])
def test_an_empty_or_endless_span_is_refused(lasts):
    with pytest.raises(ValueError, match="1 to 400 days"):
        draft([], LOBBY, NINE, NINE + lasts)


@pytest.mark.parametrize("zone", [ZONE, "Europe/Berlin", "America/St_Johns", "Asia/Beirut", "Pacific/Apia"])
def test_every_instant_lies_in_the_day_between_its_midnights(zone):
    for day in (date(2010, 11, 6), date(2011, 12, 29), date(2026, 3, 29), date(2026, 10, 25)):
        for hour in range(72):
            at = local_day(day, zone).start + hour * HOUR_MS // 2 + 59_000
            local = day_at(zone, at)
            assert local.start <= at < local.start + local.length_ms
            assert days_of(zone, at, at + 1) == [local.day]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.lists(st.integers(4, 40), min_size=1, max_size=3)), max_size=4),
    st.sampled_from([(ZONE, MONDAY), ("Europe/Berlin", date(2026, 10, 24)), ("Australia/Lord_Howe", date(2026, 4, 4))]),
    st.integers(0, 47),
    st.integers(1, 40 * 60),
)
def test_rows_and_counts_are_what_the_player_does(asked, where, begins, minutes):
    zone, day = where
    screen = Screen("s-1", zone, (Window(7 * 60 + 20, 60),))
    given_ = [a_campaign(number, times, *seconds) for number, (times, seconds) in enumerate(asked, 1)]
    start = local_day(day, zone).start + begins * HOUR_MS // 2
    end = start + minutes * 60_000
    playlist = draft(given_, screen, start, end, (an_item(900, 0, 12).entry,)).playlist
    found = list(rows(playlist, start, end))
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(a.end == b.start for a, b in pairwise(found))
    played: Counter[tuple[object, ...]] = Counter()
    begun = []
    for row in found:
        showing = showing_at(playlist, row.start, EVERYTHING)
        entry = None if showing.entry is None else playlist.entries[showing.entry]
        assert (showing.show, entry) == (row.show, row.entry)
        if row.show is Show.SLOT and showing.start == row.start:
            played[row.entry.campaign, clock_hour(zone, row.start)] += 1
            begun.append((row.start, row.entry))
    assert list(plays(playlist, start, end)) == begun
    counted = {(c, clock_hour(zone, hour)): n for (c, hour), n in counts(playlist, start, end).items()}
    assert counted == played
