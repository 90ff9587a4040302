"""Publishing: signed playlists and heads from what was decided, and the messages that tell the screens of them."""

from server.publishing import outbox, recovery
from server.publishing.feasibility import Short, Verdict, changes, judge
from server.publishing.release import COMMAND_NAMES, Command, close, command, publish, retire, withdraw
from server.publishing.standing import Standing, by_phase, standings
from server.publishing.tables import Bulletin, Head, Outbox, PlaylistUse, PlaylistVersion
from server.publishing.upkeep import catch_up, retained
from server.publishing.versions import (
    entries_of,
    head_of,
    latest,
    read_playlist,
    replan,
    screens_using,
    sealed_playlist,
)

__all__ = [
    "COMMAND_NAMES",
    "Bulletin",
    "Command",
    "Head",
    "Outbox",
    "PlaylistUse",
    "PlaylistVersion",
    "Short",
    "Standing",
    "Verdict",
    "by_phase",
    "catch_up",
    "changes",
    "close",
    "command",
    "entries_of",
    "head_of",
    "judge",
    "latest",
    "outbox",
    "publish",
    "read_playlist",
    "recovery",
    "replan",
    "retained",
    "retire",
    "screens_using",
    "sealed_playlist",
    "standings",
    "withdraw",
]
