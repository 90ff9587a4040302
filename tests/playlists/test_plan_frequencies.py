"""Promises other than so many plays an hour: per day, by share, with a maximum, a largest gap, an order of items."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from playlists.model import (
    ALL_DAY,
    Boost,
    Closure,
    DayException,
    Frequency,
    Lack,
    MediaType,
    Order,
    Per,
    Priority,
    Quiet,
    Screen,
    Window,
)
from playlists.plan import feasible, plan_day
from tests.playlists.oracle import HOUR, MINUTE, a_campaign, instant, shown_in, wall

ZONE = "Asia/Ho_Chi_Minh"
MONDAY = date(2026, 7, 6)
LOBBY = Screen("s-lobby", ZONE, (Window(6 * 60, 23 * 60),))  # 17 hours
FILLER = a_campaign(9, 0, 10)


def asking(frequency, *seconds, number=1, **more):
    return replace(a_campaign(number, 1, *seconds), frequency=frequency, **more)


def per_day(least, *seconds, most=None, gap=None, **more):
    return asking(Frequency(Per.DAY, least, most, gap), *seconds, **more)


def share(thousandths, *seconds, most=None, **more):
    return asking(Frequency(Per.AIRTIME, thousandths, most), *seconds, **more)


def of(campaign, plan):
    return [one for one in shown_in(plan) if one.entry.campaign == campaign.id]


def by_hour(campaign, plan):
    return Counter(wall(ZONE, one.start).hour for one in of(campaign, plan))


def airtime(campaign, plan):
    spent: Counter[int] = Counter()
    for one in of(campaign, plan):
        spent[wall(ZONE, one.start).hour] += one.end - one.start
    return spent


# --- Per day ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plays", [1, 5, 16, 17, 18, 100])
def test_a_promise_per_day_is_met_to_the_play_and_evenly(plays):
    campaign = per_day(plays, 15)
    plan = plan_day([campaign, FILLER], LOBBY, MONDAY)
    starts = [one.start for one in of(campaign, plan)]
    assert (len(starts), plan.shortfalls) == (plays, ())
    assert max((b - a for a, b in pairwise(starts)), default=0) <= 1.5 * 17 * HOUR / plays


def test_prime_windows_come_first_as_far_as_there_is_room():
    prime = replace(LOBBY, prime=(Window(7 * 60, 8 * 60), Window(17 * 60, 18 * 60)))
    some, many = per_day(50, 15, prime_first=True), per_day(600, 15, prime_first=True)
    assert by_hour(some, plan_day([some, FILLER], prime, MONDAY)) == {7: 25, 17: 25}
    plan = plan_day([many, FILLER], prime, MONDAY)
    counts = by_hour(many, plan)
    assert sum(counts.values()) == 600 and not plan.shortfalls
    assert min(counts[7], counts[17]) >= 200 > max(counts[hour] for hour in counts if hour not in (7, 17))


def test_a_promise_of_a_night_belongs_to_its_first_day():
    night = per_day(9, 15, windows=(Window(20 * 60, 3 * 60),), first_day=MONDAY, last_day=MONDAY)
    screen = replace(LOBBY, opening=ALL_DAY)
    evening, morning = (
        by_hour(night, plan_day([night, FILLER], screen, day)) for day in (MONDAY, MONDAY + timedelta(1))
    )
    assert sum(evening.values()) + sum(morning.values()) == 9
    assert set(evening) <= {20, 21, 22, 23} and set(morning) <= {0, 1, 2} and morning


def test_a_full_hour_sends_its_part_of_the_day_to_its_neighbours():
    full = a_campaign(2, 240, 15, windows=(Window(9 * 60, 12 * 60),))
    campaign = per_day(34, 15)
    plan = plan_day([campaign, full, FILLER], LOBBY, MONDAY)
    counts = by_hour(campaign, plan)
    assert sum(counts.values()) == 34 and not plan.shortfalls
    assert not any(counts[hour] for hour in (9, 10, 11))


def test_a_day_too_short_for_its_promise_says_how_much_is_missing():
    narrow = per_day(100, 60, windows=(Window(9 * 60, 10 * 60),))
    (short,) = plan_day([narrow, FILLER], LOBBY, MONDAY).shortfalls
    assert (short.lack, short.promised, short.planned) == (Lack.DAY, 100, 60)
    assert short.missing_ms == 40 * MINUTE and short.hour_start == instant(ZONE, "2026-07-06T00:00:00")


# --- Shares -----------------------------------------------------------------------------------------------------------


def test_a_share_is_met_within_one_item_in_every_hour():
    campaign = share(200, 15, 20, 40)
    plan = plan_day([campaign, FILLER], LOBBY, MONDAY)
    assert not plan.shortfalls and len(airtime(campaign, plan)) == 17
    assert all(abs(spent - HOUR // 5) <= 40_000 for spent in airtime(campaign, plan).values())


def test_shares_of_the_whole_hour_fit_exactly():
    shares = [share(250, 9, 11), share(250, 13, number=2), share(500, 30, 7, number=3)]
    plan = plan_day(shares, LOBBY, MONDAY)
    assert not plan.shortfalls
    for campaign, part in zip(shares, (4, 4, 2), strict=True):
        assert all(abs(spent - HOUR // part) <= 30_000 for spent in airtime(campaign, plan).values())


def test_shares_above_the_whole_hour_are_short_by_the_seconds_that_lack():
    shares = [share(600, 20), share(600, 20, number=2)]
    shorts = [
        s for s in plan_day(shares, LOBBY, MONDAY).shortfalls if s.hour_start == instant(ZONE, "2026-07-06T09:00")
    ]
    assert {s.lack for s in shorts} == {Lack.AIRTIME}
    assert sum(s.missing_ms for s in shorts) == HOUR // 5
    assert {s.because for s in shorts} == {(1,), (2,)}


# --- Maximum and gap --------------------------------------------------------------------------------------------------


def test_a_maximum_holds_although_time_is_left_over():
    most = asking(Frequency(Per.HOUR, 4, 6), 15)
    assert set(by_hour(most, plan_day([most], LOBBY, MONDAY)).values()) == {6}
    daily = per_day(5, 15, most=7)
    assert len(of(daily, plan_day([daily], LOBBY, MONDAY))) == 7
    filler = asking(Frequency(Per.HOUR, 0, 10), 15)
    assert set(by_hour(filler, plan_day([filler], LOBBY, MONDAY)).values()) == {10}
    limited = share(100, 20, most=150)
    assert max(airtime(limited, plan_day([limited], LOBBY, MONDAY)).values()) <= 15 * HOUR // 100


def test_a_largest_gap_is_kept_across_the_hours():
    dense = asking(Frequency(Per.HOUR, 4, None, 10 * MINUTE), 15)
    others = [a_campaign(n, 12, 20) for n in range(2, 8)]
    plan = plan_day([dense, *others, FILLER], LOBBY, MONDAY)
    assert not plan.shortfalls
    assert max(b.start - a.start for a, b in pairwise(of(dense, plan))) <= 10 * MINUTE


def test_a_gap_that_a_longer_item_makes_impossible_is_said():
    dense = asking(Frequency(Per.HOUR, 4, None, 2 * MINUTE), 15)
    long = a_campaign(2, 2, 300, priority=Priority.PRIORITY)
    lacks = {s.lack for s in plan_day([dense, long, FILLER], LOBBY, MONDAY).shortfalls if s.campaign == 1}
    assert lacks and lacks <= {Lack.GAP, Lack.HOUR}


# --- Order ------------------------------------------------------------------------------------------------------------


def test_a_story_is_told_in_order_and_anew_each_day():
    story = asking(Frequency(Per.HOUR, 5), 15, 40, 20, 10, order=Order.SEQUENCE)
    for day in (MONDAY, MONDAY + timedelta(1)):
        told = [one.entry.item for one in of(story, plan_day([story, a_campaign(2, 20, 30), FILLER], LOBBY, day))]
        assert told == [100 + n % 4 for n in range(17 * 5)]


def test_weights_are_turns():
    campaign = a_campaign(1, 12, 15, 15, 15)
    weighted = replace(
        campaign, items=tuple(replace(i, weight=w) for i, w in zip(campaign.items, (3, 2, 1), strict=True))
    )
    turns = Counter(one.entry.item for one in of(weighted, plan_day([weighted, FILLER], LOBBY, MONDAY)))
    assert turns == {100: 6 * 17, 101: 4 * 17, 102: 2 * 17}


# --- The screen and its owner -----------------------------------------------------------------------------------------


def test_the_reserve_is_promised_to_nobody_but_emergencies():
    screen = replace(LOBBY, reserve=200)
    normal = a_campaign(1, 200, 15)
    plan = plan_day([normal, FILLER], screen, MONDAY)
    assert {s.planned for s in plan.shortfalls} == {192}, "four fifths of an hour"
    assert not feasible([replace(normal, priority=Priority.EMERGENCY), FILLER], screen, [MONDAY])


def test_the_owners_share_is_the_owners_and_lent_hours_bind_the_others():
    screen = replace(LOBBY, owners_share=500, lent=(Window(8 * 60, 12 * 60),))
    ours, owners = a_campaign(1, 200, 15), replace(a_campaign(2, 100, 15), own=True)
    plan = plan_day([ours, owners], screen, MONDAY)
    assert set(by_hour(ours, plan)) == {8, 9, 10, 11} and max(airtime(ours, plan).values()) <= HOUR // 2
    assert {s.planned for s in plan.shortfalls if s.campaign == 1} == {120}
    assert not [s for s in plan.shortfalls if s.campaign == 2] and len(by_hour(owners, plan)) == 17


def test_nothing_moves_where_only_stills_are_wanted_and_nothing_outstays_passers_by():
    clip = a_campaign(1, 10, 15, 60)
    picture = a_campaign(2, 10, 15)
    entry = picture.items[0].entry
    still = replace(entry, rendition=replace(entry.rendition, media_type=MediaType.PNG))
    picture = replace(picture, items=(replace(picture.items[0], entry=still),))
    screen = replace(LOBBY, quiet=(Quiet((Window(12 * 60, 14 * 60),), still=True),), longest_item_ms=30_000)
    plan = plan_day([clip, picture], screen, MONDAY)
    assert not {12, 13} & set(by_hour(clip, plan)) and {12, 13} <= set(by_hour(picture, plan))
    assert {one.entry.item for one in of(clip, plan)} == {100}


# --- Dates ------------------------------------------------------------------------------------------------------------


def test_exceptions_replace_the_hours_of_their_date_alone():
    holiday = replace(
        a_campaign(1, 4, 15),
        exceptions=(DayException(MONDAY, (Window(8 * 60, 9 * 60),)), DayException(date(2026, 7, 7))),
    )
    assert set(by_hour(holiday, plan_day([holiday], LOBBY, MONDAY))) == {8}
    assert not of(holiday, plan_day([holiday], LOBBY, date(2026, 7, 7)))
    assert len(by_hour(holiday, plan_day([holiday], LOBBY, date(2026, 7, 8)))) == 17


def test_a_window_of_dates_is_open_on_those_alone():
    dated = replace(a_campaign(1, 4, 15), windows=(Window(8 * 60, 9 * 60, dates=frozenset({MONDAY})),))
    assert set(by_hour(dated, plan_day([dated], LOBBY, MONDAY))) == {8}
    assert not of(dated, plan_day([dated], LOBBY, MONDAY + timedelta(7)))


def test_a_boost_and_a_closure_end_by_themselves():
    boosted = replace(a_campaign(1, 4, 15), boosts=(Boost(MONDAY, MONDAY, Frequency(Per.HOUR, 8)),))
    closed = replace(a_campaign(2, 4, 15), closures=(Closure(MONDAY, MONDAY, (Window(8 * 60, 9 * 60),)),))
    for day, plays, hours in ((MONDAY, 8, 16), (MONDAY + timedelta(1), 4, 17)):
        plan = plan_day([boosted, closed, FILLER], LOBBY, day)
        assert set(by_hour(boosted, plan).values()) == {plays}
        assert len(by_hour(closed, plan)) == hours
