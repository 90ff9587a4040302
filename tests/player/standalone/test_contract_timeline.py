"""What a screen shows at an instant, and when its days begin: asked of both engines over thousands of pairs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from playlists.model import Block, Day, Loop, Output, Plan, Playlist, QuietSpan, Slot
from playlists.schemas import seal
from playlists.timeline import output_at, showing_at
from playlists.windows import DAY_MS, HOUR_MS, local_day, midnight
from tests.player.standalone.contract_page import ContractPage, b64, contract_page, needs_chromium, plain, samples
from tests.playlists.oracle import an_item
from tests.playlists.test_timeline import a_playlist, playlists
from tests.world import World, key

pytestmark = needs_chromium
# Where clocks change at midnight, by half an hour, across the date line, or never. Dates are past ones: about the
# future a browser's copy of the tz database may be older than ours.
ZONES = [
    "Asia/Ho_Chi_Minh", "UTC", "Europe/Berlin", "America/Havana", "Asia/Beirut", "America/St_Johns", "Asia/Gaza",
    "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Africa/Cairo", "Atlantic/Azores",
]  # fmt: skip
FIRST, LAST = date(1975, 1, 1), date(2024, 12, 1)
ENTRIES = 4


@pytest.fixture(scope="module")
def page() -> Iterator[ContractPage]:
    with contract_page() as made:
        yield made


@cache
def changes(zone: str) -> list[date]:
    """The dates on which a zone's clocks changed."""
    noons = [datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(24 * 365)]
    offsets = [(at.date(), at.astimezone(ZoneInfo(zone)).utcoffset()) for at in noons]
    return [day for (_, before), (day, after) in pairwise(offsets) if before != after]


def test_every_day_begins_at_the_same_instant(page: ContractPage) -> None:
    rng = random.Random(4)
    spread = [FIRST + timedelta(days=rng.randrange((LAST - FIRST).days)) for _ in range(60)]
    asked = [
        (day + timedelta(days=shift), zone)
        for zone in ZONES
        for day in [*spread, *rng.choices(changes(zone) or spread, k=20)]
        for shift in (-1, 0, 1)
    ]
    answers = page.verdicts({"door": "midnight", "date": str(day), "zone": zone} for day, zone in asked)
    assert [a["accepted"] for a in answers] == [midnight(day, zone) for day, zone in asked]


def a_loop(rng: random.Random) -> Loop:
    at, slots = 0, []
    for _ in range(rng.randrange(5)):
        at += rng.choice([0, 0, 700, 5_000])
        slots.append(Slot(at, rng.randrange(ENTRIES), rng.randrange(1, 60_000)))
        at = slots[-1].end_ms
    return Loop(at + rng.choice([0, 1, 9_999]) + (not slots), tuple(slots))


def a_programme(rng: random.Random, loops: int) -> tuple[Block, ...]:
    """Blocks over a whole day, some of them past the end of it."""
    edges = sorted(rng.sample(range(26 * 60), rng.randrange(0, 10, 2)))
    return tuple(
        Block(a * 60_000, b * 60_000, rng.randrange(loops)) for a, b in zip(edges[::2], edges[1::2], strict=True)
    )


def whole_days(rng: random.Random) -> Playlist:
    """A plan of some days around a change of the clocks, with a hole among them."""
    zone = rng.choice(ZONES)
    first = rng.choice(changes(zone) or [FIRST]) - timedelta(days=1)
    loops = tuple(a_loop(rng) for _ in range(3))
    programmes = tuple(a_programme(rng, len(loops)) for _ in range(2))
    dates = [first + timedelta(days=n) for n in (0, 1, 2, 4)]
    starts = {day: local_day(day, zone).start for day in dates if local_day(day, zone).length_ms}
    # Now and then as signed by somebody whose tz database said otherwise.
    days = [Day(str(day), at + rng.choice([0, 0, 0, HOUR_MS]), rng.randrange(2)) for day, at in starts.items()]
    entries = tuple(an_item(n + 1, 1, rng.randrange(1, 20_000) / 1000).entry for n in range(ENTRIES))
    fallback = tuple(rng.randrange(ENTRIES) for _ in range(rng.randrange(4)))
    return a_playlist(Plan(loops, programmes, tuple(days)), entries, fallback, zone)


def instants(rng: random.Random, playlist: Playlist) -> Iterator[tuple[int, list[int]]]:
    """Instants at and beside every kind of edge, each with the entries allowed then."""
    allowed = rng.sample(range(ENTRIES), rng.randrange(ENTRIES + 1))
    for day in playlist.plan.days:
        ends = midnight(date.fromisoformat(day.date) + timedelta(days=1), playlist.zone)
        edges = [b.from_ms for b in playlist.plan.programmes[day.programme]]
        edges += [b.to_ms for b in playlist.plan.programmes[day.programme]]
        for at in (day.start, ends, day.start + rng.choice(edges or [HOUR_MS])):
            yield at + rng.choice([-1, 0, 1]), allowed
        for _ in range(3):
            yield day.start + rng.randrange(-HOUR_MS, DAY_MS + 2 * HOUR_MS), allowed


def compare(page: ContractPage, asked: list[tuple[Playlist, list[tuple[int, list[int]]]]]) -> int:
    """How many showings were the same in both engines; fails at the first that is not."""
    questions: list[dict[str, Any]] = [
        {"bytes": b64(seal(playlist, key("director"))), "instants": instants} for playlist, instants in asked
    ]
    count = 0
    for (playlist, when), showings in zip(asked, page.call("show", questions), strict=True):
        for (instant, allowed), showing in zip(when, showings, strict=True):
            assert showing == plain(showing_at(playlist, instant, allowed.__contains__)), (playlist, instant, allowed)
            count += 1
    return count


def test_whole_days_in_zones_whose_clocks_change_show_the_same(page: ContractPage) -> None:
    rng = random.Random(7)
    some = [whole_days(rng) for _ in range(160)]
    assert compare(page, [(playlist, list(instants(rng, playlist))) for playlist in some]) > 3000


def test_the_output_is_as_loud_and_as_bright_at_any_instant(page: ContractPage) -> None:
    rng = random.Random(13)
    asked = []
    for _ in range(40):
        edges = [rng.randrange(1_000) for _ in range(2 * rng.randrange(5))]
        ends = sorted({*edges})[: len({*edges}) // 2 * 2]
        spans = [
            QuietSpan(a, b, rng.randrange(101), rng.randrange(101)) for a, b in zip(ends[::2], ends[1::2], strict=True)
        ]
        output = Output(brightness=rng.randrange(101), volume=rng.randrange(101))
        asked.append(replace(World().playlist(), output=output, quiet=tuple(spans)))
    questions = [
        {"bytes": b64(seal(playlist, key("director"))), "instants": [*range(0, 1_000, 7)]} for playlist in asked
    ]
    for playlist, answers in zip(asked, page.call("putOut", questions), strict=True):
        expected = [output_at(playlist, instant) for instant in range(0, 1_000, 7)]
        assert answers == [{"output": plain(output), "until": until} for output, until in expected]


def test_plans_in_small_show_the_same_at_their_edges(page: ContractPage) -> None:
    rng = random.Random(11)
    entries = tuple(an_item(n, 1, n / 2).entry for n in range(1, ENTRIES + 1))
    asked = []
    for playlist in (replace(some, entries=entries) for some in samples(playlists(), 80)):
        allowed = rng.sample(range(ENTRIES), rng.randrange(ENTRIES + 1))
        starts = [day.start for day in playlist.plan.days for _ in range(6)]
        asked.append((playlist, [(start + rng.randrange(-30_000, 400_000), allowed) for start in starts]))
    assert compare(page, asked) > 1000
