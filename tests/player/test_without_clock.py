"""A start without a clock: the last good playlist is shown in turn, marked, and nothing that may not be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.clock import Clock
from player.guard import Mode
from player.stage import Stage
from player.turn import FAREWELL_MS
from playlists.model import ClockQuality, MediaType
from playlists.state import State
from tests.player.test_stage import SLOT_MS, START, Theatre, newer
from tests.world import World


def playing(**changes: object) -> State:
    """A state whose playlist differs from the usual one in these fields."""
    return newer(World().playing(), **changes)


def in_the_year(theatre: Theatre, wall_ms: int) -> Theatre:
    """The same with a wall clock that was never set; what is known is the newest signed document."""
    clock = Clock(START, lambda: wall_ms + theatre.mono, lambda: theatre.mono, lambda: False)
    theatre.stage = Stage(theatre.surface, clock, theatre._stored, theatre.plays.append, "d" * 64)
    return theatre


def shown(theatre: Theatre) -> set[str]:
    return {title for _, title in theatre.surface.history if title}


@pytest.mark.parametrize("wall_ms", [0, 4_102_444_800_000])
def test_the_fallback_is_shown_in_turn_and_marked(wall_ms: int) -> None:
    theatre = in_the_year(Theatre(World().playing()), wall_ms)
    theatre.passes(4 * SLOT_MS + FAREWELL_MS)
    assert theatre.surface.mode == "play"
    assert {p.clock for p in theatre.end()} == {ClockQuality.UNKNOWN}


def test_without_a_fallback_every_entry_that_may_be_shown_takes_its_turn() -> None:
    theatre = in_the_year(Theatre(playing(fallback=())), 0)
    theatre.passes(4 * SLOT_MS)
    assert len(shown(theatre)) == 2
    assert "slate" not in [mode for mode, _ in theatre.surface.history]


def test_when_no_fallback_is_stored_the_others_take_its_place() -> None:
    state = playing(fallback=(0,))
    theatre = in_the_year(Theatre(state), 0)
    assert state.playlist
    theatre.missing = {state.playlist.entries[0].rendition.sha256}
    theatre.passes(3 * SLOT_MS)
    assert shown(theatre) == {state.playlist.entries[1].title}


def test_what_was_withdrawn_is_not_shown_without_a_clock_either() -> None:
    theatre = in_the_year(Theatre(World().withdrawing(playing(fallback=()))), 0)
    theatre.passes(3 * SLOT_MS)
    assert "lift" not in " ".join(shown(theatre))
    assert theatre.surface.mode == "play"


def test_the_plan_is_followed_as_soon_as_the_time_is_known() -> None:
    theatre, wall_ms = Theatre(playing(fallback=())), [0]
    clock = Clock(START, lambda: wall_ms[0] or theatre.mono, lambda: theatre.mono, lambda: True)
    theatre.stage = Stage(theatre.surface, clock, theatre._stored, theatre.plays.append, "d" * 64)
    theatre.passes(SLOT_MS)
    wall_ms[0] = START + 12_345
    theatre.passes(100)
    assert theatre.stage.turn
    assert theatre.stage.turn.showing.start == START + 10_000
    assert theatre.stage.turn.quality is ClockQuality.SYNCHRONISED


# --- After too many restarts ---


def with_a_video() -> State:
    state = playing(fallback=())
    assert state.playlist
    first, second = state.playlist.entries
    as_video = replace(first, rendition=replace(first.rendition, media_type=MediaType.MP4))
    return replace(state, playlist=replace(state.playlist, entries=(as_video, second)))


def test_the_safe_playlist_is_pictures_alone() -> None:
    state = with_a_video()
    theatre = Theatre(state)
    theatre.stage.mode = Mode.STILLS
    theatre.passes(4 * SLOT_MS)
    assert state.playlist
    assert shown(theatre) == {state.playlist.entries[1].title}
    theatre.stage.mode = Mode.NORMAL
    theatre.passes(3 * SLOT_MS)
    assert len(shown(theatre)) == 2


def test_after_still_more_restarts_only_the_slate_is_left() -> None:
    theatre = Theatre(with_a_video())
    theatre.passes(1000)
    theatre.stage.mode = Mode.SLATE
    theatre.passes(1000)
    assert theatre.surface.mode == "slate"
    assert theatre.stage.turn is None
