"""The planner by example: what other systems get wrong, and what people will ask."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from playlists.model import Priority, Screen, Shortfall, Window
from playlists.plan import feasible, plan_day, plan_days
from playlists.windows import HOUR_MS, MINUTE_MS, midnight
from tests.playlists.oracle import a_campaign, an_item, clock_hour, instant, shown_in, wall

ZONE = "Asia/Ho_Chi_Minh"
MONDAY = date(2026, 7, 6)
SUNDAY = date(2026, 7, 5)
NINE = (Window(9 * 60, 10 * 60),)
LOBBY = Screen("s-lobby", ZONE, (Window(6 * 60, 23 * 60),))
AT_NINE = Screen("s-nine", ZONE, NINE)


def plays(plan):
    return Counter(one.entry.campaign for one in shown_in(plan))


def starts(plan, campaign):
    return [one.start for one in shown_in(plan) if one.entry.campaign == campaign]


def test_sunday_at_nine():
    sundays = a_campaign(1, 4, 15, windows=(Window(9 * 60, 10 * 60, frozenset({6})),))
    assert {wall(ZONE, at).hour for at in starts(plan_day([sundays], LOBBY, SUNDAY), 1)} == {9}
    assert not starts(plan_day([sundays], LOBBY, MONDAY), 1)


def test_six_equal_shares_are_six_equal_shares():
    """Xibo 3736: six campaigns with one share each all played alike, or not at all."""
    shares = [a_campaign(n, 20, 30) for n in range(1, 7)]
    plan = plan_day(shares, AT_NINE, MONDAY)
    assert plays(plan) == dict.fromkeys(range(1, 7), 20)
    for n in range(1, 7):
        gaps = [b - a for a, b in pairwise(starts(plan, n))]
        assert max(gaps) <= 1.5 * 180_000


def test_different_shares_keep_their_proportion():
    plan = plan_day([a_campaign(1, 12, 15), a_campaign(2, 24, 15), a_campaign(3, 48, 15)], AT_NINE, MONDAY)
    counts = plays(plan)
    assert (counts[1] >= 12, counts[2] >= 24, counts[3] >= 48) == (True, True, True)
    with_filler = plan_day(
        [a_campaign(1, 12, 15), a_campaign(2, 24, 15), a_campaign(3, 48, 15), a_campaign(9, 0, 10)], AT_NINE, MONDAY
    )
    assert [plays(with_filler)[n] for n in (1, 2, 3)] == [12, 24, 48]


def test_2100_seconds_do_not_fit_into_1800():
    """Xibo 3776: over-full hours were handed out without a word."""
    half_hour = (Window(9 * 60, 9 * 60 + 30),)
    screen = Screen("s-1", ZONE, half_hour)
    asked = [a_campaign(n, 20, 30) for n in range(1, 8)]  # ten plays of 30 s each in the half hour: 2,100 s
    plan = plan_day(asked, screen, MONDAY)
    assert sum(short.missing_ms for short in plan.shortfalls) == 300_000
    assert {short.hour_start for short in plan.shortfalls} == {instant(ZONE, "2026-07-06T09:00:00")}
    assert sum(plays(plan).values()) == 60
    assert max(short.promised - short.planned for short in plan.shortfalls) == 2, "equals lose alike"


def test_a_promise_with_fillers_beside_it_is_a_maximum_too():
    plan = plan_day([a_campaign(1, 4, 15), a_campaign(2, 0, 10, 20)], AT_NINE, MONDAY)
    assert plays(plan)[1] == 4


def test_plays_do_not_bunch():
    plan = plan_day([a_campaign(1, 4, 15), a_campaign(2, 0, 10, 20)], AT_NINE, MONDAY)
    gaps = [b - a for a, b in pairwise(starts(plan, 1))]
    assert min(gaps) >= 750_000 and max(gaps) <= 1_050_000


def test_what_has_to_give_is_the_lowest_priority():
    order = a_campaign(1, 100, 30, priority=Priority.NORMAL)
    urgent = a_campaign(2, 60, 30, priority=Priority.EMERGENCY)
    plan = plan_day([order, urgent], AT_NINE, MONDAY)
    assert plays(plan) == {2: 60, 1: 60}
    assert plan.shortfalls == (Shortfall(1, instant(ZONE, "2026-07-06T09:00:00"), 100, 60, 40 * 30_000, because=(2,)),)
    assert max(b - a for a, b in pairwise(starts(plan, 1))) <= 90_000, "what is left is spread over the whole hour"


def test_part_of_an_hour_owes_its_part_rounded_up():
    part = a_campaign(1, 5, 10, windows=(Window(9 * 60 + 20, 10 * 60 + 15),))
    plan = plan_day([part, a_campaign(2, 0, 10)], LOBBY, MONDAY)
    hours = Counter(wall(ZONE, at).hour for at in starts(plan, 1))
    assert hours == {9: 4, 10: 2}  # 40/60 of 5 and 15/60 of 5


def test_an_overnight_campaign_plays_to_the_end_of_its_last_night():
    night = a_campaign(1, 6, 10, windows=(Window(22 * 60, 2 * 60),), days=(SUNDAY, SUNDAY))
    screen = Screen("s-night", ZONE)
    assert {wall(ZONE, at).hour for at in starts(plan_day([night], screen, SUNDAY), 1)} == {22, 23}
    assert {wall(ZONE, at).hour for at in starts(plan_day([night], screen, MONDAY), 1)} == {0, 1}
    assert not starts(plan_day([night], screen, MONDAY + timedelta(1)), 1)


def test_nothing_runs_through_midnight():
    plan = plan_day([a_campaign(1, 0, 7)], Screen("s-1", ZONE), MONDAY)
    assert max(one.end for one in shown_in(plan)) <= midnight(MONDAY + timedelta(1), ZONE)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 6), 24)])
def test_every_hour_that_passes_has_its_plays_when_clocks_change(day, hours):
    screen = Screen("s-1", "Europe/Berlin")
    plan = plan_day([a_campaign(1, 7, 10), a_campaign(2, 0, 10)], screen, day)
    counts = Counter(clock_hour("Europe/Berlin", at) for at in starts(plan, 1))
    assert len(counts) == hours and set(counts.values()) == {7}


def test_equal_hours_share_one_loop_and_equal_days_one_programme():
    same = [a_campaign(1, 4, 15, 15), a_campaign(2, 0, 10, 10)]
    _, plan, _ = plan_days(same, LOBBY, [MONDAY + timedelta(n) for n in range(7)])
    assert (len(plan.loops), len(plan.programmes), len(plan.days)) == (1, 1, 7)
    (block,) = plan.programmes[0]
    assert (block.from_ms, block.to_ms, plan.loops[0].period_ms) == (6 * HOUR_MS, 23 * HOUR_MS, HOUR_MS)


def test_without_campaigns_the_screen_is_open_and_empty():
    plan = plan_day([], LOBBY, MONDAY)
    assert [(a, b, loop.slots) for a, b, loop in plan.blocks] == [(6 * HOUR_MS, 23 * HOUR_MS, ())]


def test_without_fillers_promises_are_a_minimum_and_the_time_is_filled():
    plan = plan_day([a_campaign(1, 4, 15), a_campaign(2, 2, 20)], AT_NINE, MONDAY)
    ((_, _, loop),) = plan.blocks
    assert sum(slot.duration_ms for slot in loop.slots) > HOUR_MS - 35_000
    assert not plan.shortfalls


def test_an_item_alone_repeats():
    ((_, _, loop),) = plan_day([a_campaign(1, 4, 15)], AT_NINE, MONDAY).blocks
    assert len(loop.slots) == 240


def test_an_item_too_long_for_its_window_is_not_started():
    """Ten plays promised, none possible: said, not shown in part."""
    late = a_campaign(1, 10, 90, windows=(Window(9 * 60, 9 * 60 + 1),))
    plan = plan_day([late, a_campaign(2, 0, 10)], AT_NINE, MONDAY)
    assert not starts(plan, 1)
    assert plan.shortfalls == (Shortfall(1, instant(ZONE, "2026-07-06T09:00:00"), 1, 0, 90_000),)


def test_a_lower_campaigns_window_edge_does_not_cut_a_higher_ones_item():
    long = a_campaign(1, 12, 280, priority=Priority.PRIORITY)
    edges = [a_campaign(n, 1, 5, windows=(Window(9 * 60 + n, 9 * 60 + n + 1),)) for n in range(2, 50)]
    assert not [short for short in feasible([long, *edges], AT_NINE, [MONDAY]) if short.campaign == 1]


def test_an_item_ends_with_its_approval_and_begins_with_it():
    ten_past, half_past = (instant(ZONE, f"2026-07-06T09:{m}:00") for m in (10, 30))
    brief = replace(a_campaign(1, 60, 15, 15), items=(an_item(100, 1, 15, (ten_past, half_past)), an_item(101, 1, 15)))
    own = [one for one in shown_in(plan_day([brief, a_campaign(2, 0, 10)], AT_NINE, MONDAY)) if one.entry.item == 100]
    assert own and min(o.start for o in own) >= ten_past and max(o.end for o in own) <= half_past


def test_a_campaign_with_more_items_than_plays_goes_on_the_next_day():
    poem = a_campaign(1, 1, *[15] * 5, windows=NINE)
    week = [plan_day([poem, a_campaign(2, 0, 10)], LOBBY, MONDAY + timedelta(n)) for n in range(5)]
    assert len({one.entry.item for plan in week for one in shown_in(plan) if one.entry.campaign == 1}) == 5


def test_fillers_take_turns():
    plan = plan_day([a_campaign(1, 30, 15), a_campaign(2, 0, *[12] * 7)], AT_NINE, MONDAY)
    counts = Counter(one.entry.item for one in shown_in(plan) if one.entry.campaign == 2)
    assert len(counts) == 7 and max(counts.values()) - min(counts.values()) <= 1


def test_days_are_taken_in_order_and_once_and_a_missing_date_is_left_out():
    screen = Screen("s-apia", "Pacific/Apia")
    days = [date(2011, 12, 31), date(2011, 12, 29), date(2011, 12, 30), date(2011, 12, 29)]
    _, plan, _ = plan_days([], screen, days)
    assert [day.date for day in plan.days] == ["2011-12-29", "2011-12-31"]


def test_a_realistic_week_has_no_deviation():
    windows = [(Window(6 * 60, 23 * 60),), (Window(7 * 60, 9 * 60), Window(17 * 60, 20 * 60)), NINE]
    asked = [a_campaign(n, 1 + n % 6, 8 + n % 5, 10, windows=windows[n % 3]) for n in range(1, 60)]
    week = [MONDAY + timedelta(n) for n in range(7)]
    assert not feasible([*asked, a_campaign(60, 0, 10, 15)], LOBBY, week)
    for day in week:
        plan = plan_day([*asked, a_campaign(60, 0, 10, 15)], LOBBY, day)
        counts = Counter((one.entry.campaign, wall(ZONE, one.start).hour) for one in shown_in(plan))
        for campaign in asked:
            for hour in range(6, 23):
                inside = any(w.from_minute <= hour * 60 < w.to_minute for w in campaign.windows)
                assert counts[campaign.id, hour] == (campaign.frequency.least if inside else 0)


def test_ten_thousand_campaigns_on_one_screen_come_to_an_end():
    asked = [a_campaign(n, 1 + n % 12, 10, windows=(Window(n % 1430, n % 1430 + 1 + n % 9),)) for n in range(9_000)]
    asked += [a_campaign(n, 3, 10, priority=Priority.PRIORITY) for n in range(9_000, 10_000)]
    plan = plan_day(asked, AT_NINE, MONDAY)
    assert plan.shortfalls
    assert all(one.end - one.start == 10 * 1000 for one in shown_in(plan))
    assert sum(plays(plan).values()) * 10_000 > HOUR_MS - MINUTE_MS


def test_a_frequency_no_hour_can_hold_is_a_shortfall():
    (short,) = feasible([a_campaign(1, 10**12, 15, 20)], AT_NINE, [MONDAY])
    assert (short.promised, short.planned) == (10**12, 206)  # the longer one gives way at the end
    assert short.missing_ms == 10**12 // 2 * 35_000 - HOUR_MS


def test_a_long_plan_has_fewer_layouts_of_each_hour_rather_than_outgrowing_its_playlist():
    daily = [a_campaign(n, 5, *[12] * 7, days=(MONDAY + timedelta(n), MONDAY + timedelta(n))) for n in range(7)]
    asked = [*daily, a_campaign(9, 0, 12, 12)]
    (_, one, _), (_, week, _) = (plan_days(asked, LOBBY, [MONDAY + timedelta(n) for n in range(m)]) for m in (1, 7))
    assert len(one.loops) == 4, "seven items in turn, five an hour: uneven by one play in four hours"
    assert len(week.loops) == 14
    assert sum(len(loop.slots) for loop in week.loops) <= 7_000


def test_a_filler_elsewhere_does_not_change_what_an_overfull_hour_lacks():
    overfull = [
        a_campaign(1, 1, 5, 8, priority=Priority.EMERGENCY),
        a_campaign(2, 90, 5, 95, priority=Priority.EMERGENCY),
    ]
    early = a_campaign(3, 0, 5, windows=(Window(0, 1),))
    screen = Screen("s-1", ZONE)
    assert feasible([*overfull, early], screen, [MONDAY]) == feasible(overfull, screen, [MONDAY])
