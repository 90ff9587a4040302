"""What somebody wants of a campaign, apart from its life: written into a campaign, or judged without keeping it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from playlists.model import DayException, Frequency, Order, Priority, Window
from playlists.targeting import Group, Targets
from server import units, windows
from server.campaigns.tables import GROUP_KINDS, Campaign, CampaignItem
from server.text import clean


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody wants of a campaign. ``targets`` None means everywhere in the unit, now and later.

    ``weights``: turns per item id, 1 where none is named; only for :attr:`Order.ROTATION`.
    """

    name: str
    unit_id: int
    first_day: date
    last_day: date
    windows: tuple[Window, ...]
    frequency: Frequency
    item_ids: tuple[int, ...]
    targets: Targets | None = None
    priority: Priority = Priority.NORMAL
    exceptions: tuple[DayException, ...] = ()
    order: Order = Order.ROTATION
    weights: Mapping[int, int] = field(default_factory=dict)
    prime_first: bool = False
    directive_number: str = ""
    directive_date: date | None = None


def write(campaign: Campaign, terms: Terms) -> None:
    """Put the terms, checked before, into the campaign."""
    campaign.name = units.clean_name(terms.name)
    campaign.unit_id = terms.unit_id
    campaign.directive_number = clean(terms.directive_number)[:100]
    campaign.directive_date = terms.directive_date
    campaign.first_day, campaign.last_day = terms.first_day, terms.last_day
    campaign.windows = windows.stored(terms.windows)
    campaign.exceptions = windows.stored_exceptions(terms.exceptions)
    often = terms.frequency
    campaign.per, campaign.least = often.per.value, often.least
    campaign.most, campaign.largest_gap_ms = often.most, often.largest_gap_ms
    campaign.order, campaign.prime_first = terms.order.value, terms.prime_first
    campaign.priority = int(terms.priority)
    campaign.targets = _stored_targets(terms.targets)
    known = {row.item_id: row for row in campaign.items}
    campaign.items[:] = [known.get(item_id) or CampaignItem(item_id=item_id) for item_id in terms.item_ids]
    for position, row in enumerate(campaign.items):
        row.position, row.weight = position, terms.weights.get(row.item_id, 1)


def _stored_targets(targets: Targets | None) -> dict[str, dict[str, list[str]]] | None:
    if targets is None:
        return None
    return {"include": _stored_group(targets.include), "exclude": _stored_group(targets.exclude)}


def _stored_group(group: Group) -> dict[str, list[str]]:
    return {kind: sorted(getattr(group, kind)) for kind in GROUP_KINDS if getattr(group, kind)}


def terms_of(campaign: Campaign) -> Terms:
    """The campaign as it stands, to be judged or to begin a form with."""
    return Terms(
        name=campaign.name,
        unit_id=campaign.unit_id,
        first_day=campaign.first_day,
        last_day=campaign.last_day,
        windows=campaign.open_windows(),
        frequency=campaign.frequency(),
        item_ids=campaign.item_ids,
        targets=campaign.target_groups(),
        priority=Priority(campaign.priority),
        exceptions=campaign.day_exceptions(),
        order=Order(campaign.order),
        weights=campaign.weights,
        prime_first=campaign.prime_first,
        directive_number=campaign.directive_number,
        directive_date=campaign.directive_date,
    )


def transient(terms: Terms, campaign_id: int) -> Campaign:
    """A campaign of these terms that is not kept: for judging them."""
    campaign = Campaign(id=campaign_id)
    write(campaign, terms)
    return campaign
