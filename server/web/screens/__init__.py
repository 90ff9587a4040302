"""Screens: what each is doing now, pairing a new one, looking after one, and what is planned for it."""

from server.web.screens import edit, outlook  # noqa: F401  (their pages join the blueprint)
from server.web.screens.pages import READERS, WRONG_CODES, bp, tasks

__all__ = ["READERS", "WRONG_CODES", "bp", "tasks"]
