"""Why an item is on a screen, or the first rule that keeps it off: it agrees with the plan and with the oracle."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playlists.forecast import day_at, draft
from playlists.model import (
    Block,
    Closure,
    Day,
    DayException,
    DayPlan,
    Frequency,
    OffHours,
    Output,
    Per,
    Plan,
    Playlist,
    Priority,
    Quiet,
    Screen,
    Version,
    Window,
)
from playlists.plan import plan_day
from playlists.timeline import Show, showing_at
from playlists.why import Rule, Why, why
from tests.playlists.oracle import (
    HOUR,
    a_campaign,
    an_item,
    begun_on,
    clock_hour,
    fits_the_screen,
    instant,
    is_kept_for_others,
    is_open,
    is_still,
    screen_is_lent,
    screen_is_open,
    wall,
)
from tests.playlists.orders import asked

ZONE = "Asia/Ho_Chi_Minh"
MONDAY = date(2026, 7, 6)
LOBBY = Screen("s-lobby", ZONE, (Window(6 * 60, 22 * 60),))
NINE = (Window(9 * 60, 10 * 60),)
EVERYTHING = lambda _entry: True  # noqa: E731


def at(text, day="2026-07-06"):
    return instant(ZONE, f"{day}T{text}")


def asked_why(campaign, when, *others, screen=LOBBY, item=100):
    return why([campaign, *others], screen, item, when)


def test_a_shown_item_names_its_campaign_and_its_slot():
    answer = asked_why(a_campaign(1, 240, 15), at("09:00:20"))
    assert answer.is_shown
    assert (answer.campaign, answer.show, answer.start, answer.end) == (1, Show.SLOT, at("09:00:15"), at("09:00:30"))


ONLY_NINE = a_campaign(1, 4, 15, windows=NINE)
RULES = [
    (Rule.NOT_BEGUN, a_campaign(1, 4, 15, days=(date(2026, 7, 7), date(2026, 7, 9))), "09:30",
     {"day": date(2026, 7, 7)}),
    (Rule.OVER, a_campaign(1, 4, 15, days=(date(2026, 7, 1), date(2026, 7, 5))), "09:30", {"day": date(2026, 7, 5)}),
    (Rule.EXCEPTION, replace(ONLY_NINE, exceptions=(DayException(MONDAY),)), "09:30",
     {"day": MONDAY, "next_ms": at("09:00", "2026-07-07")}),
    (Rule.OUTSIDE_WINDOW, ONLY_NINE, "08:30", {"next_ms": at("09:00")}),
    (Rule.OUTSIDE_WINDOW, ONLY_NINE, "10:00", {"next_ms": at("09:00", "2026-07-07")}),
    (Rule.SCREEN_CLOSED, a_campaign(1, 4, 15), "22:30", {"next_ms": at("06:00", "2026-07-07")}),
    (Rule.KEPT_FOR_PEAK, replace(a_campaign(1, 4, 15), closures=(Closure(MONDAY, MONDAY, NINE),)), "09:30",
     {"next_ms": at("10:00")}),
    (Rule.TOO_SHORT, a_campaign(1, 4, 0.5), "09:30", {"limit_ms": 1000}),
    (Rule.NOT_YET_APPROVED, a_campaign(1, 4, 15, valid=(at("12:00"), 2**50)), "09:30", {"next_ms": at("12:00")}),
    (Rule.NO_LONGER_APPROVED, a_campaign(1, 4, 15, valid=(0, at("08:00"))), "09:30", {"limit_ms": at("08:00")}),
    (Rule.NO_TIME_LEFT, a_campaign(1, 1, 40, windows=NINE), "09:59:30",
     {"limit_ms": 30_000, "next_ms": at("09:00", "2026-07-07")}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "campaign", "when", "facts"), RULES)
def test_the_first_rule_that_keeps_an_item_off_is_named_with_its_facts(rule, campaign, when, facts):
    answer = asked_why(campaign, at(when), a_campaign(2, 0, 15))
    assert (answer.rule, answer.campaign) == (rule, 1)
    assert {name: getattr(answer, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("rule", "screen", "facts"),
    [
        (Rule.NOT_LENT, replace(LOBBY, lent=(Window(12 * 60, 14 * 60),)), {"next_ms": at("12:00")}),
        (Rule.STILL, replace(LOBBY, quiet=(Quiet(NINE, still=True),)), {"next_ms": at("10:00")}),
        (Rule.LONGER_THAN_STAY, replace(LOBBY, longest_item_ms=10_000), {"limit_ms": 10_000}),
    ],
)
def test_rules_of_the_screen_are_named_as_well(rule, screen, facts):
    answer = asked_why(a_campaign(1, 4, 15), at("09:30"), screen=screen)
    assert answer.rule is rule
    assert {name: getattr(answer, name) for name in facts} == facts


def test_an_item_that_gave_way_names_those_it_gave_way_to():
    urgent = a_campaign(2, 240, 15, priority=Priority.EMERGENCY, windows=NINE)
    answer = asked_why(a_campaign(1, 4, 15, windows=NINE), at("09:30"), urgent)
    assert (answer.rule, answer.others) == (Rule.GAVE_WAY, (2,))


def test_a_campaign_that_had_its_plays_is_told_the_most():
    twice = replace(a_campaign(1, 1, 15), frequency=Frequency(Per.HOUR, 1, 1))
    answer = asked_why(twice, at("09:59"), a_campaign(2, 0, 15))
    assert (answer.rule, answer.limit_ms) == (Rule.HAD_ITS_PLAYS, 1)
    assert at("10:00") <= answer.next_ms < at("11:00")


def test_an_item_that_waits_for_its_turn_is_told_whose_it_is_and_when_its_own_comes():
    both = [a_campaign(1, 4, 15), a_campaign(2, 0, 15)]
    answer = next(
        answer for answer in (asked_why(both[0], at(f"09:{m:02}"), both[1]) for m in range(60)) if not answer.is_shown
    )
    assert (answer.rule, answer.others) == (Rule.NOT_ITS_TURN, (2,))
    assert why(both, LOBBY, 100, answer.next_ms).start == answer.next_ms


def test_an_item_of_no_campaign_is_not_here():
    assert why([ONLY_NINE], LOBBY, 777, at("09:30")) == Why(777, at("09:30"), None, Rule.NOT_HERE)


def test_an_item_in_two_campaigns_is_kept_off_by_the_one_that_comes_nearest():
    shared = an_item(7, 1, 15)
    late = replace(ONLY_NINE, items=(shared,))
    over = replace(
        a_campaign(2, 4, 15, days=(date(2026, 7, 1), date(2026, 7, 2))),
        items=(replace(shared, entry=replace(shared.entry, campaign=2)),),
    )
    assert asked_why(over, at("08:00"), late, item=7).rule is Rule.OUTSIDE_WINDOW


def test_with_the_playlist_at_hand_the_answer_is_what_the_screen_follows():
    asked_for = [a_campaign(1, 4, 15)]
    elsewhere = draft([a_campaign(1, 240, 15)], LOBBY, at("00:00"), at("00:00", "2026-07-07")).playlist
    moment = next(at(f"09:{m:02}") for m in range(60) if not why(asked_for, LOBBY, 555, at(f"09:{m:02}")).is_shown)
    assert why(asked_for, LOBBY, 100, moment, elsewhere).is_shown


def followed(plan: DayPlan, screen: Screen) -> Playlist:
    loops = tuple(loop for _, _, loop in plan.blocks)
    blocks = tuple(Block(a, b, n) for n, (a, b, _) in enumerate(plan.blocks))
    whole = Plan(loops, (blocks,), (Day(plan.day.isoformat(), plan.start, 0),))
    version = Version(0, 0)
    return Playlist(
        screen.id, "u", version, 0, 0, screen.zone, 0, 0, "", plan.entries, whole, (), OffHours.BLANK, Output()
    )


def is_true(answer: Why, campaign, item, screen, plan) -> bool:
    """Whether the rule that an answer names holds, asked of the oracle."""
    local, rule = wall(screen.zone, answer.instant), answer.rule
    dates = (campaign.first_day, campaign.last_day)
    own = [begun_on(campaign.windows, local, *dates, exceptions) for exceptions in (campaign.exceptions, ())]
    hour = clock_hour(screen.zone, answer.instant)
    return {
        Rule.NOT_BEGUN: local.date() < campaign.first_day == answer.day,
        Rule.OVER: local.date() > campaign.last_day == answer.day and not own[0],
        Rule.EXCEPTION: not own[0] and bool(own[1]) and answer.day in {e.day for e in campaign.exceptions},
        Rule.OUTSIDE_WINDOW: not own[0],
        Rule.SCREEN_CLOSED: not screen_is_open(screen, local),
        Rule.NOT_LENT: not screen_is_lent(screen, campaign, local),
        Rule.KEPT_FOR_PEAK: is_kept_for_others(campaign, local),
        Rule.STILL: is_still(screen, local),
        Rule.LONGER_THAN_STAY: item.duration_ms > (screen.longest_item_ms or HOUR),
        Rule.TOO_SHORT: item.duration_ms < 1000,
        Rule.NOT_YET_APPROVED: answer.instant < item.not_before,
        Rule.NO_LONGER_APPROVED: answer.instant >= item.not_after,
        Rule.NO_TIME_LEFT: any(
            not may_be_shown(campaign, item, screen, t) or clock_hour(screen.zone, t) != hour
            for t in range(answer.instant, answer.instant + item.duration_ms, 1000)
        ),
        Rule.GAVE_WAY: any(s.campaign == campaign.id and s.planned < s.promised for s in plan.shortfalls),
        Rule.HAD_ITS_PLAYS: campaign.frequency_on(day_at(screen.zone, answer.instant).day).most == answer.limit_ms,
        Rule.NOT_ITS_TURN: may_be_shown(campaign, item, screen, answer.instant),
    }[rule]


def may_be_shown(campaign, item, screen, at_ms) -> bool:
    local = wall(screen.zone, at_ms)
    return (
        is_open(campaign.windows, local, campaign.first_day, campaign.last_day, campaign.exceptions)
        and screen_is_open(screen, local)
        and screen_is_lent(screen, campaign, local)
        and not is_kept_for_others(campaign, local)
        and not (is_still(screen, local) and item.entry.rendition.media_type.is_video)
        and item.not_before <= at_ms < item.not_after
        and fits_the_screen(item, screen)
    )


EARLIER = (Rule.NOT_ITS_TURN, Rule.HAD_ITS_PLAYS, Rule.GAVE_WAY)


def agree(schedule, minutes):
    screen = schedule.screen
    start = day_at(screen.zone, instant(screen.zone, f"{schedule.day.isoformat()}T12:00")).start
    plan = plan_day(schedule.campaigns, screen, schedule.day)
    playlist = followed(plan, screen)
    for minute in minutes:
        when = start + minute * 20_000 + 7
        if day_at(screen.zone, when).day != schedule.day:
            continue
        showing = showing_at(playlist, when, EVERYTHING)
        on_screen = None if showing.entry is None else playlist.entries[showing.entry]
        for campaign in schedule.campaigns:
            for item in campaign.items:
                answer = why(schedule.campaigns, screen, item.entry.item, when, playlist)
                assert answer.is_shown == (on_screen is not None and on_screen.item == item.entry.item)
                if answer.is_shown:
                    assert (answer.campaign, answer.start, answer.end) == (campaign.id, showing.start, showing.end)
                    continue
                assert is_true(answer, campaign, item, screen, plan), answer
                assert (answer.rule in EARLIER) <= may_be_shown(campaign, item, screen, when), "no earlier rule holds"
                if answer.next_ms is not None:
                    assert answer.next_ms > when


SOME_MINUTES = st.lists(st.integers(0, 25 * 180 - 1), min_size=1, max_size=3)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked(most=3), SOME_MINUTES)
def test_every_answer_agrees_with_the_plan_and_every_rule_it_names_is_true(schedule, minutes):
    agree(schedule, minutes)


@pytest.mark.soak
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked(most=3), SOME_MINUTES)
def test_thousands_of_answers_agree_with_the_plan(schedule, minutes):
    agree(schedule, minutes)
