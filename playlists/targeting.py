"""Which screens a campaign reaches: units and territories with what is below them, sites, venues, tags, classes,
single screens; less what it leaves out.

All names are the server's own, as text. A path names a place in a tree from the root down, so a target that names one
of its steps reaches everything below that step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from playlists.model import SCREEN_ID, require


@dataclass(frozen=True, slots=True)
class Place:
    """Where a screen is and what it is. ``unit`` and ``territory`` are paths of codes from the root down."""

    screen: str
    unit: tuple[str, ...]
    territory: tuple[str, ...] = ()
    site: str = ""
    venue: str = ""
    tags: frozenset[str] = frozenset()
    screen_class: str = ""

    def __post_init__(self) -> None:
        require(bool(SCREEN_ID.fullmatch(self.screen)), "a place names its screen")
        require(bool(self.unit), f"screen “{self.screen}” belongs to a unit")
        require(len(set(self.unit)) == len(self.unit), "a unit is not below itself")
        require(len(set(self.territory)) == len(self.territory), "a territory is not below itself")
        require("" not in {*self.unit, *self.territory, *self.tags}, "a code or tag is not empty")


@dataclass(frozen=True, slots=True)
class Group:
    """Screens by what they have in common; each kind that names nothing asks for nothing."""

    units: frozenset[str] = frozenset()
    territories: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    venues: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    screens: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for kind in fields(self):
            require("" not in getattr(self, kind.name), f"a name among {kind.name} is not empty")

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, kind.name) for kind in fields(self))


@dataclass(frozen=True, slots=True)
class Targets:
    """Whom a campaign is for. Within one kind any name is enough, and every kind that names something must agree.

    Single ``screens`` of ``include`` are added to those; whatever ``exclude`` names in any of its kinds is removed.
    """

    include: Group = Group()
    exclude: Group = Group()

    @property
    def is_empty(self) -> bool:
        """Whether it names nothing, so that it reaches no screen wherever screens may be."""
        return self.include.is_empty


def reaches(targets: Targets, place: Place) -> bool:
    """Whether a screen at this place is among the targets."""
    if any(_matches(targets.exclude, place)) or place.screen in targets.exclude.screens:
        return False
    wanted = _matches(targets.include, place)
    return place.screen in targets.include.screens or (bool(wanted) and all(wanted))


def reached(targets: Targets, places: Iterable[Place]) -> frozenset[str]:
    """The ids of the screens among ``places`` that are reached."""
    return frozenset(place.screen for place in places if reaches(targets, place))


def _matches(group: Group, place: Place) -> list[bool]:
    """For every kind but single screens that names something: whether the place is among it."""
    kinds: tuple[tuple[frozenset[str], Iterable[str]], ...] = (
        (group.units, place.unit),
        (group.territories, place.territory),
        (group.sites, (place.site,)),
        (group.venues, (place.venue,)),
        (group.tags, place.tags),
        (group.classes, (place.screen_class,)),
    )
    return [not named.isdisjoint(own) for named, own in kinds if named]
