"""What a paired player is made of."""

from __future__ import annotations

from dataclasses import dataclass

from player.api import Api
from player.beliefs import Beliefs
from player.enrol import Paired
from player.journal import Journal
from playlists.keys import SigningKey


@dataclass(frozen=True, slots=True)
class Parts:
    """Its place, its key, its server, what it believes and what it has shown."""

    paired: Paired
    key: SigningKey
    api: Api
    beliefs: Beliefs
    journal: Journal
