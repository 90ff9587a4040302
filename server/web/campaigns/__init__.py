"""Campaigns: what, when, how often and where; whether it can be kept; and how far each screen is with it."""

from server.web.campaigns import edit  # noqa: F401  (its pages join the blueprint)
from server.web.campaigns.pages import READERS, bp, tasks

__all__ = ["READERS", "bp", "tasks"]
