"""A realistic network: a thousand screens of wards below a city and its areas, and sixty campaigns for some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from playlists.model import Boost, Campaign, Frequency, Per, Priority, Screen, Window
from playlists.targeting import Group, Place, Targets, reaches
from tests.playlists.oracle import a_campaign

ZONE = "Asia/Ho_Chi_Minh"
FIRST = date(2026, 1, 1)
CITY, AREAS, WARDS = "tp", 22, 107  # with the city 130 units
TAGS = ("thang-may", "ngoai-troi", "truong-hoc", "benh-vien", "cho", "ben-xe")
CITYWIDE, PER_TAG = 20, 3  # and one campaign per area: sixty
OPENING = {  # by the first tag: lifts are lit longest
    "thang-may": (Window(6 * 60, 23 * 60),),
    "ngoai-troi": (Window(6 * 60, 22 * 60),),
    "truong-hoc": (Window(6 * 60 + 30, 18 * 60, frozenset(range(6))),),
    "benh-vien": (Window(6 * 60, 22 * 60),),
    "cho": (Window(5 * 60, 19 * 60),),
    "ben-xe": (Window(4 * 60, 60),),
}
WINDOWS = (
    (Window(6 * 60, 22 * 60),),
    (Window(7 * 60, 9 * 60), Window(16 * 60 + 30, 19 * 60)),
    (Window(8 * 60, 17 * 60, frozenset(range(5))),),
    (Window(18 * 60, 22 * 60),),
    (Window(9 * 60, 10 * 60, frozenset({6})), Window(19 * 60, 20 * 60)),
)


@dataclass(frozen=True)
class Alike:
    """Screens with equal hours and equal campaigns: one plan for all of them."""

    screen: Screen
    campaigns: tuple[Campaign, ...]
    places: tuple[Place, ...]


def network(screens: int = 1000) -> list[Alike]:
    """The network's screens, those that are alike together."""
    asked = list(campaigns())
    alike: dict[tuple[object, ...], list[Place]] = {}
    for place in places(screens):
        own = tuple(campaign for campaign, targets in asked if reaches(targets, place))
        alike.setdefault((_opening(place), own), []).append(place)
    return [
        Alike(Screen(these[0].screen, ZONE, opening, reserve=100), own, tuple(these))
        for (opening, own), these in alike.items()
    ]


def places(count: int) -> Iterator[Place]:
    """Screens of the wards, each tagged by its kind of place and every twentieth with another tag besides."""
    for n in range(count):
        ward, venue = n % WARDS, TAGS[n // 3 % len(TAGS)]
        tags = {venue, venue if n % 20 else TAGS[n // 7 % len(TAGS)]}
        unit = (CITY, f"khu-{ward % AREAS}", f"phuong-{ward}")
        yield Place(f"s-{n:05d}", unit, venue=venue, tags=frozenset(tags))


def campaigns() -> Iterator[tuple[Campaign, Targets]]:
    """Sixty campaigns and whom each is for; the first two are fillers."""
    groups = [Group(units=frozenset({CITY}))] * CITYWIDE
    groups += [Group(tags=frozenset({tag})) for tag in TAGS for _ in range(PER_TAG)]
    groups += [Group(units=frozenset({f"khu-{n}"})) for n in range(AREAS)]
    for n, group in enumerate(groups):
        yield replace(_campaign(n + 1), name=f"Đợt {n + 1}"), Targets(group)


def _campaign(n: int) -> Campaign:
    """One of each kind in turn: so often an hour, a day, a share; some for a season, some with a peak."""
    whole = (FIRST, FIRST + timedelta(days=364))
    if n <= 2:
        return a_campaign(n, 0, 28 + n, 33 + n, days=whole, priority=Priority.FILLER)
    season = (FIRST + timedelta(days=n * 5), FIRST + timedelta(days=n * 5 + 90))
    usual = [Frequency(Per.HOUR, 1 + n % 4), Frequency(Per.DAY, 10 + n % 30), Frequency(Per.AIRTIME, 10 + n % 15)]
    lasts = 12 + n % 4 * 6
    seconds = (lasts, lasts) if n % 3 else (lasts, lasts + 2)
    made = a_campaign(
        n,
        1,
        *(seconds if usual[n % 3].per is Per.HOUR else (lasts,)),
        windows=WINDOWS[n % len(WINDOWS)],
        days=whole if n % 2 else season,
        priority=Priority.PRIORITY if n % 10 == 0 else Priority.NORMAL,
    )
    boosted = Frequency(Per.HOUR, 2 * (1 + n % 4))
    peak = (Boost(FIRST + timedelta(days=100), FIRST + timedelta(days=106), boosted),) if n % 9 == 0 else ()
    return replace(made, frequency=usual[n % 3], boosts=peak)


def _opening(place: Place) -> tuple[Window, ...]:
    return OPENING[place.venue]


def on_one_screen(count: int) -> Sequence[Campaign]:
    """So many of the network's kinds of campaign on one screen, thinned out so that the hours stay equally full."""
    fillers = [_campaign(1), _campaign(2)]
    return [*fillers, *(replace(_campaign(n), id=n) for n in range(3, count + 1))]
