"""What a screen shows at an instant, against a brute-force reading of the plan."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playlists.model import Block, Day, Loop, OffHours, Output, Plan, Playlist, Screen, Slot, Version, Window
from playlists.plan import plan_days
from playlists.timeline import Show, Showing, showing_at
from playlists.windows import HOUR_MS, MINUTE_MS, local_day, midnight
from tests.playlists.oracle import a_campaign, an_item

MONDAY = date(2026, 7, 6)
ZONE = "Asia/Ho_Chi_Minh"
EVERYTHING = lambda _entry: True  # noqa: E731
NOTHING = lambda _entry: False  # noqa: E731
SECOND = 1000


def a_playlist(plan: Plan, entries=None, fallback=(0,), zone: str = ZONE, screen: str = "s-1") -> Playlist:
    entries = entries or tuple(an_item(n, 1, seconds).entry for n, seconds in enumerate((10, 15, 20, 7)))
    version = Version(1, 1)
    return Playlist(screen, "phuong", version, 0, 1, zone, 1, 0, "", entries, plan, fallback, OffHours.BLANK, Output())


def one_day(*blocks: Block, loops: tuple[Loop, ...], day: date = MONDAY, zone: str = ZONE) -> Plan:
    return Plan(loops, (blocks,), (Day(day.isoformat(), midnight(day, zone), 0),))


NINE_TO_TEN = a_playlist(
    one_day(
        Block(9 * HOUR_MS, 10 * HOUR_MS, 0),
        loops=(Loop(30 * SECOND, (Slot(0, 1, 15 * SECOND), Slot(18 * SECOND, 2, 10 * SECOND))),),
    ),
    fallback=(0, 3),
)
NINE = midnight(MONDAY, ZONE) + 9 * HOUR_MS


def test_inside_a_slot_its_item_is_shown_from_its_start_to_its_end():
    turn = NINE + 30 * SECOND
    assert showing_at(NINE_TO_TEN, turn + 14_999, EVERYTHING) == Showing(Show.SLOT, 1, turn, turn + 15 * SECOND)
    assert showing_at(NINE_TO_TEN, turn + 18_000, EVERYTHING).entry == 2


def test_between_slots_the_picture_stays():
    assert showing_at(NINE_TO_TEN, NINE + 15_000, EVERYTHING) == Showing(Show.HOLD, 1, NINE + 15_000, NINE + 18_000)
    assert showing_at(NINE_TO_TEN, NINE + 28_500, EVERYTHING) == Showing(Show.HOLD, 2, NINE + 28_000, NINE + 30_000)


def test_outside_opening_hours_the_screen_is_off():
    midnight_at = midnight(MONDAY, ZONE)
    assert showing_at(NINE_TO_TEN, NINE - 1, EVERYTHING) == Showing(Show.OFF, None, midnight_at, NINE)
    assert showing_at(NINE_TO_TEN, NINE + HOUR_MS, EVERYTHING).show is Show.OFF
    assert showing_at(NINE_TO_TEN, NINE + HOUR_MS, EVERYTHING).end == midnight_at + 24 * HOUR_MS


@pytest.mark.parametrize("instant", [NINE - 40 * HOUR_MS, NINE + 40 * HOUR_MS])
def test_days_without_a_plan_show_the_fallback_in_turn(instant):
    shown, at = [], instant
    for _ in range(4):
        showing = showing_at(NINE_TO_TEN, at, EVERYTHING)
        assert showing.show is Show.FALLBACK
        shown.append((showing.entry, showing.end - showing.start))
        at = showing.end
    assert sorted(shown[:2]) == [(0, 10 * SECOND), (3, 7 * SECOND)]
    assert shown[:2] == shown[2:]


def test_an_item_that_may_not_be_shown_gives_its_slot_to_the_fallback():
    showing = showing_at(NINE_TO_TEN, NINE + 1, lambda entry: entry == 3)
    assert (showing.show, showing.entry) == (Show.FALLBACK, 3)
    assert NINE <= showing.start <= NINE + 1 < showing.end <= NINE + 15_000


def test_its_picture_does_not_stay_either():
    assert showing_at(NINE_TO_TEN, NINE + 16_000, lambda entry: entry == 3).show is Show.FALLBACK


def test_with_nothing_allowed_a_slate_is_shown_and_looked_at_again_within_a_minute():
    showing = showing_at(NINE_TO_TEN, NINE + 40 * HOUR_MS, NOTHING)
    assert (showing.show, showing.entry) == (Show.SLATE, None)
    assert showing.end - showing.start <= MINUTE_MS
    assert showing_at(NINE_TO_TEN, NINE + 1, NOTHING).show is Show.SLATE
    assert showing_at(NINE_TO_TEN, NINE - 1, NOTHING).show is Show.OFF


def test_an_open_hour_without_slots_shows_the_fallback():
    empty = a_playlist(one_day(Block(9 * HOUR_MS, 10 * HOUR_MS, 0), loops=(Loop(HOUR_MS, ()),)))
    assert showing_at(empty, NINE, EVERYTHING).show is Show.FALLBACK


def test_a_slot_that_would_run_past_its_block_is_not_started():
    plan = one_day(
        Block(9 * HOUR_MS, 9 * HOUR_MS + 40_000, 0),
        loops=(Loop(30 * SECOND, (Slot(0, 1, 8 * SECOND), Slot(9 * SECOND, 2, 20 * SECOND))),),
    )
    assert showing_at(a_playlist(plan), NINE + 39_999, EVERYTHING) == Showing(
        Show.HOLD, 1, NINE + 38_000, NINE + 40_000
    )


def test_a_playlist_without_days_shows_the_fallback():
    assert showing_at(a_playlist(Plan((), (), ())), NINE, EVERYTHING).show is Show.FALLBACK


def test_sunday_at_nine_on_the_screen():
    sundays = a_campaign(1, 4, 15, windows=(Window(9 * 60, 10 * 60, frozenset({6})),))
    shown = showing_at(planned([sundays], Screen("s-1", ZONE), [date(2026, 7, 5)]), NINE - 24 * HOUR_MS, EVERYTHING)
    assert shown.show is Show.SLOT


def planned(campaigns, screen: Screen, days) -> Playlist:
    entries, plan, _ = plan_days(campaigns, screen, days)
    return a_playlist(plan, entries, (0,) if entries else (), screen.zone, screen.id)


def brute_force(playlist: Playlist, instant: int, allowed) -> tuple[Show, int | None]:
    """The rule read aloud: every day, block, turn and slot one after the other."""
    found: tuple[Show, int | None] = (Show.FALLBACK, None)
    for day in playlist.plan.days:
        end = midnight(date.fromisoformat(day.date) + timedelta(1), playlist.zone)
        if not day.start <= instant < end:
            continue
        found = (Show.OFF, None)
        for block in playlist.plan.programmes[day.programme]:
            if block.from_ms <= instant - day.start < block.to_ms:
                found = in_block(playlist.plan.loops[block.loop], block, instant - day.start)
    show, entry = found
    if show is Show.OFF or (entry is not None and allowed(entry)):
        return found
    usable = [e for e in playlist.fallback if allowed(e)]
    if not usable:
        return Show.SLATE, None
    ends = list(accumulate(playlist.entries[e].rendition.duration_ms for e in usable))
    return Show.FALLBACK, next(e for e, end in zip(usable, ends, strict=True) if instant % ends[-1] < end)


def in_block(loop: Loop, block: Block, elapsed: int) -> tuple[Show, int | None]:
    answer: tuple[Show, int | None] = (Show.FALLBACK, None)
    for turn in range(block.from_ms, block.to_ms, loop.period_ms):
        for slot in loop.slots:
            start, end = turn + slot.at_ms, turn + slot.end_ms
            if end > block.to_ms or elapsed < start:
                continue
            answer = (Show.SLOT if elapsed < end else Show.HOLD, slot.entry)
    return answer


@st.composite
def loops(draw: st.DrawFn) -> Loop:
    at, slots = 0, []
    for _ in range(draw(st.integers(0, 5))):
        at += draw(st.sampled_from([0, 0, 700, 5_000]))
        duration = draw(st.integers(1, 40)) * 500
        slots.append(Slot(at, draw(st.integers(0, 3)), duration))
        at += duration
    return Loop(at + draw(st.sampled_from([0, 1, 9_999])) + (not slots), tuple(slots))


@st.composite
def playlists(draw: st.DrawFn) -> Playlist:
    zone, first = draw(st.sampled_from([(ZONE, MONDAY), ("Europe/Berlin", date(2026, 10, 24))]))
    some_loops = tuple(draw(st.lists(loops(), min_size=1, max_size=3)))
    programmes = []
    for _ in range(2):
        edges = sorted(draw(st.sets(st.integers(0, 240), max_size=6)))
        edges = edges[: len(edges) // 2 * 2]
        programmes.append(
            tuple(
                Block(a * 1500, b * 1500, draw(st.integers(0, len(some_loops) - 1)))
                for a, b in zip(edges[::2], edges[1::2], strict=True)
            )
        )
    days = [
        Day(day.isoformat(), local_day(day, zone).start, draw(st.integers(0, 1)))
        for n in (0, 1, 3)
        for day in [first + timedelta(n)]
    ]
    fallback = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    return a_playlist(Plan(some_loops, tuple(programmes), tuple(days)), fallback=fallback, zone=zone)


@settings(max_examples=150, deadline=None)
@given(playlists(), st.sets(st.integers(0, 3)), st.data())
def test_the_answer_is_the_brute_force_one_at_any_instant(playlist, allowed, data):
    for day in playlist.plan.days:
        instant = day.start + data.draw(st.integers(-30_000, 400_000))
        showing = showing_at(playlist, instant, allowed.__contains__)
        assert (showing.show, showing.entry) == brute_force(playlist, instant, allowed.__contains__)
        within = data.draw(st.integers(showing.start, showing.end - 1))
        assert showing_at(playlist, within, allowed.__contains__) == showing


@settings(max_examples=100, deadline=None)
@given(playlists(), st.sets(st.integers(0, 3)))
def test_walking_from_end_to_end_leaves_no_hole_and_no_overlap(playlist, allowed):
    for day in playlist.plan.days:
        at = day.start - 20_000
        before = None
        while at < day.start + 380_000:
            showing = showing_at(playlist, at, allowed.__contains__)
            assert showing.start <= at < showing.end
            assert before is None or showing.start == before.end
            before, at = showing, showing.end


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.lists(st.integers(4, 40), min_size=1, max_size=3)), min_size=1, max_size=5
    )
)
def test_walking_a_planned_day_plays_every_slot_once_and_equal_screens_are_in_step(asked):
    screen = Screen("s-1", ZONE, (Window(9 * 60 + 20, 11 * 60),))
    given_ = [a_campaign(number, plays, *seconds) for number, (plays, seconds) in enumerate(asked, 1)]
    mine, theirs = (planned(given_, replace(screen, id=name), [MONDAY]) for name in ("s-1", "s-2"))
    shown, at = [], NINE
    while at < NINE + 2 * HOUR_MS + 1:
        showing = showing_at(mine, at, EVERYTHING)
        assert showing_at(theirs, at, EVERYTHING) == showing
        shown.append(showing)
        at = showing.end
    assert all(a.end == b.start for a, b in pairwise(shown))
    slots = [s for block in mine.plan.programmes[0] for s in mine.plan.loops[block.loop].slots]
    turns = sum(
        (b.to_ms - b.from_ms) // mine.plan.loops[b.loop].period_ms * len(mine.plan.loops[b.loop].slots)
        for b in mine.plan.programmes[0]
    )
    assert len([s for s in shown if s.show is Show.SLOT]) == turns >= len(slots)
