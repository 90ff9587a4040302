"""Rules of quiet: which volume and brightness a screen has at each minute, against the oracle."""

from dataclasses import replace
from datetime import date

import pytest

from playlists.envelope import Kind
from playlists.model import Output, Quiet, Screen, Window
from playlists.quiet import quiet_spans
from playlists.schemas import dump, load
from playlists.timeline import output_at
from tests.playlists.oracle import MINUTE, instant, is_open, wall
from tests.world import World

NIGHT = Quiet((Window(22 * 60, 6 * 60),), volume=0, brightness=40)
NOON = Quiet((Window(12 * 60, 13 * 60, frozenset(range(5))),), volume=30)
SUNDAYS = Quiet((Window(5 * 60, 13 * 60, frozenset({6})),), volume=50, brightness=80)


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Asia/Ho_Chi_Minh", [date(2026, 7, 3), date(2026, 7, 4), date(2026, 7, 5)]),
        ("Europe/Berlin", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]),
    ],
)
def test_every_minute_is_as_quiet_as_the_strictest_rule(zone, days):
    rules = (NIGHT, NOON, SUNDAYS)
    screen = Screen("s-1", zone, quiet=rules)
    playlist = replace(World().playlist(), zone=zone, output=Output(volume=80), quiet=quiet_spans(screen, days))
    begin, end = instant(zone, f"{days[0]}T00:00:00"), instant(zone, f"{days[-1]}T23:59:00")
    for at in range(begin, end, MINUTE):
        holding = [rule for rule in rules if is_open(rule.windows, wall(zone, at))]
        volume = 80 * min([100, *(rule.volume for rule in holding)]) // 100
        brightness = min([100, *(rule.brightness for rule in holding)])
        output, until = output_at(playlist, at)
        assert (output.volume, output.brightness) == (volume, brightness)
        assert until > at and output_at(playlist, until - 1)[0] == output


def test_a_night_is_one_span_and_a_screen_without_rules_says_nothing():
    days = [date(2026, 7, 6), date(2026, 7, 7)]
    screen = Screen("s-1", "Asia/Ho_Chi_Minh", quiet=(NIGHT,))
    assert [(s.end - s.start) // MINUTE for s in quiet_spans(screen, days)] == [6 * 60, 8 * 60, 2 * 60]
    loud = World().playlist()
    assert b"quiet" not in dump(loud)
    quiet = replace(loud, quiet=quiet_spans(screen, days))
    assert load(Kind.PLAYLIST, dump(quiet)) == quiet
