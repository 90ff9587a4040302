"""Campaigns: which items are shown on which screens, on which days, in which hours, how often."""

from server.campaigns import frequency
from server.campaigns.reach import (
    KIND_NAMES,
    crowd,
    described,
    empty_names,
    place_of,
    published_for,
    targets,
    targets_of,
)
from server.campaigns.registry import add, change, close, end_those_over, get, in_units, title_of, visible
from server.campaigns.rules import MOST_ITEMS, MOST_WEIGHT, check
from server.campaigns.tables import PRIORITY_NAMES, STATUS_NAMES, Campaign, CampaignItem, Status
from server.campaigns.terms import Terms, terms_of, transient

__all__ = [
    "KIND_NAMES",
    "MOST_ITEMS",
    "MOST_WEIGHT",
    "PRIORITY_NAMES",
    "STATUS_NAMES",
    "Campaign",
    "CampaignItem",
    "Status",
    "Terms",
    "add",
    "change",
    "check",
    "close",
    "crowd",
    "described",
    "empty_names",
    "end_those_over",
    "frequency",
    "get",
    "in_units",
    "place_of",
    "published_for",
    "targets",
    "targets_of",
    "terms_of",
    "title_of",
    "transient",
    "visible",
]
