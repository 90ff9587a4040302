"""What users of other systems report of shares and maxima, each as the promise that it is here.

The reports are of Xibo and its Windows player; the numbers are theirs.
"""

from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from playlists.feasibility import Case, judge
from playlists.model import Frequency, Lack, Per, Screen, Window
from playlists.plan import plan_day
from tests.playlists.oracle import HOUR, a_campaign, shown_in

MONDAY = date(2026, 7, 6)
NINE = (Window(9 * 60, 10 * 60),)
AT_NINE = Screen("s-nine", "Asia/Ho_Chi_Minh", NINE)
FILLER = a_campaign(99, 0, 10, 12)


def asked(number, seconds, frequency):
    return replace(a_campaign(number, 0, seconds, windows=NINE), frequency=frequency)


def share(number, thousandths, seconds=10, most=None):
    return asked(number, seconds, Frequency(Per.AIRTIME, thousandths, most))


def shown(*campaigns, screen=AT_NINE):
    plan = plan_day([*campaigns, FILLER], screen, MONDAY)
    airtime, starts = Counter(), {}
    for one in shown_in(plan):
        airtime[one.entry.campaign] += one.end - one.start
        starts.setdefault(one.entry.campaign, []).append(one.start)
    return plan, airtime, starts


def test_six_unequal_shares_are_not_played_alike():
    """xibo 3736: six layouts all had about 60 plays an hour instead of 200, 40, 20, 20, 60 and 20."""
    wanted = {1: 200, 2: 40, 3: 20, 4: 20, 5: 60, 6: 20}
    plan, _, starts = shown(*(asked(n, 10, Frequency(Per.HOUR, plays)) for n, plays in wanted.items()))
    assert not plan.shortfalls
    assert {n: len(starts[n]) for n in wanted} == wanted


def test_six_equal_shares_are_six_equal_shares():
    _, airtime, starts = shown(*(share(n, 150) for n in range(1, 7)))
    assert {airtime[n] for n in range(1, 7)} == {150 * HOUR // 1000}
    assert {len(starts[n]) for n in range(1, 7)} == {54}


@pytest.mark.parametrize("thousandths", [13, 55, 111, 250, 333, 499])
def test_a_share_is_off_by_less_than_one_item_over_the_hour(thousandths):
    """xibo-dotnetclient 213: shares are off by a little across the hour."""
    _, airtime, _ = shown(share(1, thousandths, 17))
    assert 0 <= airtime[1] - thousandths * HOUR // 1000 < 17_000


def test_1800_seconds_are_1800_seconds_and_not_2100():
    """xibo-dotnetclient 263: half of the hour became 2,100 s of it."""
    _, airtime, _ = shown(*(share(n, 100, 30, most=100) for n in range(1, 6)))
    assert sum(airtime[n] for n in range(1, 6)) == 1_800_000


def test_2100_seconds_in_a_half_hour_are_refused_and_not_handed_out():
    """xibo 3776: an over-full hour is returned without complaint."""
    half = replace(AT_NINE, opening=(Window(9 * 60, 9 * 60 + 30),))
    campaigns = [share(n, 167, 30) for n in range(1, 8)]
    plan, airtime, _ = shown(*campaigns, screen=half)
    assert sum(airtime[n] for n in range(1, 8)) <= 1_800_000
    assert {short.lack for short in plan.shortfalls} == {Lack.AIRTIME}
    verdict = judge([Case(half, tuple(campaigns[:6]), campaigns[6], (MONDAY,))])
    assert not verdict.is_feasible


@pytest.mark.parametrize(
    ("frequency", "plays"),
    [
        (Frequency(Per.HOUR, 2, 3), range(2, 4)),
        (Frequency(Per.HOUR, 0, 3), range(0, 4)),
        (Frequency(Per.DAY, 4, 5), range(4, 6)),
        (Frequency(Per.AIRTIME, 0, 10), range(0, 4)),
    ],
)
def test_a_maximum_holds_even_when_nothing_else_is_there_to_show(frequency, plays):
    """xibo 3704 and others: plays beyond the maximum per hour."""
    plan = plan_day([asked(1, 10, frequency)], AT_NINE, MONDAY)
    assert len(list(shown_in(plan))) in plays


@pytest.mark.parametrize("frequency", [Frequency(Per.HOUR, 4), Frequency(Per.AIRTIME, 40), Frequency(Per.DAY, 12)])
def test_plays_do_not_bunch(frequency):
    """xibo-dotnetclient 181: plays of a share come in a row, so that users cut the hour in quarters themselves."""
    others = [share(n, 100 + 20 * n, 15) for n in range(2, 5)]
    _, _, starts = shown(asked(1, 10, frequency), *others)
    gaps = [b - a for a, b in pairwise(starts[1])]
    ideal = HOUR / len(starts[1])
    assert max(gaps) <= 1.5 * ideal
    assert min(gaps) >= 0.5 * ideal


def test_two_ways_of_asking_do_not_add_up():
    """xibo-dotnetclient 293: what is asked of one campaign by two means was shown for both."""
    _, airtime, starts = shown(share(1, 300, 10, most=300), asked(2, 10, Frequency(Per.HOUR, 36, 36)))
    assert airtime[1] == 1_080_000
    assert len(starts[2]) == 36


def test_an_item_of_no_length_worth_seeing_ends_in_a_sentence_and_not_in_a_loop():
    """The share of an item of zero seconds is never satisfied: an endless loop elsewhere."""
    plan = plan_day([asked(1, 0.001, Frequency(Per.AIRTIME, 100)), FILLER], AT_NINE, MONDAY)
    assert {short.campaign for short in plan.shortfalls} == {1}
    assert not judge([Case(AT_NINE, (), asked(1, 0.001, Frequency(Per.AIRTIME, 100)), (MONDAY,))]).is_feasible
