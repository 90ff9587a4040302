"""What is on the screen and what is recorded of it, with a display in memory and a clock the test moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from player.clock import Clock
from player.stage import Stage
from player.surface import Event, Failed, Finished, Presented, Progress
from player.turn import FAREWELL_MS
from playlists import model
from playlists.accept import accept_head, accept_playlist, accept_revocation
from playlists.model import Evidence, Play, Result
from playlists.schemas import seal
from playlists.state import Now, State
from tests.fakes import FakeSurface
from tests.world import DAY_MS, NOW, World, key

SLOT_MS = 10_000
START = NOW - NOW % (2 * SLOT_MS)  # the first slot of a loop of two


class Theatre:
    """A stage, its display, and time that passes in steps of 50 ms."""

    def __init__(self, state: State | None, start: int = START) -> None:
        self.now, self.mono, self.state = start, 1_000, state
        self.wall_error = 0
        self.surface = FakeSurface()
        self.plays: list[Play] = []
        self.missing: set[str] = set()
        clock = Clock(start - 1000, lambda: self.now + self.wall_error, lambda: self.mono, lambda: True)
        self.stage = Stage(self.surface, clock, self._stored, self.plays.append, "d" * 64)

    def _stored(self, entry: model.Entry) -> Path | None:
        return None if entry.rendition.sha256 in self.missing else Path(entry.rendition.sha256)

    def passes(self, ms: int) -> None:
        for _ in range(ms // 50):
            self.stage.step(self.state)
            self.surface.until(self.now)
            self.now += 50
            self.mono += 50

    def end(self) -> list[Play]:
        self.stage.stop()
        return self.plays


@pytest.fixture
def theatre() -> Theatre:
    return Theatre(World().playing())


def test_slots_follow_each_other_and_each_is_a_play(theatre: Theatre) -> None:
    theatre.passes(3 * SLOT_MS + FAREWELL_MS)
    assert [p.entry for p in theatre.plays] == [0, 1, 0]
    assert {(p.result, p.evidence, p.planned_ms, p.reason) for p in theatre.plays} == {
        (Result.COMPLETE, Evidence.DECODED, SLOT_MS, "")
    }
    assert [p.start for p in theatre.plays] == [START, START + SLOT_MS, START + 2 * SLOT_MS]
    assert all(abs(p.shown_ms - SLOT_MS) <= 50 for p in theatre.plays)


def test_the_next_item_is_prepared_while_this_one_is_on(theatre: Theatre) -> None:
    theatre.passes(1000)
    assert theatre.surface.current and theatre.surface.next
    assert theatre.surface.next.start == theatre.surface.current.end
    assert theatre.surface.next.title != theatre.surface.current.title


def test_without_a_display_nothing_is_recorded(theatre: Theatre) -> None:
    theatre.surface.on = False
    theatre.passes(3 * SLOT_MS)
    assert theatre.end() == []


def test_a_display_that_comes_in_the_middle_gives_a_partial_play(theatre: Theatre) -> None:
    theatre.surface.on = False
    theatre.passes(6000)
    theatre.surface.display(on=True)
    theatre.passes(SLOT_MS)
    first = theatre.plays[0]
    assert (first.entry, first.result, first.reason) == (0, Result.PARTIAL, "joined")
    assert first.start == START + 6000
    assert abs(first.shown_ms - 4000) <= 100


def test_a_display_that_goes_ends_the_play_there(theatre: Theatre) -> None:
    theatre.passes(4000)
    theatre.surface.events.put(_progress(theatre, 3900))
    theatre.surface.display(on=False)
    theatre.passes(SLOT_MS)
    assert [(p.entry, p.result, p.shown_ms, p.reason) for p in theatre.end()] == [
        (0, Result.PARTIAL, 3900, "display-closed")
    ]


def _progress(theatre: Theatre, shown_ms: int) -> Event:
    assert theatre.surface.current
    return Progress(theatre.surface.current.key, shown_ms, 99)


def test_a_withdrawn_item_is_cut_at_once_and_replaced(theatre: Theatre) -> None:
    theatre.passes(3000)
    assert theatre.state
    theatre.state = World().withdrawing(theatre.state)
    theatre.passes(100)
    assert theatre.surface.history[-1] == ("cut", "Sử dụng thang máy (traffic)")
    theatre.passes(FAREWELL_MS + SLOT_MS)
    first = theatre.plays[0]
    assert (first.entry, first.result, first.reason) == (0, Result.PARTIAL, "E-REVOKED")
    assert first.shown_ms < 3200
    assert "lift" not in " ".join(title for _, title in theatre.surface.history[2:])


def test_an_approval_that_ends_during_the_slot_takes_the_item_off(theatre: Theatre) -> None:
    state = theatre.state
    assert state and state.playlist
    held = state.held[state.playlist.entries[0].approval.sha256]
    short = replace(held, approval=replace(held.approval, not_after=START + 5000))
    theatre.state = replace(state, held={**state.held, state.playlist.entries[0].approval.sha256: short})
    theatre.passes(SLOT_MS)
    first = theatre.end()[0]
    assert (first.entry, first.result, first.reason) == (0, Result.PARTIAL, "E-EXPIRED")
    assert theatre.surface.history[-1][0] == "cut"


def newer(state: State, **changes: object) -> State:
    """The state under playlist 2."""
    world = World()
    sealed = world.sealed_playlist(2, previous=state.playlist_sha256, **changes)
    state = accept_head(state, world.sealed_head(sealed, 2, issued=NOW + 1), Now(NOW))
    return accept_playlist(state, sealed, Now(NOW))


def test_a_new_playlist_waits_for_the_end_of_the_slot(theatre: Theatre) -> None:
    theatre.passes(3000)
    assert theatre.state
    theatre.state = newer(theatre.state)
    theatre.passes(2 * SLOT_MS)
    versions = [(p.version.number, p.entry, p.result) for p in theatre.end()]
    assert versions[:2] == [(1, 0, Result.COMPLETE), (2, 1, Result.COMPLETE)]


def test_an_item_that_the_new_playlist_drops_may_finish(theatre: Theatre) -> None:
    theatre.passes(3000)
    assert theatre.state
    world = World(items=("traffic",))
    sealed = world.sealed_playlist(2, previous=theatre.state.playlist_sha256)
    state = accept_head(theatre.state, world.sealed_head(sealed, 2, issued=NOW + 1), Now(NOW))
    theatre.state = accept_playlist(state, sealed, Now(NOW))
    theatre.passes(2 * SLOT_MS)
    assert [(p.version.number, p.result) for p in theatre.end()][:2] == [(1, Result.COMPLETE), (2, Result.COMPLETE)]


def test_a_failing_item_is_recorded_and_rests_after_two_strikes(theatre: Theatre) -> None:
    broken = World().entry("lift").rendition.sha256
    theatre.surface.broken.add(broken)
    theatre.passes(6 * SLOT_MS)
    lift = [p for p in theatre.end() if p.entry == 0]
    assert [(p.result, p.reason, p.shown_ms) for p in lift] == [(Result.FAILED, "cannot be decoded", 0)] * 2
    assert theatre.stage.quarantined(broken, theatre.mono)


def test_an_item_that_is_never_ready_is_skipped(theatre: Theatre) -> None:
    theatre.surface.late_ms = SLOT_MS
    theatre.passes(SLOT_MS + FAREWELL_MS + 100)
    first = theatre.end()[0]
    assert (first.result, first.shown_ms, first.reason) == (Result.SKIPPED, 0, "not-ready")


def test_frozen_frames_are_no_evidence(theatre: Theatre) -> None:
    theatre.surface.frozen = True
    theatre.passes(SLOT_MS + FAREWELL_MS)
    first = theatre.end()[0]
    assert (first.result, first.evidence, first.shown_ms) == (Result.PARTIAL, Evidence.SCHEDULED, 0)


def test_a_missing_file_gives_way_to_the_fallback(theatre: Theatre) -> None:
    theatre.missing.add(World().entry("lift").rendition.sha256)
    theatre.passes(2 * SLOT_MS)
    assert {p.entry for p in theatre.end()} == {1}


@pytest.mark.parametrize("error", [-10 * 365 * DAY_MS, 10 * 365 * DAY_MS])
def test_an_unknown_clock_plays_the_fallback_and_marks_the_rows(error: int) -> None:
    theatre = Theatre(World().playing())
    theatre.wall_error = error
    theatre.passes(3 * SLOT_MS)
    plays = theatre.end()
    assert len(plays) >= 3
    assert {p.clock for p in plays} == {model.ClockQuality.UNKNOWN}
    assert theatre.surface.mode == "play"


def test_the_wall_clock_jumping_by_an_hour_never_empties_the_screen(theatre: Theatre) -> None:
    for minute in range(20):
        theatre.wall_error = 3_600_000 * (minute % 3 - 1)
        theatre.passes(2000)
        assert theatre.surface.current is not None
    assert all(0 <= p.shown_ms <= p.planned_ms + 100 for p in theatre.end())


def test_orders_that_are_too_old_leave_only_the_fallback(theatre: Theatre) -> None:
    theatre.now += 38 * DAY_MS
    theatre.mono += 38 * DAY_MS
    theatre.passes(SLOT_MS)
    assert theatre.stage.show == "fallback"
    assert theatre.surface.current


def test_nothing_to_show_is_the_slate() -> None:
    theatre = Theatre(World().blank())
    theatre.passes(1000)
    assert theatre.surface.mode == "slate"
    assert theatre.end() == []


def test_everything_withdrawn_is_the_slate_not_black(theatre: Theatre) -> None:
    theatre.passes(1000)
    assert theatre.state
    entries = [World().withdrawal("lift"), World().withdrawal("traffic")]
    sealed = seal(World().revocation(*entries), key("a-1"))
    theatre.state = accept_revocation(theatre.state, sealed, Now(NOW))
    theatre.passes(200)
    assert theatre.surface.mode == "slate"


def test_a_device_that_was_withdrawn_shows_the_slate_at_once_and_prepares_nothing() -> None:
    theatre = Theatre(World().playing())
    theatre.passes(3000)
    assert theatre.state
    own = model.RevocationEntry(model.Revoked.DEVICE, "d" * 64, "", NOW, "mất cắp")
    sealed = seal(World().revocation(own), key("root"))
    theatre.state = accept_revocation(theatre.state, sealed, Now(NOW))
    theatre.passes(200)
    assert theatre.surface.mode == "slate"
    assert theatre.surface.next is None
    theatre.passes(SLOT_MS)
    assert theatre.surface.mode == "slate"
    assert [(p.result, p.reason) for p in theatre.end()] == [(Result.PARTIAL, "E-REVOKED")]


def test_another_device_that_was_withdrawn_changes_nothing_here(theatre: Theatre) -> None:
    theatre.passes(1000)
    assert theatre.state
    other = model.RevocationEntry(model.Revoked.DEVICE, "e" * 64, "", NOW, "mất cắp")
    theatre.state = accept_revocation(theatre.state, seal(World().revocation(other), key("root")), Now(NOW))
    theatre.passes(1000)
    assert theatre.surface.mode == "play"


def test_blank_is_black_until_it_is_taken_back(theatre: Theatre) -> None:
    theatre.passes(2000)
    theatre.stage.blanked = True
    theatre.passes(3000)
    assert theatre.surface.mode == "blank"
    assert (theatre.plays[0].result, theatre.plays[0].reason) == (Result.PARTIAL, "blanked")
    theatre.stage.blanked = False
    theatre.passes(200)
    assert theatre.surface.mode == "play"


@pytest.mark.parametrize(("wish", "mode"), [(model.OffHours.BLANK, "blank"), (model.OffHours.SLATE, "slate")])
def test_outside_the_opening_hours_the_screen_does_as_it_was_told(wish: model.OffHours, mode: str) -> None:
    closed = World().playlist().plan
    closed = replace(closed, programmes=((model.Block(0, 1000, 0),),))
    theatre = Theatre(newer(World().playing(), plan=closed, off_hours=wish))
    theatre.passes(1000)
    assert theatre.surface.mode == mode
    assert theatre.end() == []


def test_the_output_of_the_playlist_reaches_the_display() -> None:
    output = model.Output(x=10, y=20, width=300, height=200, rotation=90, brightness=40, volume=0)
    theatre = Theatre(newer(World().playing(), output=output))
    theatre.passes(100)
    assert theatre.surface.output == output


def test_the_display_is_mute_and_dim_where_it_is_to_be_quiet() -> None:
    quiet = (model.QuietSpan(START + 1000, START + 2000, 0, 50),)
    theatre = Theatre(newer(World().playing(), output=model.Output(brightness=80, volume=60), quiet=quiet))
    heard = []
    for _ in range(3):
        theatre.passes(1000)
        assert theatre.surface.output
        heard.append((theatre.surface.output.volume, theatre.surface.output.brightness))
    assert heard == [(60, 80), (0, 40), (60, 80)]


def test_a_stop_records_what_was_on(theatre: Theatre) -> None:
    theatre.passes(5000)
    theatre.surface.events.put(_progress(theatre, 4900))
    plays = theatre.end()
    assert [(p.result, p.shown_ms, p.reason) for p in plays] == [(Result.PARTIAL, 4900, "stopped")]


def test_a_pause_between_slots_keeps_the_picture_and_is_no_play() -> None:
    world = World()
    loop = model.Loop(2 * SLOT_MS, (model.Slot(0, 0, SLOT_MS - 4000), model.Slot(SLOT_MS, 1, SLOT_MS)))
    theatre = Theatre(newer(world.playing(), plan=replace(world.playlist().plan, loops=(loop,))))
    theatre.passes(8000)
    assert theatre.stage.show == "hold"
    assert theatre.surface.current and "lift" in theatre.surface.current.title
    assert [(p.planned_ms, p.result) for p in theatre.plays] == [(SLOT_MS - 4000, Result.COMPLETE)]
    assert theatre.surface.next and "traffic" in theatre.surface.next.title


def test_a_report_that_comes_before_the_turn_counts_for_it(theatre: Theatre) -> None:
    theatre.passes(9000)
    following = theatre.surface.next
    assert following
    theatre.surface.events.put(Presented(following.key, following.start - 3))
    theatre.passes(2 * SLOT_MS)
    assert theatre.plays[1].start == following.start - 3


def test_an_item_longer_than_the_patience_gives_way_to_a_new_playlist() -> None:
    world = World()
    loop = model.Loop(600_000, (model.Slot(0, 0, 600_000),))
    theatre = Theatre(newer(world.playing(), plan=replace(world.playlist().plan, loops=(loop,))), NOW - NOW % 600_000)
    theatre.passes(1000)
    assert theatre.state
    sealed = world.sealed_playlist(3, previous=theatre.state.playlist_sha256)
    state = accept_head(theatre.state, world.sealed_head(sealed, 3, issued=NOW + 2), Now(NOW))
    theatre.state = accept_playlist(state, sealed, Now(NOW))
    theatre.passes(200)
    assert theatre.stage.turn and theatre.stage.turn.playlist.version.number == 3


def test_rubbish_from_the_display_is_ignored(theatre: Theatre) -> None:
    for event in (Presented("?", 0), Finished("1.1/0@0", 10**9, 10**9), Failed("", "x")):
        theatre.surface.events.put(event)
    theatre.passes(SLOT_MS + FAREWELL_MS)
    assert [(p.entry, p.result) for p in theatre.plays] == [(0, Result.COMPLETE)]


def test_shown_time_beyond_the_monotonic_clock_is_not_believed(theatre: Theatre) -> None:
    theatre.passes(2000)
    theatre.surface.events.put(_progress(theatre, 10**9))
    theatre.stage.blanked = True
    theatre.passes(FAREWELL_MS + 100)
    assert theatre.plays[0].shown_ms <= 2000 + FAREWELL_MS
    assert theatre.plays[0].result is Result.PARTIAL
