"""Campaigns and their items in one fixed order, so that a plan does not depend on the order of the input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd

from playlists.model import Campaign, Order, PlannedItem


@dataclass(frozen=True)
class Catalogue:
    """Everything is named by its index here: campaigns, and the items of all of them in a row."""

    campaigns: tuple[Campaign, ...]

    @classmethod
    def of(cls, campaigns: Iterable[Campaign]) -> Catalogue:
        """Higher priorities come first: what a campaign gets never depends on those below it."""
        return cls(tuple(sorted(campaigns, key=lambda c: (c.priority, c.id, c.name, c.first_day, c.last_day))))

    @cached_property
    def items(self) -> tuple[PlannedItem, ...]:
        return tuple(item for campaign in self.campaigns for item in _in_order(campaign))

    @cached_property
    def first_item(self) -> tuple[int, ...]:
        """Per campaign, the index of its first item."""
        starts, at = [], 0
        for campaign in self.campaigns:
            starts.append(at)
            at += len(campaign.items)
        return tuple(starts)

    def items_of(self, campaign: int) -> range:
        first = self.first_item[campaign]
        return range(first, first + len(self.campaigns[campaign].items))

    @cached_property
    def durations(self) -> tuple[int, ...]:
        return tuple(item.duration_ms for item in self.items)

    @cached_property
    def subjects(self) -> tuple[int, ...]:
        """Per item, the library item: two campaigns can show the same one, and a viewer sees it twice."""
        return tuple(item.entry.item for item in self.items)

    @cached_property
    def owners(self) -> tuple[int, ...]:
        """Per item, its campaign."""
        return tuple(number for number, campaign in enumerate(self.campaigns) for _ in campaign.items)

    def is_story(self, campaign: int) -> bool:
        """Whether its items are shown strictly in the given order."""
        return self.campaigns[campaign].order is Order.SEQUENCE

    def cycle(self, campaign: int, offered: Sequence[int]) -> tuple[int, ...]:
        """The turns of those of a campaign's items that are offered, until they begin again."""
        weights = [self.items[item].weight for item in offered]
        if not weights or max(weights) == min(weights) or self.is_story(campaign):
            return tuple(offered)
        return tuple(offered[turn] for turn in _smoothly(weights))


def _smoothly(weights: Sequence[int]) -> list[int]:
    """Turns by weight, as evenly mixed as can be (the smooth weighted round-robin of nginx)."""
    common = gcd(*weights)
    shares = [weight // common for weight in weights]
    credit = [0] * len(shares)
    turns = []
    for _ in range(sum(shares)):
        credit = [have + share for have, share in zip(credit, shares, strict=True)]
        chosen = credit.index(max(credit))
        credit[chosen] -= sum(shares)
        turns.append(chosen)
    return turns


def _in_order(campaign: Campaign) -> Sequence[PlannedItem]:
    return campaign.items if campaign.order is Order.SEQUENCE else sorted(campaign.items, key=_rank)


def _rank(item: PlannedItem) -> tuple[int, str, str, int, int, int]:
    entry = item.entry
    digests = (entry.rendition.sha256, entry.approval.sha256)
    return entry.item, *digests, item.not_before, item.not_after, item.weight
