"""Publishing: signed playlists and heads from what was decided, and the messages that tell the screens of them."""

from server.publishing import outbox, peaks, recovery
from server.publishing.feasibility import Short, Verdict, changes, judge
from server.publishing.outlook import HourPlan, Outlook, day_of, instant_of
from server.publishing.reasons import Said, say
from server.publishing.release import COMMAND_NAMES, Command, close, command, plan_soon, publish, retire, withdraw
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
    "HourPlan",
    "Outbox",
    "Outlook",
    "PlaylistUse",
    "PlaylistVersion",
    "Said",
    "Short",
    "Standing",
    "Verdict",
    "by_phase",
    "catch_up",
    "changes",
    "close",
    "command",
    "day_of",
    "entries_of",
    "head_of",
    "instant_of",
    "judge",
    "latest",
    "outbox",
    "peaks",
    "plan_soon",
    "publish",
    "read_playlist",
    "recovery",
    "replan",
    "retained",
    "retire",
    "say",
    "screens_using",
    "sealed_playlist",
    "standings",
    "withdraw",
]
