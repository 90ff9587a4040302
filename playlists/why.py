"""Why an item is on a screen at an instant, or the first rule that keeps it off.

The rules are asked in the order of :class:`Rule`: first what the order says, then what the screen allows, then what
the item may, then what the plan had room for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property, partial

from playlists.demand import SHORTEST_MS
from playlists.forecast import Draft, day_at, draft, plays
from playlists.model import THOUSAND, Campaign, Lack, Per, PlannedItem, Playlist, Priority, Screen
from playlists.timeline import FAR_MS, Show, showing_at
from playlists.windows import HOUR_MS, LocalDay, Span, intersect, local_day, merge, subtract

OPENING_DAYS = 400  # how far ahead an opening is looked for
TURN_DAYS = 7  # how far ahead days are planned to find an item's next turn


class Rule(StrEnum):
    """What keeps an item off a screen, in the order in which it is asked."""

    NOT_HERE = "not-here"  # no campaign of this screen has it
    NOT_BEGUN = "not-begun"  # ``day``: the first
    OVER = "over"  # ``day``: the last
    EXCEPTION = "exception"  # ``day``: the date with other windows; ``next_ms``: the next opening
    OUTSIDE_WINDOW = "outside-window"  # ``next_ms``: the next opening
    SCREEN_CLOSED = "screen-closed"  # ``next_ms``: the next opening
    NOT_LENT = "not-lent"  # ``next_ms``: when the screen's owner lends it again
    KEPT_FOR_PEAK = "kept-for-peak"  # ``next_ms``: when its windows are its own again
    STILL = "still"  # nothing may move; ``next_ms``: until when
    LONGER_THAN_STAY = "longer-than-stay"  # ``limit_ms``: what passers-by stay for
    TOO_SHORT = "too-short"  # ``limit_ms``: what can be seen at all
    NOT_YET_APPROVED = "not-yet-approved"  # ``next_ms``: from when on
    NO_LONGER_APPROVED = "no-longer-approved"  # ``limit_ms``: until when (UTC ms)
    NO_TIME_LEFT = "no-time-left"  # ``limit_ms``: what is left of its time in this hour; ``next_ms``: its next time
    GAVE_WAY = "gave-way"  # to the campaigns in ``others``; ``next_ms``: its next turn
    HAD_ITS_PLAYS = "had-its-plays"  # ``limit_ms``: the most that were asked for; ``next_ms``: its next turn
    NOT_ITS_TURN = "not-its-turn"  # ``others``: whose turn it is; ``next_ms``: its next turn


ORDER = {rule: number for number, rule in enumerate(Rule)}


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for one item and instant (UTC ms).

    On screen ``rule`` is None, and ``start`` and ``end`` are those of its slot, or of the pause after it in which its
    picture stays (``show``). Else ``rule`` says which of the other facts mean what. An item in several campaigns is
    kept off by the rule of the one that comes nearest to showing it.
    """

    item: int
    instant: int
    campaign: int | None
    rule: Rule | None = None
    show: Show | None = None
    start: int | None = None
    end: int | None = None
    next_ms: int | None = None
    day: date | None = None
    limit_ms: int | None = None
    others: tuple[int, ...] = ()

    @property
    def is_shown(self) -> bool:
        return self.rule is None


def why(
    campaigns: Iterable[Campaign], screen: Screen, item: int, instant: int, playlist: Playlist | None = None
) -> Why:
    """Why library item ``item`` is on ``screen`` at ``instant`` (UTC ms), or what keeps it off.

    ``playlist`` is what the screen follows; without one its day is planned for this answer.
    """
    campaigns = tuple(campaigns)
    moment = _Moment(campaigns, screen, instant, playlist)
    showing = showing_at(moment.playlist, instant, lambda _entry: True)
    on_screen = None if showing.entry is None else moment.playlist.entries[showing.entry]
    if on_screen is not None and on_screen.item == item:
        return Why(item, instant, on_screen.campaign, None, showing.show, showing.start, showing.end)
    others = (on_screen.campaign,) if on_screen is not None and showing.show is not Show.FALLBACK else ()
    answers = [
        _Candidate(moment, campaign, planned, others).kept_off()
        for campaign in sorted(campaigns, key=lambda c: (c.priority, c.id))
        for planned in campaign.items
        if planned.entry.item == item
    ]
    return max(answers, key=_nearness, default=Why(item, instant, None, Rule.NOT_HERE))


def _nearness(answer: Why) -> int:
    return ORDER[answer.rule] if answer.rule else len(ORDER)


class _Moment:
    """An instant on a screen: its local day, and what is planned for it."""

    def __init__(self, campaigns: Sequence[Campaign], screen: Screen, instant: int, playlist: Playlist | None) -> None:
        self.screen, self.instant = screen, instant
        self.local = day_at(screen.zone, instant)
        self.at = instant - self.local.start
        self._campaigns, self._given = campaigns, playlist

    @cached_property
    def draft(self) -> Draft:
        return self._draft(self.local)

    @property
    def playlist(self) -> Playlist:
        return self._given or self.draft.playlist

    @cached_property
    def hour(self) -> Span:
        """The clock hour (UTC ms)."""
        start, end = next((a, b) for a, b in self.local.hours() if a <= self.at < b)
        return self.local.start + start, self.local.start + end

    def days(self, count: int) -> Iterator[LocalDay]:
        """This day and those after it; a date the zone never had is left out."""
        dates = (self.local.day + timedelta(days=n) for n in range(count))
        return (local for local in (local_day(day, self.screen.zone) for day in dates) if local.length_ms)

    def next_turn(self, campaign: int, item: int) -> int | None:
        """When the item is shown next, as far as is planned."""
        known = [self._given] if self._given else (self._draft(local).playlist for local in self.days(TURN_DAYS))
        for playlist in known:
            for at, entry in plays(playlist, self.instant + 1, FAR_MS):
                if (entry.campaign, entry.item) == (campaign, item):
                    return at
        return None

    def _draft(self, local: LocalDay) -> Draft:
        if local is self.local and "draft" in self.__dict__:
            return self.draft
        return draft(self._campaigns, self.screen, local.start, local.start + local.length_ms)


class _Candidate:
    """An item of a campaign that is not on screen."""

    def __init__(self, moment: _Moment, campaign: Campaign, planned: PlannedItem, others: tuple[int, ...]) -> None:
        self._moment, self._campaign, self._planned, self._others = moment, campaign, planned, others
        self._why = partial(Why, planned.entry.item, moment.instant, campaign.id)

    def kept_off(self) -> Why:
        """The first rule that keeps it off."""
        asked = (self._dates, self._windows, self._screen, self._item, self._time_left, self._gave_way, self._had)
        found = (answer for ask in asked if (answer := ask()) is not None)
        return next(found, None) or self._why(Rule.NOT_ITS_TURN, next_ms=self._next_turn, others=self._others)

    def _dates(self) -> Why | None:
        campaign, local = self._campaign, self._moment.local
        if local.day < campaign.first_day:
            return self._why(Rule.NOT_BEGUN, day=campaign.first_day)
        if local.day > campaign.last_day and not self._is_in(self._own(local)):
            return self._why(Rule.OVER, day=campaign.last_day)
        return None

    def _windows(self) -> Why | None:
        campaign, local = self._campaign, self._moment.local
        if self._is_in(self._own(local)):
            return None
        opening = self._next(self._own)
        usual = [*local.spans(campaign.windows, campaign.first_day, campaign.last_day)]
        if not self._is_in(usual):
            return self._why(Rule.OUTSIDE_WINDOW, next_ms=opening)
        begun_today = self._is_in(local.spans(campaign.windows, local.day, local.day))
        day = local.day if begun_today else local.day - timedelta(days=1)
        return self._why(Rule.EXCEPTION, day=day, next_ms=opening)

    def _screen(self) -> Why | None:
        doors: tuple[tuple[Rule, Callable[[LocalDay], Sequence[Span]]], ...] = (
            (Rule.SCREEN_CLOSED, self._open),
            (Rule.NOT_LENT, self._lent),
            (Rule.KEPT_FOR_PEAK, self._unkept),
            (Rule.STILL, self._calm),
        )
        for rule, door in doors:
            if not self._is_in(door(self._moment.local)):
                return self._why(rule, next_ms=self._next(door))
        return None

    def _item(self) -> Why | None:
        planned, screen, instant = self._planned, self._moment.screen, self._moment.instant
        if screen.longest_item_ms and planned.duration_ms > screen.longest_item_ms:
            return self._why(Rule.LONGER_THAN_STAY, limit_ms=screen.longest_item_ms)
        if planned.duration_ms < SHORTEST_MS:
            return self._why(Rule.TOO_SHORT, limit_ms=SHORTEST_MS)
        if instant < planned.not_before:
            return self._why(Rule.NOT_YET_APPROVED, next_ms=planned.not_before)
        if instant >= planned.not_after:
            return self._why(Rule.NO_LONGER_APPROVED, limit_ms=planned.not_after)
        return None

    def _time_left(self) -> Why | None:
        left = next(b for a, b in self._room(self._moment.local) if a <= self._moment.at < b) - self._moment.at
        if left >= self._planned.duration_ms:
            return None
        return self._why(Rule.NO_TIME_LEFT, limit_ms=left, next_ms=self._next(self._long_enough))

    def _gave_way(self) -> Why | None:
        moment = self._moment
        for short in moment.draft.shortfalls:
            if short.campaign != self._campaign.id or short.lack is Lack.GAP:
                continue
            until = moment.local.start + moment.local.length_ms if short.lack is Lack.DAY else moment.hour[1]
            here = short.lack is Lack.DAY or short.hour_start == moment.hour[0]
            if here and not (self._next_turn is not None and self._next_turn < until):
                return self._why(Rule.GAVE_WAY, next_ms=self._next_turn, others=short.because)
        return None

    def _had(self) -> Why | None:
        """Whether its campaign has had as many plays as it may have, and gets no more."""
        moment, frequency = self._moment, self._campaign.frequency_on(self._moment.local.day)
        if frequency.most is None:
            return None
        per_day = frequency.per is Per.DAY
        start, end = (moment.local.start, moment.local.start + moment.local.length_ms) if per_day else moment.hour
        own = [(at, entry) for at, entry in plays(moment.playlist, start, end) if entry.campaign == self._campaign.id]
        if any(at > moment.instant for at, _ in own):
            return None
        active = sum(
            b - a
            for a, b in intersect(self._shared(moment.local), [(start - moment.local.start, end - moment.local.start)])
        )
        had, most = len(own), frequency.most if per_day else frequency.most * active // HOUR_MS
        if frequency.per is Per.AIRTIME:
            had = sum(entry.rendition.duration_ms for _, entry in own) + self._planned.duration_ms - 1
            most = frequency.most * active // THOUSAND
        if had < most:
            return None
        return self._why(Rule.HAD_ITS_PLAYS, limit_ms=frequency.most, next_ms=self._next_turn)

    @cached_property
    def _next_turn(self) -> int | None:
        return self._moment.next_turn(self._campaign.id, self._planned.entry.item)

    def _own(self, local: LocalDay) -> tuple[Span, ...]:
        campaign = self._campaign
        return local.spans(campaign.windows, campaign.first_day, campaign.last_day, campaign.exceptions)

    def _open(self, local: LocalDay) -> tuple[Span, ...]:
        return local.spans(self._moment.screen.opening, exceptions=self._moment.screen.exceptions)

    def _lent(self, local: LocalDay) -> tuple[Span, ...]:
        lent = self._moment.screen.lent
        bound = lent is not None and not self._campaign.own and self._campaign.priority is not Priority.EMERGENCY
        return local.spans(lent) if bound and lent is not None else ((0, local.length_ms),)

    def _unkept(self, local: LocalDay) -> tuple[Span, ...]:
        spans = self._own(local)
        for closure in self._campaign.closures:
            spans = subtract(spans, local.spans(closure.windows, closure.first_day, closure.last_day))
        return spans

    def _calm(self, local: LocalDay) -> tuple[Span, ...]:
        whole = ((0, local.length_ms),)
        if not self._planned.entry.rendition.media_type.is_video:
            return whole
        quiet = (local.spans(quiet.windows) for quiet in self._moment.screen.quiet if quiet.still)
        return subtract(whole, merge(span for spans in quiet for span in spans))

    def _shared(self, local: LocalDay) -> tuple[Span, ...]:
        """When the campaign may be shown at all."""
        return intersect(intersect(self._unkept(local), self._open(local)), self._lent(local))

    def _room(self, local: LocalDay) -> tuple[Span, ...]:
        """When the item may be shown, hour by hour: no slot runs through a full hour."""
        valid = ((self._planned.not_before - local.start, self._planned.not_after - local.start),)
        whole = intersect(intersect(self._shared(local), self._calm(local)), valid)
        return tuple((max(a, c), min(b, d)) for c, d in local.hours() for a, b in whole if max(a, c) < min(b, d))

    def _long_enough(self, local: LocalDay) -> tuple[Span, ...]:
        return tuple((a, b) for a, b in self._room(local) if b - a >= self._planned.duration_ms)

    def _is_in(self, spans: Iterable[Span]) -> bool:
        return any(a <= self._moment.at < b for a, b in spans)

    def _next(self, spans_of: Callable[[LocalDay], Sequence[Span]]) -> int | None:
        """When such a span begins next, as far as :data:`OPENING_DAYS` days ahead."""
        for local in self._moment.days(OPENING_DAYS):
            for a, _ in spans_of(local):
                if local.start + a > self._moment.instant:
                    return local.start + a
        return None
