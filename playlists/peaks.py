"""Peak campaigns (đợt cao điểm): for some days chosen campaigns play more often and have prime windows to themselves.

A peak only adds to campaigns what holds from its first day to its last, so it reverts by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from playlists.model import THOUSAND, Boost, Campaign, Closure, Frequency, Per, Priority, Window, require

USUAL_PERCENT = 100
MOST_PERCENT = 1000

Days = tuple[date, date]  # first and last


@dataclass(frozen=True, slots=True)
class Peak:
    """From ``first_day`` to ``last_day`` the named ``campaigns`` play ``boost_percent`` as often as usual.

    The windows in ``reserved`` are then kept for them: whatever is of the same priority or below has to stay out.
    """

    id: int
    name: str
    first_day: date
    last_day: date
    campaigns: frozenset[int]
    boost_percent: int = USUAL_PERCENT
    reserved: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        require(self.first_day <= self.last_day, f"peak “{self.name}” ends before it begins")
        require(bool(self.campaigns), f"peak “{self.name}” names no campaign")
        require(USUAL_PERCENT <= self.boost_percent <= MOST_PERCENT, "a boost is 100 to 1000 percent of the usual")


def in_peaks(campaigns: Iterable[Campaign], peaks: Iterable[Peak]) -> tuple[Campaign, ...]:
    """The campaigns of one screen, in the given order, with what the peaks mean for each.

    Where several peaks boost a campaign on one day, the strongest counts. Nothing stays out of a reserved window while
    a peak names it too, nor where none of the peak's own campaigns runs on this screen: a window that nobody may use
    would be dark. Emergencies and the screen owner's own campaigns are never kept out. The order of ``peaks`` does not
    matter.
    """
    campaigns = tuple(campaigns)
    peaks = sorted(peaks, key=lambda peak: (peak.boost_percent, peak.id))
    in_order = sorted(campaigns, key=lambda campaign: campaign.id)
    return tuple(_in_peaks(campaign, in_order, peaks) for campaign in campaigns)


def _in_peaks(campaign: Campaign, campaigns: Sequence[Campaign], peaks: Sequence[Peak]) -> Campaign:
    own = [peak for peak in peaks if campaign.id in peak.campaigns]
    boosts = [
        Boost(peak.first_day, peak.last_day, _boosted(campaign.frequency, peak.boost_percent))
        for peak in own
        if peak.boost_percent > USUAL_PERCENT
    ]
    closures = dict.fromkeys(_closures(campaign, campaigns, [peak for peak in peaks if peak.reserved], own))
    if not boosts and not closures:
        return campaign
    return replace(campaign, boosts=(*campaign.boosts, *boosts), closures=(*campaign.closures, *closures))


def _boosted(frequency: Frequency, percent: int) -> Frequency:
    """More often by so much, rounded up; a share never passes the whole hour."""
    ceiling = THOUSAND if frequency.per is Per.AIRTIME else None
    gap = frequency.largest_gap_ms
    return replace(
        frequency,
        least=_scaled(frequency.least, percent, ceiling),
        most=None if frequency.most is None else _scaled(frequency.most, percent, ceiling),
        largest_gap_ms=None if gap is None else max(gap * USUAL_PERCENT // percent, 1),
    )


def _scaled(count: int, percent: int, ceiling: int | None) -> int:
    more = -(-count * percent // USUAL_PERCENT)
    return more if ceiling is None else min(more, ceiling)


def _closures(
    campaign: Campaign, campaigns: Sequence[Campaign], reserving: Sequence[Peak], own: Sequence[Peak]
) -> Iterator[Closure]:
    """The windows that peaks keep from this campaign, on the days on which they do."""
    if campaign.priority is Priority.EMERGENCY or campaign.own:
        return
    for peak in reserving:
        for favoured in campaigns:
            if favoured.id in peak.campaigns and favoured.priority <= campaign.priority:
                first, last = max(peak.first_day, favoured.first_day), min(peak.last_day, favoured.last_day)
                for days in _without([(first, last)], own):
                    yield Closure(*days, peak.reserved)


def _without(spans: list[Days], peaks: Sequence[Peak]) -> list[Days]:
    """The spans of days less the days of the peaks."""
    for peak in peaks:
        before = [(first, min(last, peak.first_day - timedelta(days=1))) for first, last in spans]
        after = [(max(first, peak.last_day + timedelta(days=1)), last) for first, last in spans]
        spans = before + after
    return [(first, last) for first, last in spans if first <= last]
