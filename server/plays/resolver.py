"""From what a play names (playlist version, entry number) to the item, campaign and file the signed playlist holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from sqlalchemy.orm import Session

from playlists.model import Version

MOST_PLAYLISTS = 4_000
NO_ITEM = 0
NO_CAMPAIGN = 0


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one playlist entry is."""

    item_id: int
    campaign_id: int
    title: str
    rendition_sha256: str
    duration_ms: int


UNKNOWN = Resolved(NO_ITEM, NO_CAMPAIGN, "", "", 0)


class Resolver(Protocol):
    """Knows the entries of the playlists a screen was given."""

    def entries(self, session: Session, screen_id: int, version: Version) -> Sequence[Resolved]:
        """The entries in order; empty for a playlist this server does not have."""


def entry_of(entries: Sequence[Resolved], number: int) -> Resolved:
    """The entry, or UNKNOWN (item 0): a play of something unknown is still a play."""
    return entries[number] if 0 <= number < len(entries) else UNKNOWN


class PublishedEntries:
    """Reads the playlists that :mod:`server.publishing` stored; the newest used ones are remembered.

    A stored playlist never changes, so what was found stays true. What was not found is asked again.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, Version], Sequence[Resolved]] = OrderedDict()
        self._lock = Lock()

    def entries(self, session: Session, screen_id: int, version: Version) -> Sequence[Resolved]:
        """The entries in order; empty for a playlist this server does not have."""
        key = (screen_id, version)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = _published(session, screen_id, version)
        if found:
            with self._lock:
                self._known[key] = found
                while len(self._known) > MOST_PLAYLISTS:
                    self._known.popitem(last=False)
        return found


def _published(session: Session, screen_id: int, version: Version) -> Sequence[Resolved]:
    from server.publishing import entries_of  # noqa: PLC0415  publishing is asked only for playlists not remembered

    return tuple(Resolved(*row) for row in entries_of(session, screen_id, version))
