"""Can this campaign be promised? The answer before anybody signs: yes, or what is short, where, because of whom, and
the smallest changes with which it fits, each tried out.

Everything returned is data; sentences are made where somebody reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from playlists.model import Campaign, Lack, Screen, Shortfall, require
from playlists.objections import Objection, objections_to
from playlists.plan import feasible

Key = tuple[int, Lack, int]


@dataclass(frozen=True)
class Case:
    """A campaign as it would run on screens that are alike: ``others`` are the campaigns that run there already.

    ``wanted`` may differ between cases in its items' renditions, which depend on the class of screen, and in nothing
    else. ``screens``: the ids of the screens for which ``screen`` stands.
    """

    screen: Screen
    others: tuple[Campaign, ...]
    wanted: Campaign
    days: tuple[date, ...]
    screens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(all(other.id != self.wanted.id for other in self.others), "the wanted campaign is not among the others")

    @cached_property
    def before(self) -> dict[Key, int]:
        """What promises lack without the wanted campaign: airtime (ms) by campaign, kind of lack and hour."""
        return {_key(short): short.missing_ms for short in feasible(self.others, self.screen, self.days)}

    def lacking(self, wanted: Campaign | None = None, days: Sequence[date] | None = None) -> tuple[Shortfall, ...]:
        """The promises that would be broken: the wanted campaign's, and of the others those that were kept before."""
        wanted = wanted or self.wanted
        after = feasible([*self.others, wanted], self.screen, days or self.days)
        if all(short.campaign == wanted.id for short in after):
            return after
        return tuple(s for s in after if s.campaign == wanted.id or s.missing_ms > self.before.get(_key(s), 0))


@dataclass(frozen=True, slots=True)
class Short:
    """Screens on which a promise would be broken: whose, how much airtime is missing, in which hours, for whom.

    ``hours``: UTC ms of their starts; of days for :attr:`~playlists.model.Lack.DAY`. ``worst``: the one of them that
    lacks most. ``because``: the campaigns that hold the time, the longest first.
    """

    screens: tuple[str, ...]
    campaign: int
    lack: Lack
    missing_ms: int
    hours: tuple[int, ...]
    worst: Shortfall
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``objections`` are to be put right first: while there are any nothing was planned. ``shorts``: broken promises.

    Neither: the campaign can be promised as it is.
    """

    objections: tuple[Objection, ...] = ()
    shorts: tuple[Short, ...] = ()

    @property
    def is_feasible(self) -> bool:
        return not self.objections and not self.shorts


def judge(cases: Iterable[Case]) -> Verdict:
    """Whether the wanted campaign keeps its promise in every case, and takes nothing from promises kept before."""
    cases = distinct(cases)
    objections = objections_to([(case.screen, case.others, case.wanted, case.days) for case in cases])
    if objections:
        return Verdict(objections)
    return Verdict((), tuple(short for case in cases for short in _shorts(case)))


def distinct(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Cases with equal plans as one, for all their screens together, in the order in which they come first."""
    alike: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        alike.setdefault(_what_decides(case), []).append(case)
    return tuple(
        replace(ones[0], screens=tuple(dict.fromkeys(s for one in ones for s in one.screens or (one.screen.id,))))
        for ones in alike.values()
    )


def _what_decides(case: Case) -> tuple[object, ...]:
    return replace(case.screen, id="any"), case.others, case.wanted, case.days


def _shorts(case: Case) -> list[Short]:
    """One answer per broken promise and kind of lack, the wanted campaign's first."""
    groups: dict[tuple[bool, int, Lack], list[Shortfall]] = {}
    for short in case.lacking():
        groups.setdefault((short.campaign != case.wanted.id, short.campaign, short.lack), []).append(short)
    return [_short(case, groups[key]) for key in sorted(groups)]


def _short(case: Case, broken: Sequence[Shortfall]) -> Short:
    held: dict[int, int] = {}
    for short in broken:
        for rank, campaign in enumerate(short.because):
            held[campaign] = held.get(campaign, 0) + len(short.because) - rank
    return Short(
        screens=case.screens,
        campaign=broken[0].campaign,
        lack=broken[0].lack,
        missing_ms=sum(short.missing_ms for short in broken),
        hours=tuple(sorted({short.hour_start for short in broken})),
        worst=max(broken, key=lambda short: (short.missing_ms, -short.hour_start)),
        because=tuple(sorted(held, key=lambda campaign: (-held[campaign], campaign))),
    )


def _key(short: Shortfall) -> Key:
    return short.campaign, short.lack, short.hour_start
