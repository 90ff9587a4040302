"""A year of a realistic network: what is planned is what was promised, for every screen, hour and campaign."""

import os
from collections import Counter
from datetime import timedelta

import pytest

from playlists.forecast import counts, draft
from playlists.model import Per
from playlists.windows import local_day
from tests.playlists.network import FIRST, ZONE, network
from tests.playlists.oracle import HOUR, MINUTE, airtime_of, by_hour, clock_hour

STEP = 30 * MINUTE
UNIT = {Per.HOUR: "plays an hour", Per.DAY: "plays a day", Per.AIRTIME: "ms of airtime an hour"}


class Ledger:
    """What was promised and planned, by kind of promise; every cell is one hour or day of one campaign."""

    def __init__(self, days):
        self.start, self.end = local_day(FIRST, ZONE).start, local_day(FIRST + timedelta(days), ZONE).start
        self.cells, self.promised, self.planned, self.off = Counter(), Counter(), Counter(), Counter()
        self._airtime = {}

    def enter(self, per, promised, planned, times, *, within=0):
        self.cells[per] += times
        self.promised[per] += promised * times
        self.planned[per] += planned * times
        self.off[per] += times * (abs(promised - planned) > within)

    def airtime(self, campaign, screen):
        """The oracle's answer, asked once for screens that are open at the same times."""
        key = (screen.opening, campaign)
        if key not in self._airtime:
            self._airtime[key] = airtime_of(campaign, screen, self.start, self.end, STEP)
        return self._airtime[key]

    def table(self):
        head = f"{'promise':<24}{'cells':>14}{'promised':>18}{'planned':>18}{'deviations':>12}"
        lines = [
            f"{UNIT[per]:<24}{self.cells[per]:>14,}{self.promised[per]:>18,}{self.planned[per]:>18,}{self.off[per]:>12}"
            for per in Per
        ]
        return "\n".join((head, *lines))


def count_one_kind(ledger, alike):
    made = draft(alike.campaigns, alike.screen, ledger.start, ledger.end)
    assert not made.shortfalls
    found = Counter()
    for (campaign, hour), plays in counts(made.playlist, ledger.start, ledger.end).items():
        found[campaign, clock_hour(ZONE, hour)] += plays
    for campaign in alike.campaigns:
        if campaign.frequency.least:
            compare(ledger, campaign, ledger.airtime(campaign, alike.screen), found, len(alike.places))


def compare(ledger, campaign, airtime, found, screens):
    item_ms = campaign.items[0].duration_ms
    daily = Counter()
    for hour, active_ms in by_hour(ZONE, airtime.minutes, STEP).items():
        frequency, plays = campaign.frequency_on(hour[0]), found[campaign.id, hour]
        if frequency.per is Per.HOUR:
            ledger.enter(Per.HOUR, -(-frequency.least * active_ms // HOUR), plays, screens)
        elif frequency.per is Per.AIRTIME:
            target = frequency.least * active_ms // 1000
            ledger.enter(Per.AIRTIME, target, plays * item_ms, screens, within=item_ms)
        else:
            daily[hour[0]] += plays
    for day, plays in daily.items():
        ledger.enter(Per.DAY, campaign.frequency_on(day).least, plays, screens)


def proof(days, screens):
    ledger = Ledger(days)
    kinds = network(screens)
    for alike in kinds:
        count_one_kind(ledger, alike)
    reached = sum(len(alike.places) for alike in kinds)
    print(f"\n{reached} screens, {len(kinds)} kinds of them, {days} days from {FIRST}\n{ledger.table()}")  # noqa: T201  (the table is the proof)
    assert sum(ledger.off.values()) == 0
    assert min(ledger.cells[per] for per in Per) > 0
    return ledger


def test_three_days_of_some_screens_hold_what_was_promised():
    proof(3, 6)


@pytest.mark.soak
def test_a_year_of_a_thousand_screens_holds_what_was_promised(capsys):
    with capsys.disabled():
        proof(int(os.environ.get("DAYS") or 365), 1000)
