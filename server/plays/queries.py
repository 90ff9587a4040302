"""What pages and reports ask of the plays: a page of the log, all rows for a file, gaps, totals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from server.plays.counting import Grade
from server.plays.listing import BatchReader, Filters, ListedPlay, Position, Walk
from server.plays.play_gaps import Gap, gaps_before, gaps_of_screens
from server.plays.resolver import Resolver
from server.plays.tables import r_screen_day, r_unit_day

PAGE = 50
MOST_ROWS_DECODED = 1_500  # per page: about 45,000 plays, half a second


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the log: plays, and the gaps between their numbers where they belong. ``older`` goes on behind it.

    A rare filter may find less than a page in the time a page may take: then ``searched_to`` says how far it looked.
    """

    rows: tuple[ListedPlay | Gap, ...]
    older: Position | None
    searched_to: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts by result, and the time shown, of measured plays."""

    complete: int = 0
    partial: int = 0
    skipped: int = 0
    failed: int = 0
    shown_ms: int = 0

    @property
    def plays(self) -> int:
        """How many in all."""
        return self.complete + self.partial + self.skipped + self.failed


class PlayLog:
    """Reads the plays database. ``engine`` comes from :func:`server.plays.ground.reading_engine`."""

    def __init__(self, engine: Engine, resolver: Resolver) -> None:
        self.engine = engine
        self._reader = BatchReader(engine, resolver)

    def page(self, session: Session, filters: Filters, behind: Position | None = None, limit: int = PAGE) -> Page:
        """The newest plays behind a position. ``session`` is on the application's database, for the playlists."""
        walk = Walk(self._reader, filters, behind)
        found: list[ListedPlay] = []
        gave_up = False
        for play in walk.plays(session):
            if play is not None:
                found.append(play)
            if len(found) > limit:
                break
            if walk.decoded >= MOST_ROWS_DECODED and walk.got_further:
                gave_up = True
                break
        if gave_up:
            return self._unfinished(found, filters, walk)
        older = found[limit - 1].position if len(found) > limit else None
        return Page(self._with_gaps(found[:limit], filters), older)

    def rows(self, session: Session, filters: Filters) -> Iterator[ListedPlay]:
        """Every play, newest first, as a stream of short reads."""
        return (play for play in Walk(self._reader, filters).plays(session) if play is not None)

    def gaps(self, screen_ids: Sequence[int]) -> list[Gap]:
        """Every missing range of these screens' devices, with its bounds in time."""
        return gaps_of_screens(self._reader, screen_ids)

    def shown_since(self, unit_ids: Collection[int], first_day: int) -> tuple[set[int], set[int]]:
        """The items and the campaigns that screens of these units showed since a local day, from the settled
        roll-up: what a filter can offer."""
        cell = r_unit_day.c
        chosen = select(cell.item_id, cell.campaign_id).where(cell.unit_id.in_(unit_ids), cell.day >= first_day)
        with self.engine.connect() as connection:
            pairs = connection.execute(chosen.distinct()).all()
        return {item for item, _ in pairs if item}, {campaign for _, campaign in pairs if campaign}

    def _unfinished(self, found: list[ListedPlay], filters: Filters, walk: Walk) -> Page:
        """What was found so far; the next page goes on behind the last play that was looked at."""
        return Page(self._with_gaps(found, filters), Position(walk.reached, 0, 0), walk.reached)

    def _with_gaps(self, plays: Sequence[ListedPlay], filters: Filters) -> tuple[ListedPlay | Gap, ...]:
        if not filters.whole:
            return tuple(plays)
        missing = gaps_before(self._reader, plays)
        rows: list[ListedPlay | Gap] = []
        for play in plays:
            rows.append(play)
            rows += missing.get((play.device_id, play.n), ())
        return tuple(rows)


def totals(connection: Connection, filters: Filters, first_day: int, last_day: int) -> Totals:
    """Sums over local days (both included) from the day-wide roll-up. Of the filters: screens, item, campaign."""
    cell = r_screen_day.c
    chosen = select(*(func.sum(cell[name]) for name in ("ok", "partial", "skipped", "failed", "shown_ms")))
    chosen = chosen.where(cell.day.between(first_day, last_day), cell.grade <= Grade.UNTIMED)
    if filters.screen_ids is not None:
        chosen = chosen.where(cell.screen_id.in_(filters.screen_ids))
    if filters.item_id is not None:
        chosen = chosen.where(cell.item_id == filters.item_id)
    if filters.campaign_id is not None:
        chosen = chosen.where(cell.campaign_id == filters.campaign_id)
    return Totals(*(int(value or 0) for value in connection.execute(chosen).one()))
