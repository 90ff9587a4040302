"""From campaigns to the content of one screen's playlist: the planner's input, its answer, and the fallback."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from playlists import model
from playlists.model import Entry, PlannedItem, Playlist, Priority
from playlists.objections import MOST_CAMPAIGNS
from playlists.peaks import Peak, in_peaks
from playlists.plan import plan_days
from playlists.quiet import quiet_spans
from server import peaks
from server.campaigns import Campaign, crowd, published_for
from server.errors import Conflict
from server.material import Shelf
from server.screens import Screen, schedule

HORIZON_DAYS = 14  # a screen that hears nothing for so long still follows its plan day by day
MOST_FALLBACK = 30


# A sealed playlist has 256 KiB; base64 takes a quarter of it. Measured: a slot is 20 bytes as JSON, an entry 480.
PLAN_BYTES = 170 * 1024
ROW_BYTES = 22
ENTRY_BYTES = 700


@dataclass(frozen=True, slots=True)
class Planned:
    """The planner's answer, and a hash of it: made once for all the screens that share it."""

    entries: tuple[Entry, ...]
    plan: model.Plan
    quiet: tuple[model.QuietSpan, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a playlist says, without its version and dates. Equal content has an equal ``digest``."""

    entries: tuple[Entry, ...]
    plan: model.Plan
    fallback: tuple[int, ...]
    quiet: tuple[model.QuietSpan, ...]
    digest: str


class Planner:
    """Plans screens one after the other; screens with equal campaigns and hours share one plan."""

    def __init__(self, session: Session, shelf: Shelf) -> None:
        self._session = session
        self._shelf = shelf
        self._plans: dict[tuple[object, ...], Planned] = {}

    def content(self, screen: Screen, today: date) -> Content:
        """What the screen is to show from ``today`` on, for :data:`HORIZON_DAYS`.

        Raises Conflict when it has more campaigns than anybody could plan; it keeps what it has.
        """
        if (many := crowd(self._session, screen, today, MOST_CAMPAIGNS)) > MOST_CAMPAIGNS:
            raise Conflict(
                "too-many-campaigns",
                "Màn hình “%(screen)s” có %(many)s đợt, nhiều nhất là %(most)s: hãy dừng bớt đợt cũ.",
                screen=screen.name,
                many=many,
                most=MOST_CAMPAIGNS,
            )
        published = published_for(self._session, screen, today)
        ready = planner_campaigns(self._shelf, screen, published, peaks.published(self._session, today))
        planned = self._plan(ready, screen, today)
        spare = tuple(replace(item.entry, campaign=0) for item in self.fallback(screen, published))
        fallback = tuple(range(len(planned.entries), len(planned.entries) + len(spare)))
        return Content(planned.entries + spare, planned.plan, fallback, planned.quiet, _digest(planned.digest, spare))

    def _plan(self, ready: tuple[model.Campaign, ...], screen: Screen, today: date) -> Planned:
        key = (ready, alike(screen), today)
        if key not in self._plans:
            planned = planner_screen(screen)
            entries, plan = _fitting(ready, planned, horizon(today))
            quiet = quiet_spans(planned, horizon(today))
            self._plans[key] = Planned(entries, plan, quiet, _digest(entries, plan, quiet))
        return self._plans[key]

    def fallback(self, screen: Screen, published: Sequence[Campaign]) -> tuple[PlannedItem, ...]:
        """What fills unplanned time: fillers; else what the campaigns show; else whatever is approved for here."""
        fillers = [c for c in published if c.priority == Priority.FILLER]
        for source in (_items(fillers), _items(published)):
            found = self._shelf.planned(source, 0, screen)
            if found:
                return found[:MOST_FALLBACK]
        return self._shelf.planned(self._shelf.newest(screen, MOST_FALLBACK), 0, screen)


def planner_campaigns(
    shelf: Shelf, screen: Screen, campaigns: Iterable[Campaign], peaks: Iterable[Peak] = ()
) -> tuple[model.Campaign, ...]:
    """The campaigns as the planner sees them on this screen; those with nothing to show there are left out."""
    found = (_planned(shelf, screen, campaign) for campaign in campaigns)
    return in_peaks((campaign for campaign in found if campaign is not None), peaks)


def _planned(shelf: Shelf, screen: Screen, campaign: Campaign) -> model.Campaign | None:
    items = shelf.planned(campaign.item_ids, campaign.id, screen)
    if not items:
        return None
    weights = campaign.weights
    return model.Campaign(
        id=campaign.id,
        name=campaign.name,
        first_day=campaign.first_day,
        last_day=campaign.last_day,
        windows=campaign.open_windows(),
        frequency=campaign.frequency(),
        items=tuple(replace(item, weight=weights[item.entry.item]) for item in items),
        priority=Priority(campaign.priority),
        order=model.Order(campaign.order),
        exceptions=campaign.day_exceptions(),
        prime_first=campaign.prime_first,
        own=schedule.belongs_to_a_partner(screen) and campaign.unit_id == screen.unit_id,
    )


def planner_screen(screen: Screen) -> model.Screen:
    """The screen as the planner sees it."""
    return schedule.planned(screen)


def alike(screen: Screen) -> model.Screen:
    """What decides the plan of a screen besides its campaigns: screens that are alike in it have equal plans."""
    return replace(planner_screen(screen), id="")


def today_of(screen: Screen, now_ms: int) -> date:
    """The local date at the screen."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(screen.zone)).date()


def _fitting(
    ready: tuple[model.Campaign, ...], screen: model.Screen, days: list[date]
) -> tuple[tuple[Entry, ...], model.Plan]:
    """The plan of as many of the days, from the first on, as a sealed playlist can carry.

    Many campaigns with windows of their own make every hour different; such a plan looks less far ahead and is
    continued every day, long before its end.
    """
    while True:
        entries, plan, _ = plan_days(ready, screen, days)
        if len(days) == 1 or _written_bytes(entries, plan) <= PLAN_BYTES:
            return entries, plan
        days = days[: (len(days) + 1) // 2]


def _written_bytes(entries: tuple[Entry, ...], plan: model.Plan) -> int:
    """How long the plan is as JSON, near enough: rows are short and alike."""
    rows = sum(len(loop.slots) for loop in plan.loops) + sum(len(p) for p in plan.programmes) + 2 * len(plan.days)
    return rows * ROW_BYTES + len(entries) * ENTRY_BYTES


def horizon(today: date) -> list[date]:
    """The days a plan covers."""
    return [today + timedelta(days=n) for n in range(HORIZON_DAYS)]


def digest_of(playlist: Playlist, content: Content) -> str:
    """A hash of what the playlist says, whenever it was signed: equal plans of one epoch have equal ones."""
    about = (playlist.version.epoch, playlist.screen, playlist.unit, playlist.zone, playlist.off_hours, playlist.output)
    return _digest(about, content.digest)


def _digest(*values: object) -> str:
    # Frozen values write themselves out in full; another release may do it differently, which costs one publication.
    return hashlib.sha256(repr(values).encode()).hexdigest()


def _items(campaigns: Iterable[Campaign]) -> list[int]:
    return list(dict.fromkeys(item for campaign in campaigns for item in campaign.item_ids))
