"""What a player says about itself: the reported state, published when it changes and at least every minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from player.clock import Clock
from player.faults import Faults
from player.guard import Guard
from player.health import health, machine
from player.journal import Journal
from player.parts import Parts
from player.stage import Stage
from player.sync import Pending
from player.why import Shown, why, why_not_words
from playlists.model import Version
from playlists.state import freshness

SOFTWARE = "0.1.0"
AT_LEAST_EVERY_MS = 60_000
CALM_MS = 5_000  # what only changes with the item on screen is not said more often than this
CALM_FIELDS = ("showing", "journal", "at", "health")


class StateReport:
    """Remembers what was said last, so that only news goes out."""

    def __init__(self, parts: Parts, folder: Path, faults: Faults, guard: Guard, clock: Clock) -> None:
        self._parts, self._folder, self._faults, self._guard, self._clock = parts, folder, faults, guard, clock
        self._said: dict[str, Any] = {}
        self._said_mono_ms = -AT_LEAST_EVERY_MS

    def due(self, stage: Stage, pending: Pending | None, display: bool, journal: Journal) -> dict[str, Any] | None:
        """The state to publish now, if there is news or a minute has passed."""
        mono_ms = self._clock.mono_ms()
        age_ms = mono_ms - self._said_mono_ms
        state = self._now(stage, pending, display, journal)
        urgent = _without(state, CALM_FIELDS) != _without(self._said, CALM_FIELDS)
        calm = age_ms >= CALM_MS and state["showing"] != self._said.get("showing")
        if not (urgent or calm or age_ms >= AT_LEAST_EVERY_MS):
            return None
        self._said, self._said_mono_ms = state, mono_ms
        return {**state, "health": health(self._folder), "machine": machine()}

    def account(self, stage: Stage, pending: Pending | None, display: bool, journal: Journal) -> dict[str, Any]:
        """The same for who stands beside the device, with what is on and why, files and what is not shown."""
        beliefs, at = self._parts.beliefs.state, self._clock.read()
        turn, playlist = stage.turn, beliefs.playlist
        entries = playlist.entries if playlist else ()
        on = turn.playlist.entries[turn.entry] if turn else None
        reason = why(beliefs, Shown(stage.show, at.ms, at.now, stage.mode), stage.holds)
        return {
            **self._now(stage, pending, display, journal),
            "name": self._parts.paired.name,
            "unit": self._parts.paired.unit,
            "show": str(stage.show),
            "on": {"title": on.title, "campaign": on.campaign, "until": turn.showing.end} if turn and on else None,
            "why": stage.banned(beliefs) or reason,
            "files": [sum(map(stage.holds, entries)), len(entries)],
            "not_shown": [
                [entry.title, words]
                for entry in entries
                if (words := why_not_words(beliefs, entry, at.now, stage.holds(entry)))
            ],
            "zone": playlist.zone if playlist else "UTC",
            "health": health(self._folder),
            "machine": machine(),
        }

    def _now(self, stage: Stage, pending: Pending | None, display: bool, journal: Journal) -> dict[str, Any]:
        state, at = self._parts.beliefs.state, self._clock.read()
        playlist = state.playlist
        return {
            "format": 1,
            "screen": state.screen,
            "device": self._parts.key.keyid,
            "boot": journal.boot,
            "at": at.ms,
            "playlist": _version(playlist.version) if playlist else None,
            "phase": _phase(stage, playlist.version) if playlist else None,
            "pending": _pending(pending, playlist.version if playlist else None),
            "showing": _showing(stage, display),
            "display": display,
            "freshness": str(freshness(state, at.now)),
            "clock": at.quality.name.lower(),
            "faults": self._faults.listed(at.mono_ms),
            "mode": str(stage.mode),
            "restarts": self._guard.restarts,
            "journal": {"last": journal.last, "receipted": journal.receipted, "waiting": journal.waiting()},
            "software": SOFTWARE,
        }


def _version(version: Version) -> dict[str, int]:
    return {"epoch": version.epoch, "version": version.number}


def _phase(stage: Stage, version: Version) -> str:
    """Shown once an item of it was really presented; armed before that."""
    return "shown" if stage.shown_version == (version.epoch, version.number) else "armed"


def _pending(pending: Pending | None, current: Version | None) -> dict[str, Any] | None:
    if pending is None or pending.version == current:
        return None
    return {**_version(pending.version), "phase": pending.phase}


def _showing(stage: Stage, display: bool) -> dict[str, Any] | None:
    turn = stage.turn
    if turn is None or turn.at < 0 or not display:
        return None
    entry = turn.playlist.entries[turn.entry]
    return {"entry": turn.entry, "item": entry.item, "title": entry.title, "since": turn.at}


def _without(state: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key not in names}
