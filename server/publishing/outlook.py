"""What one screen will show, and why: from the playlist it was sent, or planned now where that does not reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from playlists import forecast, model
from playlists.forecast import Row
from playlists.model import Playlist, Shortfall
from playlists.why import Why, why
from playlists.windows import HOUR_MS, local_day
from server import campaigns, peaks
from server.campaigns import Campaign
from server.errors import Invalid
from server.material import Shelf
from server.publishing.plans import Planner, planner_campaigns, planner_screen
from server.publishing.tables import DUE
from server.publishing.versions import head_of, latest, read_playlist
from server.screens import Screen

MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class HourPlan:
    """One clock hour: its start (UTC ms), plays by campaign id, and what promises are not kept in it."""

    start: int
    plays: dict[int, int]
    shortfalls: tuple[Shortfall, ...]


class Outlook:
    """The local days from ``first`` to ``last`` of a screen, as far as anybody knows at ``now_ms``."""

    def __init__(self, session: Session, screen: Screen, first: date, last: date, now_ms: int) -> None:
        """Raises Invalid: the span is empty, or longer than :data:`MOST_DAYS` days."""
        if not first <= last < first + timedelta(days=MOST_DAYS):
            raise Invalid("span", "Hãy chọn từ 1 đến %(most)s ngày.", field="to", most=MOST_DAYS)
        self._session, self.screen = session, screen
        self._shelf = Shelf(session, now_ms)
        self.days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self.published = campaigns.published_for(session, screen, first)
        self.names = {campaign.id: campaign.name for campaign in self.published}
        self.start = local_day(first, screen.zone).start
        whole = local_day(last, screen.zone)
        self.end = whole.start + whole.length_ms

    @cached_property
    def campaigns(self) -> tuple[model.Campaign, ...]:
        """The campaigns as the planner sees them."""
        favoured = peaks.published(self._session, self.days[0])
        return planner_campaigns(self._shelf, self.screen, self.published, favoured)

    @cached_property
    def sent(self) -> Playlist | None:
        """The playlist that the screen was sent, where it is up to date and reaches all of these days."""
        head, row = head_of(self._session, self.screen.id), latest(self._session, self.screen.id)
        if head is None or row is None or head.planned_from == DUE:
            return None
        playlist = read_playlist(row)
        planned = {day.date for day in playlist.plan.days}
        return playlist if {day.isoformat() for day in self.days} <= planned else None

    @cached_property
    def _draft(self) -> forecast.Draft:
        spare = Planner(self._session, self._shelf).fallback(self.screen, self.published)
        entries = tuple(replace(item.entry, campaign=0) for item in spare)
        return forecast.draft(self.campaigns, planner_screen(self.screen), self.start, self.end, entries)

    @property
    def playlist(self) -> Playlist:
        """What the screen follows, or would."""
        return self.sent or self._draft.playlist

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """The promises that are not kept in these days."""
        return self._draft.shortfalls

    def hours(self) -> list[HourPlan]:
        """Every clock hour in which something is planned or owed, in order."""
        plays: dict[int, dict[int, int]] = {}
        for (campaign, hour), count in sorted(forecast.counts(self.playlist, self.start, self.end).items()):
            plays.setdefault(hour, {})[campaign] = count
        lacking: dict[int, list[Shortfall]] = {}
        for one in self.shortfalls:
            if one.lack is not model.Lack.DAY:
                lacking.setdefault(one.hour_start, []).append(one)
        starts = sorted(plays.keys() | lacking.keys())
        return [HourPlan(start, plays.get(start, {}), tuple(lacking.get(start, ()))) for start in starts]

    def rows(self, start: int, end: int) -> Iterator[Row]:
        """What is shown when between two instants (UTC ms) of these days."""
        return forecast.rows(self.playlist, max(start, self.start), min(end, self.end))

    def rows_of_hour(self, start: int) -> Iterator[Row]:
        """What is shown in the hour from ``start`` on."""
        return self.rows(start, start + HOUR_MS)

    def why(self, item_id: int, instant_ms: int) -> Why:
        """Why the item is on the screen at an instant of these days, or what keeps it off."""
        return why(self.campaigns, planner_screen(self.screen), item_id, instant_ms, self.sent)

    def campaign_with(self, item_id: int) -> Campaign | None:
        """A published campaign of this screen that names the item, whether it may be shown here or not."""
        return next((campaign for campaign in self.published if item_id in campaign.item_ids), None)

    @property
    def shelf(self) -> Shelf:
        """What may be shown where."""
        return self._shelf


def day_of(screen: Screen, instant_ms: int) -> date:
    """The local date of an instant at the screen."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(screen.zone)).date()


def instant_of(screen: Screen, when: datetime) -> int:
    """An instant (UTC ms) as somebody named it; without a zone it is by the clock on the screen's wall."""
    aware = when if when.tzinfo is not None else when.replace(tzinfo=ZoneInfo(screen.zone))
    return int(aware.timestamp() * 1000)
