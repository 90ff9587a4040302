"""Every promise that an order can make, over random campaigns and screens, against the oracle."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playlists.model import Lack, Order, Per, Priority
from playlists.plan import feasible, plan_day, plan_days
from tests.playlists.oracle import HOUR, by_hour, fits_the_screen, open_minutes
from tests.playlists.orders import asked, over
from tests.playlists.outcome import Outcome, due

outcomes = st.builds(Outcome, asked(), st.booleans())
with_spare = st.builds(Outcome, asked(), st.just(True))
FEW = 15
MANY = 5000


@over(FEW, outcomes)
def test_blocks_cover_the_opening_hours_of_every_date_without_hole_or_overlap(outcome):
    screen, step = outcome.asked.screen, outcome.asked.step
    _, plan, _ = outcome.planned
    covered = set()
    for day in plan.days:
        blocks = plan.programmes[day.programme]
        assert all(a.to_ms <= b.from_ms for a, b in pairwise(blocks))
        for block in blocks:
            covered.update(range(day.start + block.from_ms, day.start + block.to_ms, step))
    is_open = open_minutes(screen.opening, screen.zone, *outcome.bounds, exceptions=screen.exceptions)
    assert covered == {at for at in is_open if outcome.step(at) == at}


@over(FEW, outcomes)
def test_nothing_is_shown_when_a_rule_about_time_forbids_it(outcome):
    items = {item.entry: (c, n) for c in outcome.asked.campaigns for n, item in enumerate(c.items)}
    assert all(a.end <= b.start for a, b in pairwise(outcome.shown))
    for one in outcome.shown:
        if one.entry in items:
            campaign, number = items[one.entry]
            allowed = outcome.airtime[campaign.id].by_item[number]
            assert allowed.issuperset(range(outcome.step(one.start), one.end, outcome.asked.step))
            assert fits_the_screen(campaign.items[number], outcome.asked.screen)


@over(FEW, outcomes)
def test_every_clock_hour_holds_the_plays_promised_per_hour_or_says_what_it_lacks(outcome):
    for campaign in outcome.asked.campaigns:
        shown, lacks = outcome.plays_by_hour(campaign.id), outcome.lacks(campaign.id, Lack.HOUR)
        for hour, active_ms, frequency in outcome.in_hours(campaign):
            if frequency.per is not Per.HOUR or not frequency.least:
                continue
            planned = due(frequency, active_ms) - lacks.get(hour, 0)
            count = len(shown.get(hour, ()))
            if outcome.with_spare and not frequency.largest_gap_ms:
                assert count == planned
            else:
                assert count >= planned


@over(FEW, outcomes)
def test_a_share_of_the_airtime_is_met_within_the_length_of_one_item(outcome):
    for campaign in outcome.asked.campaigns:
        shown, longest = outcome.plays_by_hour(campaign.id), outcome.longest_ms(campaign)
        lacking = {outcome.hour(s.hour_start) for s in outcome.shortfalls if s.campaign == campaign.id}
        for hour, active_ms, frequency in outcome.in_hours(campaign):
            if frequency.per is not Per.AIRTIME or not frequency.least:
                continue
            target, filled = frequency.least * active_ms // 1000, sum(s.end - s.start for s in shown.get(hour, ()))
            assert hour in lacking or filled >= target - longest
            if outcome.with_spare and not frequency.largest_gap_ms:
                assert filled <= target + longest


@over(FEW, outcomes)
def test_a_promise_per_day_is_met_to_the_play_or_says_what_it_lacks(outcome):
    for campaign in outcome.asked.campaigns:
        lacks = outcome.lacks(campaign.id, Lack.DAY)
        for day, frequency, plays in outcome.in_days(campaign):
            if frequency.per is not Per.DAY or not frequency.least:
                continue
            planned = frequency.least - sum(n for hour, n in lacks.items() if hour[0] == day)
            if outcome.with_spare and not frequency.largest_gap_ms:
                assert len(plays) == planned
            else:
                assert len(plays) >= planned


@over(FEW, outcomes)
def test_nothing_is_shown_more_often_than_its_maximum(outcome):
    for campaign in outcome.asked.campaigns:
        shown, longest = outcome.plays_by_hour(campaign.id), outcome.longest_ms(campaign)
        for hour, active_ms, frequency in outcome.in_hours(campaign):
            plays = shown.get(hour, ())
            if frequency.most is None or frequency.per is Per.DAY:
                continue
            if frequency.per is Per.HOUR:
                assert len(plays) <= max(frequency.most * active_ms // HOUR, due(frequency, active_ms))
            else:
                most, least = (share * active_ms // 1000 for share in (frequency.most, frequency.least))
                assert sum(one.end - one.start for one in plays) <= max(most, least + longest)
        for _, frequency, plays in outcome.in_days(campaign):
            if frequency.most is not None and frequency.per is Per.DAY:
                assert len(plays) <= frequency.most


@over(FEW, outcomes)
def test_no_gap_is_larger_than_asked_unless_the_plan_says_so(outcome):
    short = {s.campaign for s in outcome.shortfalls}
    for campaign in outcome.asked.campaigns:
        active = outcome.airtime[campaign.id].minutes
        if campaign.id in short or campaign.boosts or not campaign.frequency.largest_gap_ms:
            continue
        for a, b in pairwise(one.start for one in outcome.plays[campaign.id]):
            whole = range(outcome.step(a), b, outcome.asked.step)
            assert b - a <= campaign.frequency.largest_gap_ms or not active.issuperset(whole)


@over(FEW, outcomes)
def test_a_story_is_told_in_its_order_anew_each_day(outcome):
    for campaign in outcome.asked.campaigns:
        airtime = outcome.airtime[campaign.id]
        always = all(minutes == airtime.by_item[0] for minutes in airtime.by_item)
        fit = all(fits_the_screen(item, outcome.asked.screen) for item in campaign.items)
        if not (campaign.order is Order.SEQUENCE and always and fit and campaign.frequency.per is not Per.DAY):
            continue
        numbers = {item.entry.item: n for n, item in enumerate(campaign.items)}
        told = {}
        for one in outcome.plays[campaign.id]:
            told.setdefault(outcome.hour(one.start)[0], []).append(numbers[one.entry.item])
        for order in told.values():
            assert order == [n % len(campaign.items) for n in range(len(order))]


@over(FEW, with_spare)
def test_promises_leave_the_emergency_reserve_and_the_owners_share_alone(outcome):
    screen = outcome.asked.screen
    is_open = by_hour(
        screen.zone, open_minutes(screen.opening, screen.zone, *outcome.bounds, exceptions=screen.exceptions)
    )
    used: Counter[tuple[object, ...]] = Counter()
    lent: Counter[tuple[object, ...]] = Counter()
    for campaign in outcome.asked.campaigns:
        if campaign.frequency.least and campaign.priority is not Priority.EMERGENCY:
            for one in outcome.plays[campaign.id]:
                used[outcome.hour(one.start)] += one.end - one.start
                lent[outcome.hour(one.start)] += 0 if campaign.own else one.end - one.start
    for hour, open_ms in is_open.items():
        assert used[hour] <= open_ms * (1000 - screen.reserve) // 1000
        assert lent[hour] <= open_ms * (1000 - screen.reserve) // 1000 - open_ms * screen.owners_share // 1000


@over(FEW, asked(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_no_byte(schedule, random):
    shuffled = [
        c if c.order is Order.SEQUENCE else replace(c, items=tuple(random.sample(c.items, len(c.items))))
        for c in schedule.campaigns
    ]
    random.shuffle(shuffled)
    assert plan_days(shuffled, schedule.screen, schedule.days[::-1]) == plan_days(
        schedule.campaigns, schedule.screen, schedule.days
    )
    assert plan_day(shuffled, schedule.screen, schedule.day) == plan_day(
        schedule.campaigns, replace(schedule.screen, id="s-2"), schedule.day
    ), "and equal screens run in step"


@over(FEW, asked(), st.sampled_from([Priority.PRIORITY, Priority.NORMAL, Priority.FILLER]))
def test_lower_priorities_take_nothing_from_higher_ones(schedule, lowest):
    given_ = schedule.campaigns
    above = [c for c in given_ if c.priority < lowest]
    both, alone = ({_lacking(s): s for s in feasible(c, schedule.screen, schedule.days)} for c in (given_, above))
    own = {c.id for c in above}
    # How large a gap is depends on what is shown between; what must not change is how often and how long.
    assert {key for key in both if key[0] in own and key[1] is not Lack.GAP} == {
        key for key in alone if key[1] is not Lack.GAP
    }
    assert all(set(short.because) <= own for short in both.values() if short.campaign in own)


def _lacking(short):
    return short.campaign, short.lack, short.hour_start, short.promised, short.planned, short.missing_ms


@over(FEW, outcomes)
def test_what_a_promise_lacks_names_campaigns_that_hold_the_time(outcome):
    zone = outcome.asked.screen.zone
    for short in outcome.shortfalls:
        assert short.campaign not in short.because
        assert short.missing_ms > 0
        if short.lack is Lack.HOUR:
            hour = outcome.hour(short.hour_start)
            near = {hour[0] + timedelta(days=n) for n in (-1, 0)}
            assert short.planned < short.promised
            assert any(outcome.airtime[short.campaign].of(day) for day in near), zone
            for other in short.because:
                assert outcome.plays_by_hour(other).get(hour), "it is shown in that hour"


def test_the_properties_see_something():
    """The random orders are not all empty, impossible or kept by themselves."""
    seen: Counter[str] = Counter()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(with_spare)
    def look(outcome):
        short = {s.campaign for s in outcome.shortfalls}
        for campaign in outcome.asked.campaigns:
            if campaign.id not in short and campaign.frequency.least and outcome.plays[campaign.id]:
                seen[campaign.frequency.per] += 1
        seen.update(s.lack for s in outcome.shortfalls)

    look()
    assert min(seen[kind] for kind in (*Per, *Lack)) >= 1, seen


@pytest.mark.soak
@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(outcomes, st.randoms(use_true_random=False), st.sampled_from([Priority.PRIORITY, Priority.NORMAL]))
def test_thousands_of_orders_keep_every_rule(outcome, random, lowest):
    for check in OF_OUTCOMES:
        check.checks(outcome)
    if outcome.with_spare:
        test_promises_leave_the_emergency_reserve_and_the_owners_share_alone.checks(outcome)
    test_the_order_of_the_input_changes_no_byte.checks(outcome.asked, random)
    test_lower_priorities_take_nothing_from_higher_ones.checks(outcome.asked, lowest)


OF_OUTCOMES = (
    test_blocks_cover_the_opening_hours_of_every_date_without_hole_or_overlap,
    test_nothing_is_shown_when_a_rule_about_time_forbids_it,
    test_every_clock_hour_holds_the_plays_promised_per_hour_or_says_what_it_lacks,
    test_a_share_of_the_airtime_is_met_within_the_length_of_one_item,
    test_a_promise_per_day_is_met_to_the_play_or_says_what_it_lacks,
    test_nothing_is_shown_more_often_than_its_maximum,
    test_no_gap_is_larger_than_asked_unless_the_plan_says_so,
    test_a_story_is_told_in_its_order_anew_each_day,
    test_what_a_promise_lacks_names_campaigns_that_hold_the_time,
)
