"""The floor and the wall (reliability A3; A6 rows 17 and 18): hostile clocks under a running player."""

from __future__ import annotations

import pytest

from player.clock import BUILD_MS, DAY_MS, Clock
from playlists.model import ClockQuality

NOW = 1_790_000_000_000
HOUR_MS = 3_600_000
YEAR_MS = 365 * DAY_MS


class Time:
    """A wall clock and a monotonic one, set by the test."""

    def __init__(self, wall: int = NOW) -> None:
        self.wall, self.mono, self.synchronised = wall, 5_000, False

    def clock(self, seen: int = NOW) -> Clock:
        return Clock(seen, lambda: self.wall, lambda: self.mono, lambda: self.synchronised)

    def passes(self, ms: int) -> None:
        self.wall += ms
        self.mono += ms


def test_a_right_clock_is_followed() -> None:
    time = Time()
    clock = time.clock()
    time.passes(HOUR_MS)
    reading = clock.read()
    assert (reading.ms, reading.now.ms, reading.now.known) == (NOW + HOUR_MS, NOW + HOUR_MS, True)
    assert reading.quality is ClockQuality.ESTIMATED
    time.synchronised = True
    assert clock.read().quality is ClockQuality.SYNCHRONISED


@pytest.mark.parametrize("wall", [0, NOW - 10 * YEAR_MS, NOW + 10 * YEAR_MS, 2_147_483_648_000, NOW + 2 * YEAR_MS])
def test_an_absurd_clock_is_not_believed_and_time_goes_on(wall: int) -> None:
    time = Time(wall)
    clock = time.clock()
    assert not clock.read().now.known
    assert clock.read().quality is ClockQuality.UNKNOWN
    before = clock.read().now.ms
    time.passes(10_000)
    assert clock.read().now.ms == before + 10_000


def test_the_floor_never_falls_while_the_wall_jumps_by_an_hour_every_minute() -> None:
    time = Time()
    clock = time.clock()
    highest = 0
    for minute in range(120):
        time.passes(60_000)
        time.wall += HOUR_MS if minute % 2 else -HOUR_MS
        now = clock.read().now.ms
        assert now >= highest
        highest = now


def test_what_expired_stays_expired_when_the_wall_goes_back() -> None:
    time = Time()
    clock = time.clock()
    time.passes(20 * HOUR_MS)
    expired_at = clock.read().now.ms - 1
    for back in (1000, HOUR_MS, YEAR_MS):
        time.wall -= back
        assert clock.read().now.ms > expired_at


def test_a_small_step_back_keeps_the_screens_in_step() -> None:
    time = Time()
    clock = time.clock()
    clock.read()
    time.wall -= 2000
    reading = clock.read()
    assert reading.ms == NOW - 2000  # the timeline follows the wall
    assert reading.now.ms == NOW  # what is valid does not
    assert reading.now.known


def test_a_day_ahead_is_believed_only_when_a_signed_document_says_so() -> None:
    time = Time(NOW + 3 * DAY_MS)
    clock = time.clock(NOW)
    assert not clock.read().now.known
    clock.believe(NOW + 3 * DAY_MS - HOUR_MS)
    assert clock.read().now.known
    assert clock.read().ms == NOW + 3 * DAY_MS


def test_a_clock_that_ran_ahead_and_came_back_is_healed_by_a_fresh_head() -> None:
    time = Time()
    clock = time.clock()
    time.wall += 20 * HOUR_MS
    assert clock.read().now.known  # plausible, so believed
    time.wall -= 20 * HOUR_MS
    assert not clock.read().now.known
    clock.vouch(NOW - HOUR_MS)
    reading = clock.read()
    assert (reading.ms, reading.now.known) == (NOW, True)
    assert reading.now.ms >= NOW + 20 * HOUR_MS  # what is valid is still judged by the floor


@pytest.mark.parametrize("jump_ms", [-NOW, -YEAR_MS, -HOUR_MS])
def test_a_clock_that_jumps_after_it_was_vouched_for_is_not_believed(jump_ms: int) -> None:
    time = Time()
    clock = time.clock()
    clock.vouch(NOW)
    time.passes(HOUR_MS)
    time.wall += jump_ms
    reading = clock.read()
    assert (reading.ms, reading.quality) == (NOW + HOUR_MS, ClockQuality.UNKNOWN)


def test_an_old_head_vouches_for_nothing() -> None:
    time = Time()
    clock = time.clock()
    time.wall -= 5 * HOUR_MS
    clock.vouch(NOW - 30 * HOUR_MS)
    assert not clock.read().now.known


def test_a_stolen_key_that_signed_the_future_is_forgotten_with_its_rotation() -> None:
    time = Time()
    clock = time.clock()
    clock.believe(NOW + 10 * YEAR_MS)
    assert clock.read().now.ms >= NOW + 10 * YEAR_MS
    clock.believe(NOW)
    assert clock.read().now.ms < NOW + DAY_MS
    assert clock.read().now.known


def test_a_start_without_a_clock_is_not_before_the_program_was_built() -> None:
    time = Time(0)
    assert time.clock(0).read().now.ms >= BUILD_MS


@pytest.mark.parametrize("step_ms", [HOUR_MS, 23 * HOUR_MS, DAY_MS - 1, DAY_MS + 1, YEAR_MS])
@pytest.mark.parametrize("passed_ms", [0, 60_000])
def test_a_wall_clock_that_runs_ahead_in_steps_gains_one_day_in_all(step_ms: int, passed_ms: int) -> None:
    time = Time()
    clock = time.clock()
    for step in range(1, 801):
        time.passes(passed_ms)
        time.wall += step_ms
        reading = clock.read()
        assert reading.now.ms <= NOW + step * passed_ms + DAY_MS
        assert clock.seen_ms() <= NOW + step * passed_ms + DAY_MS  # nor does the next start inherit more
    assert not reading.now.known


def test_what_is_signed_makes_room_for_the_wall_again() -> None:
    time = Time()
    clock = time.clock()
    for day in range(1, 100):
        time.wall += DAY_MS  # an honest clock, after nights without power to the monotonic one
        clock.believe(time.wall - HOUR_MS)
        assert clock.read().now.known
        assert clock.read().ms == NOW + day * DAY_MS


def test_a_stolen_key_and_a_forged_clock_together_are_forgotten_with_the_key() -> None:
    time = Time()
    clock = time.clock()
    clock.believe(NOW + 10 * YEAR_MS)
    time.wall += 10 * YEAR_MS + HOUR_MS
    assert clock.read().now.known
    clock.believe(NOW)
    time.wall = NOW
    assert clock.read().now.ms <= NOW + DAY_MS
    assert clock.seen_ms() <= NOW + DAY_MS


def test_a_stolen_key_alone_reaches_nothing_that_is_stored_for_the_next_start() -> None:
    time = Time()
    clock = time.clock()
    clock.believe(NOW + 10 * YEAR_MS)
    clock.read()
    assert clock.seen_ms() <= NOW + DAY_MS
