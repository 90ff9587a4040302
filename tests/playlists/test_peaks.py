"""Peak campaigns: what they change, for whom, and that it ends by itself."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playlists.model import Closure, Frequency, Per, Priority, Window
from playlists.peaks import Peak, in_peaks
from tests.playlists.oracle import a_campaign

FIRST, LAST = date(2026, 4, 27), date(2026, 5, 3)
MORNING = (Window(7 * 60, 9 * 60),)


def a_peak(number=1, *campaigns, boost=100, reserved=MORNING, days=(FIRST, LAST)):
    return Peak(number, f"Cao điểm {number}", *days, frozenset(campaigns), boost, reserved)


def test_a_boost_holds_from_the_first_day_to_the_last_and_reverts_by_itself():
    (boosted,) = in_peaks([a_campaign(1, 3, 10)], [a_peak(1, 1, boost=150)])
    plays = [boosted.frequency_on(FIRST + timedelta(n)).least for n in range(-1, 8)]
    assert plays == [3, *[5] * 7, 3], "half as much again, rounded up"


def test_a_boost_raises_the_most_tightens_the_gap_and_never_asks_for_more_than_the_hour():
    share = replace(a_campaign(1, 0, 10), frequency=Frequency(Per.AIRTIME, 400, 600, 300_000))
    (boosted,) = in_peaks([share], [a_peak(1, 1, boost=200)])
    assert boosted.frequency_on(FIRST) == Frequency(Per.AIRTIME, 800, 1000, 150_000)


def test_the_strongest_of_two_boosts_counts():
    one, two = a_peak(1, 1, boost=300), a_peak(2, 1, boost=200, days=(FIRST - timedelta(2), LAST))
    for peaks in ([one, two], [two, one]):
        (boosted,) = in_peaks([a_campaign(1, 4, 10)], peaks)
        assert boosted.frequency_on(FIRST).least == 12
        assert boosted.frequency_on(FIRST - timedelta(1)).least == 8


def test_a_reserved_window_is_closed_to_equals_and_those_below_only():
    chosen = a_campaign(1, 4, 10)
    others = {
        2: a_campaign(2, 4, 10),
        3: a_campaign(3, 0, 10, priority=Priority.FILLER),
        4: a_campaign(4, 4, 10, priority=Priority.PRIORITY),
        5: a_campaign(5, 4, 10, priority=Priority.EMERGENCY),
        6: replace(a_campaign(6, 4, 10), own=True),
    }
    kept = (Closure(FIRST, LAST, MORNING),)
    closed = {c.id: c.closures for c in in_peaks([chosen, *others.values()], [a_peak(1, 1)])}
    assert closed == {1: (), 2: kept, 3: kept, 4: (), 5: (), 6: ()}


def test_an_emergency_is_never_kept_out_even_by_another():
    both = [a_campaign(n, 4, 10, priority=Priority.EMERGENCY) for n in (1, 2)]
    assert in_peaks(both, [a_peak(1, 1)]) == tuple(both)


def test_a_window_is_not_kept_for_a_campaign_that_is_not_on_this_screen_or_not_running():
    other = a_campaign(2, 4, 10)
    assert in_peaks([other], [a_peak(1, 1)]) == (other,)
    ends_early = a_campaign(1, 4, 10, days=(date(2026, 1, 1), FIRST + timedelta(1)))
    _, kept_out = in_peaks([ends_early, other], [a_peak(1, 1)])
    assert kept_out.closures == (Closure(FIRST, FIRST + timedelta(1), MORNING),)


def test_two_peaks_that_reserve_the_same_window_share_it():
    early, late = (a_peak(n, n, days=(FIRST + timedelta(2 * n), LAST + timedelta(2 * n))) for n in (1, 2))
    first, second, third = in_peaks([a_campaign(n, 4, 10) for n in (1, 2, 3)], [early, late])
    assert first.closures == (Closure(LAST + timedelta(3), LAST + timedelta(4), MORNING),), "its own peak is over"
    assert second.closures == (Closure(FIRST + timedelta(2), FIRST + timedelta(3), MORNING),)
    assert {(c.first_day, c.last_day) for c in third.closures} == {
        (early.first_day, early.last_day),
        (late.first_day, late.last_day),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: a_peak(1),
        lambda: a_peak(1, 1, boost=99),
        lambda: a_peak(1, 1, boost=1001),
        lambda: a_peak(1, 1, days=(LAST, FIRST)),
    ],
)
def test_an_impossible_peak_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        wrong()


@st.composite
def peaks(draw):
    days = st.integers(0, 9).map(lambda n: FIRST + timedelta(n))
    made = []
    for number in range(draw(st.integers(0, 4))):
        first, last = sorted((draw(days), draw(days)))
        names = draw(st.frozensets(st.integers(1, 5), min_size=1))
        reserved = draw(st.sampled_from([(), MORNING, (Window(22 * 60, 60),)]))
        made.append(a_peak(number, *names, boost=draw(st.integers(100, 400)), reserved=reserved, days=(first, last)))
    return made


@settings(max_examples=150, deadline=None)
@given(peaks(), st.lists(st.sampled_from(list(Priority)), min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_peaks_and_campaigns_changes_nothing(given_, priorities, random):
    campaigns = [a_campaign(n, n, 10, priority=p) for n, p in enumerate(priorities, 1)]
    expected = in_peaks(campaigns, given_)
    shuffled_peaks, shuffled = random.sample(given_, len(given_)), random.sample(campaigns, len(campaigns))
    assert {c.id: c for c in in_peaks(shuffled, shuffled_peaks)} == {c.id: c for c in expected}


@settings(max_examples=150, deadline=None)
@given(peaks(), st.lists(st.sampled_from(list(Priority)), min_size=5, max_size=5))
def test_day_by_day_the_strongest_boost_and_the_reservations_of_others_hold(given_, priorities):
    campaigns = [a_campaign(n, n, 10, priority=p) for n, p in enumerate(priorities, 1)]
    rank = {c.id: c.priority for c in campaigns}
    for campaign in in_peaks(campaigns, given_):
        for day in (FIRST + timedelta(n) for n in range(-1, 11)):
            today = [peak for peak in given_ if peak.first_day <= day <= peak.last_day]
            own = [peak for peak in today if campaign.id in peak.campaigns]
            most = max((peak.boost_percent for peak in own), default=100)
            assert campaign.frequency_on(day).least == -(-campaign.id * most // 100)
            closed = {w for c in campaign.closures if c.first_day <= day <= c.last_day for w in c.windows}
            kept = (
                set()
                if own or campaign.priority is Priority.EMERGENCY
                else {
                    window
                    for peak in today
                    for window in peak.reserved
                    if any(rank[number] <= campaign.priority for number in peak.campaigns)
                }
            )
            assert closed == kept
