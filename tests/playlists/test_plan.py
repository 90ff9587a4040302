"""Properties of every plan, over random campaigns and screens, against the oracle."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from playlists.model import ALL_DAY, Campaign, Priority, Screen, Window
from playlists.plan import feasible, plan_day, plan_days
from playlists.windows import local_day, merge
from tests.playlists.oracle import (
    HOUR,
    MINUTE,
    a_campaign,
    active_minutes,
    an_item,
    clock_hour,
    minutes_of,
    open_minutes,
    promised_per_hour,
    shown_in,
)

DAYS = [
    ("Asia/Ho_Chi_Minh", date(2026, 7, 6)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
]
QUARTERS = st.integers(0, 95).map(lambda quarter: quarter * 15)
MINUTES = st.integers(0, 1439)
some = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def spans(minutes: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[Window, ...]]:
    window = st.builds(Window, minutes, minutes.map(lambda minute: minute + 1))
    return st.one_of(st.just(ALL_DAY), st.lists(window, min_size=1, max_size=2).map(tuple))


@st.composite
def campaigns(draw: st.DrawFn, number: int, day: date, zone: str) -> Campaign:
    made = a_campaign(
        number,
        draw(st.sampled_from([0, 1, 2, 3, 4, 6, 10, 20, 90])),
        *draw(st.lists(st.sampled_from([0.5, 5, 8, 10, 12.5, 15, 30, 60, 95]), min_size=1, max_size=4)),
        windows=draw(spans(st.one_of(QUARTERS, MINUTES))),
        days=draw(st.sampled_from([(day, day), (day - timedelta(1), day), (day + timedelta(1), day + timedelta(1))])),
        priority=draw(st.sampled_from(list(Priority))),
    )
    if draw(st.booleans()):
        start = local_day(day, zone).start
        edge = start + draw(MINUTES) * MINUTE
        valid = draw(st.sampled_from([(0, edge), (edge, edge + 5 * HOUR), (edge, 2**50)]))
        first = replace(made.items[0], not_before=valid[0], not_after=valid[1])
        made = replace(made, items=(first, *made.items[1:]))
    return made


@st.composite
def schedules(draw: st.DrawFn, most: int = 6) -> tuple[Screen, date, list[Campaign]]:
    zone, day = draw(st.sampled_from(DAYS))
    screen = Screen("s-1", zone, draw(spans(QUARTERS)))
    return screen, day, [draw(campaigns(n, day, zone)) for n in range(1, draw(st.integers(1, most)) + 1)]


def bounds(screen: Screen, day: date) -> tuple[int, int]:
    local = local_day(day, screen.zone)
    return local.start, local.start + local.length_ms


@some
@given(schedules())
def test_blocks_cover_the_opening_hours_without_hole_or_overlap(schedule):
    screen, day, given_ = schedule
    plan = plan_day(given_, screen, day)
    assert all(a[1] <= b[0] for a, b in pairwise(plan.blocks))
    covered = minutes_of([(a, b) for a, b, _ in plan.blocks], plan.start)
    assert covered == open_minutes(screen.opening, screen.zone, *bounds(screen, day))


@some
@given(schedules())
def test_nothing_is_shown_outside_its_windows_and_its_validity(schedule):
    screen, day, given_ = schedule
    start, end = bounds(screen, day)
    active = {c.id: active_minutes(c, screen, start, end) for c in given_}
    valid = {item.entry: (item.not_before, item.not_after) for c in given_ for item in c.items}
    shown = list(shown_in(plan_day(given_, screen, day)))
    assert all(a.end <= b.start for a, b in pairwise(shown))
    for one in shown:
        assert valid[one.entry][0] <= one.start and one.end <= valid[one.entry][1]
        minutes = range(one.start - one.start % MINUTE, one.end, MINUTE)
        assert active[one.entry.campaign].issuperset(minutes)


@some
@given(schedules(), st.booleans())
def test_every_clock_hour_holds_what_was_promised_or_says_what_it_lacks(schedule, with_filler):
    screen, day, given_ = schedule
    if with_filler:
        given_ = [*given_, a_campaign(99, 0, 7, 9)]
    start, end = bounds(screen, day)
    plan = plan_day(given_, screen, day)
    shown = Counter((one.entry.campaign, clock_hour(screen.zone, one.start)) for one in shown_in(plan))
    short = {(s.campaign, clock_hour(screen.zone, s.hour_start)): s for s in plan.shortfalls}
    owed = {
        (c.id, hour): plays
        for c in given_
        if c.frequency.least
        for hour, plays in promised_per_hour(c, screen, active_minutes(c, screen, start, end)).items()
    }
    assert set(short) <= set(owed)
    for key, plays in owed.items():
        planned = plays
        if key in short:
            planned = short[key].planned
            assert planned < plays == short[key].promised
            assert short[key].missing_ms >= 500
        if with_filler:
            assert shown[key] == planned
        else:
            assert shown[key] >= planned


@some
@given(schedules(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(schedule, random):
    screen, day, given_ = schedule
    shuffled = [replace(c, items=tuple(random.sample(c.items, len(c.items)))) for c in given_]
    random.shuffle(shuffled)
    days = [day, day + timedelta(1)]
    assert plan_day(shuffled, screen, day) == plan_day(given_, screen, day)
    assert plan_days(shuffled, screen, days[::-1]) == plan_days(given_, screen, days)


@some
@given(schedules(), st.sampled_from([Priority.PRIORITY, Priority.NORMAL, Priority.FILLER]))
def test_lower_priorities_take_nothing_from_higher_ones(schedule, lowest):
    screen, day, given_ = schedule
    above = [c for c in given_ if c.priority < lowest]
    own = {c.id for c in above}
    both = plan_day(given_, screen, day).shortfalls
    assert plan_day(above, screen, day).shortfalls == tuple(s for s in both if s.campaign in own)


@st.composite
def modest(draw: st.DrawFn) -> list[Campaign]:
    """All-day campaigns that together ask for at most 85 % of the hour, no item longer than a quarter of a gap."""
    made: list[Campaign] = []
    load = 0.0
    for number in range(1, draw(st.integers(1, 12)) + 1):
        plays = draw(st.sampled_from([1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30]))
        seconds = draw(st.lists(st.sampled_from([5, 8, 10, 12, 15, 20, 30]), min_size=1, max_size=3))
        load += plays * max(seconds) / 3600
        if load > 0.85:
            break
        made.append(a_campaign(number, plays, *seconds))
    assume(made)
    shortest_gap = min(3600 / c.frequency.least for c in made)
    assume(max(i.duration_ms for c in made for i in c.items) <= 1000 * shortest_gap / 4)
    return made


@settings(max_examples=100, deadline=None)
@given(modest(), st.booleans())
def test_plays_are_spread_evenly_while_the_hour_is_at_most_85_percent_full(given_, with_filler):
    screen, day = Screen("s-1", "Asia/Ho_Chi_Minh"), date(2026, 7, 6)
    fillers = [a_campaign(99, 0, 15, 20)] if with_filler else []
    plan = plan_day([*given_, *fillers], screen, day)
    assert not plan.shortfalls
    for campaign in given_:
        starts = [one.start for one in shown_in(plan) if one.entry.campaign == campaign.id]
        ideal = HOUR / campaign.frequency.least
        assert max((b - a for a, b in pairwise(starts)), default=0) <= 1.5 * ideal + 1


@settings(max_examples=100, deadline=None)
@given(modest())
def test_the_same_item_is_never_shown_twice_in_a_row(given_):
    screen, days = Screen("s-1", "Asia/Ho_Chi_Minh"), [date(2026, 7, 6), date(2026, 7, 7)]
    fillers = [a_campaign(98, 0, 5, 6), a_campaign(99, 0, 7)]
    entries, plan, _ = plan_days([*given_, *fillers], screen, days)
    shown = [
        entries[slot.entry].item
        for day in plan.days
        for block in plan.programmes[day.programme]
        for turn in range(block.from_ms, block.to_ms, plan.loops[block.loop].period_ms)
        for slot in plan.loops[block.loop].slots
        if turn + slot.end_ms <= block.to_ms
    ]
    assert all(a != b for a, b in pairwise(shown))


@some
@given(modest())
def test_items_of_a_campaign_have_equal_turns(given_):
    screen, day = Screen("s-1", "Asia/Ho_Chi_Minh"), date(2026, 7, 6)
    plan = plan_day([*given_, a_campaign(99, 0, 10)], screen, day)
    turns = Counter(one.entry.item for one in shown_in(plan))
    for campaign in given_:
        own = [turns[item.entry.item] for item in campaign.items]
        assert max(own) - min(own) <= 6, "at most one play in four hours"


@some
@given(schedules(most=4), st.integers(1, 4))
def test_several_days_are_the_days_one_by_one(schedule, count):
    screen, day, given_ = schedule
    days = [day + timedelta(n) for n in range(count)]
    entries, plan, shortfalls = plan_days(given_, screen, days)
    singles = [plan_day(given_, screen, one) for one in days]
    assert [d.start for d in plan.days] == [one.start for one in singles]
    assert shortfalls == tuple(s for one in singles for s in one.shortfalls)
    assert feasible(given_, screen, days) == shortfalls
    assert len(set(plan.loops)) == len(plan.loops) and len(set(plan.programmes)) == len(plan.programmes)
    assert len(set(entries)) == len(entries)
    for dated, one in zip(plan.days, singles, strict=True):
        blocks = [(b.from_ms, b.to_ms, plan.loops[b.loop]) for b in plan.programmes[dated.programme]]
        whole = replace(one, entries=entries, blocks=tuple(blocks))
        # Only what follows midnight may differ: a day alone does not know what was shown the evening before.
        assert merge(b[:2] for b in blocks) == merge(b[:2] for b in one.blocks)
        assert (
            Counter(s.entry.campaign for s in shown_in(whole)).keys()
            == Counter(s.entry.campaign for s in shown_in(one)).keys()
        )


@some
@given(schedules())
def test_equal_screens_run_in_step(schedule):
    screen, day, given_ = schedule
    assert plan_days(given_, replace(screen, id="s-2"), [day]) == plan_days(given_, screen, [day])


def test_an_item_shared_by_two_campaigns_does_not_follow_itself():
    shared = an_item(7, 1, 10)
    other = replace(shared, entry=replace(shared.entry, campaign=2))
    both = [replace(a_campaign(n, 6, 10), items=(item,)) for n, item in ((1, shared), (2, other))]
    plan = plan_day([*both, a_campaign(3, 0, 8)], Screen("s-1", "Asia/Ho_Chi_Minh"), date(2026, 7, 6))
    shown = [one.entry.item for one in shown_in(plan)]
    assert all(a != b or a == 300 for a, b in pairwise(shown))
