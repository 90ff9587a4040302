"""The verdict before anybody signs, and the changes that make a campaign fit."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from playlists.changes import FewerPlays, OtherWindows, ShorterItems, smallest_changes
from playlists.feasibility import Case, distinct, judge
from playlists.model import DayException, Frequency, Lack, Per, Priority, Quiet, Screen, Window
from playlists.objections import MOST_CAMPAIGNS, Objection, Wrong
from playlists.plan import feasible
from tests.playlists.oracle import a_campaign, instant

ZONE = "Asia/Ho_Chi_Minh"
MONDAY = date(2026, 7, 6)
WEEK = tuple(MONDAY + timedelta(n) for n in range(3))
NINE = (Window(9 * 60, 10 * 60),)
LOBBY = Screen("s-lobby", ZONE, (Window(6 * 60, 22 * 60),))
AT_NINE = instant(ZONE, "2026-07-06T09:00")


def a_case(wanted, *others, screen=LOBBY, days=WEEK, screens=()):
    return Case(screen, others, wanted, days, screens)


def full_nine(number=1, plays=180):
    """An hour from nine to ten with so many plays of 15 s: 180 leave a quarter of it."""
    return a_campaign(number, plays, 15, windows=NINE)


def test_a_campaign_that_fits_is_feasible():
    verdict = judge([a_case(a_campaign(9, 60, 15, windows=NINE), full_nine())])
    assert verdict.is_feasible


def test_what_is_short_says_where_when_how_much_and_because_of_whom():
    case = a_case(a_campaign(9, 80, 15, windows=NINE), full_nine(), screens=("s-1", "s-2"))
    both = judge([case]).shorts
    assert sum(one.missing_ms for one in both) == 3 * 20 * 15_000
    assert {hour for one in both for hour in one.hours} == {AT_NINE + n * 24 * 3_600_000 for n in range(3)}
    for one in both:
        assert one.screens == ("s-1", "s-2") and one.lack is Lack.HOUR
        assert set(one.because) == {1, 9} - {one.campaign}


def test_a_promise_that_was_broken_before_is_not_held_against_the_newcomer():
    broken = full_nine(1, 300)
    elsewhere = a_campaign(9, 4, 15, windows=(Window(12 * 60, 13 * 60),))
    assert feasible([broken], LOBBY, WEEK)
    assert judge([a_case(elsewhere, broken)]).is_feasible


def test_a_newcomer_that_takes_from_others_what_they_had_is_told_whom():
    urgent = a_campaign(9, 200, 15, windows=NINE, priority=Priority.EMERGENCY)
    verdict = judge([a_case(urgent, full_nine())])
    assert {short.campaign for short in verdict.shorts} == {1}
    assert {short.because for short in verdict.shorts} == {(9,)}


def test_equal_screens_are_judged_once():
    wanted = a_campaign(9, 80, 15, windows=NINE)
    cases = [a_case(wanted, full_nine(), screen=replace(LOBBY, id=f"s-{n}")) for n in range(50)]
    assert len(distinct(cases)) == 1
    assert {short.screens for short in judge(cases).shorts} == {tuple(f"s-{n}" for n in range(50))}


def test_the_changes_named_fit_and_the_next_larger_ones_do_not():
    wanted = a_campaign(9, 100, 15, windows=NINE)
    case = a_case(wanted, full_nine())
    by_kind = {type(change): change for change in smallest_changes([case])}
    assert set(by_kind) == {FewerPlays, OtherWindows, ShorterItems}
    assert by_kind[FewerPlays].least == 60
    assert by_kind[ShorterItems].longest_ms == 9_000
    assert by_kind[OtherWindows].windows[0].to_minute > 10 * 60 or by_kind[OtherWindows].windows[0].from_minute < 9 * 60
    for change in by_kind.values():
        assert not case.lacking(change.on(wanted))
    assert case.lacking(FewerPlays(61, 0).on(wanted))
    assert case.lacking(ShorterItems(10_000, 0).on(wanted))


def test_the_cheapest_change_comes_first():
    wanted = a_campaign(9, 100, 15, windows=NINE)
    costs = [change.cost for change in smallest_changes([a_case(wanted, full_nine())])]
    assert costs == sorted(costs)


def test_a_change_must_fit_on_every_screen():
    wanted = a_campaign(9, 100, 15, windows=NINE)
    fuller = a_case(wanted, full_nine(1, 200), screen=replace(LOBBY, id="s-2"))
    found = smallest_changes([a_case(wanted, full_nine()), fuller])
    assert {change.least for change in found if isinstance(change, FewerPlays)} == {40}


def test_windows_move_no_further_than_the_opening_hours():
    only_nine = Screen("s-1", ZONE, NINE)
    found = smallest_changes([a_case(a_campaign(9, 100, 15, windows=NINE), full_nine(), screen=only_nine)])
    assert {type(change) for change in found} == {FewerPlays, ShorterItems}


def test_a_promise_per_day_gets_a_wider_window():
    wanted = replace(a_campaign(9, 0, 15, windows=NINE), frequency=Frequency(Per.DAY, 100))
    case = a_case(wanted, full_nine())
    (change,) = [c for c in smallest_changes([case]) if isinstance(c, OtherWindows)]
    assert not case.lacking(change.on(wanted))
    (window,) = change.windows
    assert (window.to_minute - window.from_minute) <= 90, "no wider than needed"


def test_a_share_can_be_smaller():
    wanted = replace(a_campaign(9, 0, 15, windows=NINE), frequency=Frequency(Per.AIRTIME, 500))
    (change,) = [c for c in smallest_changes([a_case(wanted, full_nine())]) if isinstance(c, FewerPlays)]
    assert 245 <= change.least <= 254, "a quarter of the hour, within one item"


def test_nothing_is_proposed_where_nothing_is_wrong():
    assert smallest_changes([a_case(a_campaign(9, 4, 15), full_nine())]) == ()
    assert smallest_changes([]) == ()


OBJECTIONS = [
    (
        "no hour holds it",
        a_case(a_campaign(9, 10**9, 15)),
        Objection(Wrong.TOO_OFTEN, "s-lobby", per=Per.HOUR, asked=10**9, possible=240),
    ),
    (
        "a day does not either",
        a_case(replace(a_campaign(9, 0, 15), frequency=Frequency(Per.DAY, 10**6))),
        Objection(Wrong.TOO_OFTEN, "s-lobby", per=Per.DAY, asked=10**6, possible=6000),
    ),
    (
        "more than is lent",
        a_case(
            replace(a_campaign(9, 0, 15), frequency=Frequency(Per.AIRTIME, 600)),
            screen=replace(LOBBY, owners_share=500),
        ),
        Objection(Wrong.TOO_OFTEN, "s-lobby", per=Per.AIRTIME, asked=600, possible=500),
    ),
    (
        "a gap shorter than the item",
        a_case(replace(a_campaign(9, 4, 15), frequency=Frequency(Per.HOUR, 4, None, 9_000))),
        Objection(Wrong.GAP_TOO_SHORT, asked=9_000, possible=15_000),
    ),
    (
        "a window shorter than the shortest item",
        a_case(a_campaign(9, 4, 95, windows=(Window(540, 541),))),
        Objection(Wrong.WINDOW_TOO_SHORT, window=Window(540, 541), asked=95_000, possible=60_000),
    ),
    (
        "an item too short to be seen",
        a_case(a_campaign(9, 4, 15, 0.001)),
        Objection(Wrong.ITEM_TOO_SHORT, item=901, asked=1, possible=1000),
    ),
    (
        "an item longer than people stay",
        a_case(a_campaign(9, 4, 15, 30), screen=replace(LOBBY, longest_item_ms=20_000)),
        Objection(Wrong.ITEM_TOO_LONG, "s-lobby", item=901, asked=30_000, possible=20_000),
    ),
    (
        "an exception outside the period",
        a_case(replace(a_campaign(9, 4, 15), exceptions=(DayException(date(2030, 1, 1)),))),
        Objection(Wrong.EXCEPTION_OUTSIDE, day=date(2030, 1, 1)),
    ),
    (
        "a period that is over",
        a_case(a_campaign(9, 4, 15, days=(MONDAY - timedelta(9), MONDAY - timedelta(5)))),
        Objection(Wrong.NO_DAYS, "s-lobby"),
    ),
    (
        "windows in which the screen is closed",
        a_case(a_campaign(9, 4, 15, windows=(Window(60, 120),))),
        Objection(Wrong.NEVER_OPEN, "s-lobby"),
    ),
    (
        "a video where nothing may move",
        a_case(a_campaign(9, 4, 15), screen=replace(LOBBY, quiet=(Quiet((Window(0, 1440),), still=True),))),
        Objection(Wrong.NEVER_OPEN, "s-lobby"),
    ),
]


@pytest.mark.parametrize(("case", "expected"), [o[1:] for o in OBJECTIONS], ids=[o[0] for o in OBJECTIONS])
def test_bad_input_is_said_before_anything_is_planned(case, expected):
    verdict = judge([case])
    assert expected in verdict.objections
    assert not verdict.is_feasible and not verdict.shorts
    assert smallest_changes([case]) == ()


def test_no_screen_is_an_objection():
    assert judge([]).objections == (Objection(Wrong.NO_SCREEN),)


def test_the_wanted_campaign_is_not_among_the_others():
    with pytest.raises(ValueError, match="not among the others"):
        a_case(a_campaign(9, 4, 15), a_campaign(9, 5, 15))


def test_ten_thousand_campaigns_on_one_screen_are_an_answer_at_once():
    others = tuple(a_campaign(n, 1, 10) for n in range(10_000))
    verdict = judge([a_case(a_campaign(10_001, 1, 10), *others)])
    assert verdict.objections == (
        Objection(Wrong.TOO_MANY_CAMPAIGNS, "s-lobby", asked=10_001, possible=MOST_CAMPAIGNS),
    )
