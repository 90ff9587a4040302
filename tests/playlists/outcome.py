"""A plan of three days beside what the oracle says of its campaigns, for the properties to compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from playlists.model import Campaign, Frequency, Lack, Shortfall
from playlists.plan import plan_days
from playlists.windows import local_day
from tests.playlists.oracle import HOUR, Airtime, Hour, Shown, airtime_of, by_hour, clock_hour, fits_the_screen
from tests.playlists.orders import Asked, spare


@dataclass(frozen=True)
class Outcome:
    """What was planned for ``asked``; with ``spare`` something else than promises fills the time left."""

    asked: Asked
    with_spare: bool

    @cached_property
    def campaigns(self) -> tuple[Campaign, ...]:
        return (*self.asked.campaigns, spare()) if self.with_spare else self.asked.campaigns

    @cached_property
    def planned(self):
        return plan_days(self.campaigns, self.asked.screen, self.asked.days)

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        return self.planned[2]

    @cached_property
    def shown(self) -> list[Shown]:
        """Every play of the three days, in order."""
        entries, plan, _ = self.planned
        return [
            Shown(entries[slot.entry], day.start + turn + slot.at_ms, day.start + turn + slot.end_ms)
            for day in plan.days
            for block in plan.programmes[day.programme]
            for turn in range(block.from_ms, block.to_ms, plan.loops[block.loop].period_ms)
            for slot in plan.loops[block.loop].slots
            if turn + slot.end_ms <= block.to_ms
        ]

    @cached_property
    def bounds(self) -> tuple[int, int]:
        first, last = (local_day(self.asked.days[n], self.asked.screen.zone) for n in (0, -1))
        return first.start, last.start + last.length_ms

    @cached_property
    def airtime(self) -> dict[int, Airtime]:
        return {c.id: airtime_of(c, self.asked.screen, *self.bounds, self.asked.step) for c in self.asked.campaigns}

    @cached_property
    def plays(self) -> dict[int, list[Shown]]:
        found: dict[int, list[Shown]] = {campaign.id: [] for campaign in self.campaigns}
        for one in self.shown:
            found[one.entry.campaign].append(one)
        return found

    def hour(self, at: int) -> Hour:
        return clock_hour(self.asked.screen.zone, at)

    def step(self, at: int) -> int:
        """The step of the grid in which an instant lies."""
        return self.bounds[0] + (at - self.bounds[0]) // self.asked.step * self.asked.step

    def lacks(self, campaign: int, lack: Lack) -> dict[Hour, int]:
        """How many promised plays each clock hour lacks, as the plan says; for a day under its midnight's hour."""
        found: dict[Hour, int] = {}
        for short in self.shortfalls:
            if (short.campaign, short.lack) == (campaign, lack):
                hour = self.hour(short.hour_start)
                found[hour] = found.get(hour, 0) + short.promised - short.planned
        return found

    def plays_by_hour(self, campaign: int) -> dict[Hour, list[Shown]]:
        found: dict[Hour, list[Shown]] = {}
        for one in self.plays[campaign]:
            found.setdefault(self.hour(one.start), []).append(one)
        return found

    def in_hours(self, campaign: Campaign) -> Iterator[tuple[Hour, int, Frequency]]:
        """The clock hours in which a campaign is active, for how many ms, and under which frequency.

        Hours in which two frequencies meet, of a boost and the usual one, are left out.
        """
        airtime = self.airtime[campaign.id]
        for hour, active_ms in by_hour(self.asked.screen.zone, airtime.minutes, self.asked.step).items():
            near = [hour[0] + timedelta(days=n) for n in (-1, 0, 1)]
            held = {campaign.frequency_on(day) for day in near if campaign.first_day <= day <= campaign.last_day}
            if len(held) == 1:
                yield hour, active_ms, held.pop()

    def in_days(self, campaign: Campaign) -> Iterator[tuple[date, Frequency, list[Shown]]]:
        """The dates whose windows lie wholly in the plan, the frequency then, and the plays in them.

        Windows in which two dates meet are left out.
        """
        airtime = self.airtime[campaign.id]
        for day in self.asked.days[:2]:
            own = airtime.of(day)
            others = airtime.of(*(other for other in airtime.by_date if other != day))
            if own and not own & others:
                plays = [one for one in self.plays[campaign.id] if self.step(one.start) in own]
                yield day, campaign.frequency_on(day), plays

    def longest_ms(self, campaign: Campaign) -> int:
        return max((i.duration_ms for i in campaign.items if fits_the_screen(i, self.asked.screen)), default=0)


def due(frequency: Frequency, active_ms: int) -> int:
    """Plays owed in an hour: pro rata, rounded up."""
    return -(-frequency.least * active_ms // HOUR)
