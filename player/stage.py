"""What is on the screen now, and the record of it. Decides from playlist, clock and evidence; the surface shows.

One turn is one showing. It becomes a play when it is over, from what the surface reported: no report, no play. With
no display nothing is recorded at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import Empty

from player.clock import Clock, Instant
from player.guard import Mode
from player.surface import Cue, Displayed, Event, Failed, Finished, Presented, Surface
from player.turn import FAREWELL_MS, Reason, Turn, play_of
from playlists.errors import Code
from playlists.model import Entry, OffHours, Output, Plan, Play, Playlist, Revoked
from playlists.state import Freshness, Now, State, freshness, why_not
from playlists.timeline import Show, Showing, output_at, showing_at

PATIENCE_MS = 60_000  # a new playlist waits this long at most for the end of the slot that is on
STRIKES = 2
QUARANTINE_MS = 24 * 3600 * 1000
LONGEST_WAIT_S = 0.25


class Stage:
    """One surface under one clock. Only :meth:`step` touches the surface; call it from one thread.

    ``stored`` gives an entry's checked file or None, ``record`` takes every finished play, ``device`` is the id of the
    own key.
    """

    def __init__(
        self,
        surface: Surface,
        clock: Clock,
        stored: Callable[[Entry], Path | None],
        record: Callable[[Play], None],
        device: str = "",
    ) -> None:
        self._surface, self._clock, self._stored, self._record = surface, clock, stored, record
        self._device = device
        self.blanked = False
        self.mode = Mode.NORMAL
        self.turn: Turn | None = None
        self.show = Show.SLATE
        self.shown_version: tuple[int, int] | None = None
        self.strikes: dict[str, tuple[int, int]] = {}
        self._resting: dict[str, int] = {}  # what failed, until the end of that showing: others take its place
        self._closing: list[Turn] = []
        self._next: Cue | None = None
        self._adjusted: Output | None = None
        self._early: list[Event] = []
        self._rotation: tuple[Playlist, tuple[int, ...], Playlist] | None = None

    def step(self, state: State | None) -> float:
        """Bring the screen to what is due now; seconds after which to look again."""
        at = self._clock.read()
        self._listen(at)
        showing = self._due(state, at)
        self._turn_to(state, showing, at)
        self._prepare(state, showing, at)
        self._close(at.mono_ms)
        return min(max((showing.end - at.ms) / 1000, 0.01), LONGEST_WAIT_S)

    def stop(self) -> None:
        """Record what is on as far as it came."""
        at = self._clock.read()
        self._listen(at)
        self._end_turn(Reason.STOPPED, at)
        self._close(at.mono_ms + FAREWELL_MS)

    # --- What is due ---

    def _due(self, state: State | None, at: Instant) -> Showing:
        if state is None or state.playlist is None or self.outcast(state) or self.mode is Mode.SLATE:
            return Showing(Show.SLATE, None, at.ms, at.ms + 60_000)
        if self.blanked:
            return Showing(Show.OFF, None, at.ms, at.ms + 60_000)
        if self._let_finish(state, at):
            assert self.turn is not None  # noqa: S101
            return self.turn.showing
        return self._showing_at(state, at.ms, at.now, at.mono_ms)

    def holds(self, entry: Entry) -> bool:
        """Whether the file of an entry is here, whole, and was not found impossible to show."""
        return self._stored(entry) is not None and not self.quarantined(entry.rendition.sha256, self._clock.mono_ms())

    def banned(self, state: State) -> str:
        """Why nothing at all is shown, when somebody wanted it so; else empty."""
        if self.outcast(state):
            return "thiết bị này đã bị thu hồi"
        return "tắt hình theo lệnh" if self.blanked else ""

    def outcast(self, state: State) -> bool:
        """Whether this very device was withdrawn: then it shows nothing any more."""
        return self._device in state.revocation.values(Revoked.DEVICE)

    def _showing_at(self, state: State, instant: int, now: Now, mono_ms: int) -> Showing:
        playlist = self._in_force(state, now, mono_ms)
        return showing_at(playlist, instant, lambda entry: self._allowed(state, entry, now, mono_ms))

    def _in_force(self, state: State, now: Now, mono_ms: int) -> Playlist:
        """The playlist as it may be played: long without news only its fallback. Without a known time, or when only
        pictures are safe, a rotation of its fallback, or else of whatever of it may be shown."""
        playlist = state.playlist
        assert playlist is not None  # noqa: S101
        if now.known and self.mode is Mode.NORMAL:
            old = freshness(state, now) is Freshness.FALLBACK
            return self._rotating(playlist, playlist.fallback) if old else playlist
        usable = any(self._allowed(state, entry, now, mono_ms) for entry in playlist.fallback)
        return self._rotating(playlist, playlist.fallback if usable else tuple(range(len(playlist.entries))))

    def _rotating(self, playlist: Playlist, entries: tuple[int, ...]) -> Playlist:
        """These entries of the playlist in turn, without its plan."""
        if self._rotation is None or self._rotation[:2] != (playlist, entries):
            rotation = replace(playlist, plan=Plan((), (), ()), fallback=entries)
            self._rotation = playlist, entries, rotation
        return self._rotation[2]

    def _let_finish(self, state: State, at: Instant) -> bool:
        """Whether the slot that is on may run to its end under the playlist it came from."""
        turn = self.turn
        if turn is None or turn.playlist is state.playlist or turn.showing.show is not Show.SLOT:
            return False
        if not at.now.known or self.mode is not Mode.NORMAL:
            return False
        if not turn.showing.start <= at.ms < turn.showing.end or turn.showing.end > at.ms + PATIENCE_MS:
            return False
        # A new playlist may no longer hold the approval of what is on; it counts on unless it was withdrawn.
        both = replace(state, held={**turn.state.held, **state.held})
        return why_not(both, turn.playlist.entries[turn.entry], at.now) is None

    def _allowed(self, state: State, entry: int, now: Now, mono_ms: int) -> bool:
        assert state.playlist is not None  # noqa: S101
        item = state.playlist.entries[entry]
        return (
            why_not(state, item, now) is None
            and not (self.mode is Mode.STILLS and item.rendition.media_type.is_video)
            and not self.quarantined(item.rendition.sha256, mono_ms)
            and now.ms >= self._resting.get(item.rendition.sha256, 0)
            and self._stored(item) is not None
        )

    def quarantined(self, sha256: str, mono_ms: int) -> bool:
        """Whether a file failed twice and rests for a day."""
        strikes, since = self.strikes.get(sha256, (0, 0))
        return strikes >= STRIKES and mono_ms < since + QUARANTINE_MS

    # --- Making it so ---

    def _turn_to(self, state: State | None, showing: Showing, at: Instant) -> None:
        playlist = state.playlist if state else None
        if playlist:
            self._adjust(output_at(playlist, at.ms)[0] if at.now.known else playlist.output)
        if self.turn and showing is self.turn.showing:
            return
        if state is None or playlist is None or showing.entry is None or showing.show is Show.HOLD:
            self._rest(state, showing, at)
            return
        key = key_of(playlist, showing)
        if self.turn and self.turn.cue.key == key:
            return
        withdrawn = self._end_turn(self._why_cut(state, at), at)
        cue = self._cue(playlist, showing)
        self._surface.show(cue, cut=withdrawn)
        self.show = showing.show
        self.turn = Turn(
            playlist,
            state,
            showing,
            cue,
            at.quality,
            at.mono_ms,
            self._surface.displayed() and at.ms < cue.start + 1000,
        )

    def _adjust(self, output: Output) -> None:
        if output != self._adjusted:
            self._surface.adjust(output)
            self._adjusted = output

    def _rest(self, state: State | None, showing: Showing, at: Instant) -> None:
        """Nothing is to be played: the picture stays, or gives way to black or the slate."""
        playlist = state.playlist if state else None
        self._end_turn(Reason.BLANKED if self.blanked else self._why_cut(state, at), at)
        if showing.show is Show.HOLD:
            self._surface.hold()
        elif showing.show is Show.OFF and (self.blanked or (playlist and playlist.off_hours is OffHours.BLANK)):
            self._surface.blank()
        else:
            self._surface.slate()
        self.show = showing.show

    def _why_cut(self, state: State | None, at: Instant) -> str:
        """Why the turn that is on ends before its time; a refusal code means that nobody may see it any more."""
        turn = self.turn
        if turn is None or state is None or at.ms >= turn.showing.end:
            return ""
        if self.outcast(state):
            return str(Code.REVOKED)
        both = replace(state, held={**turn.state.held, **state.held})
        return str(why_not(both, turn.playlist.entries[turn.entry], at.now) or Reason.CUT)

    def _end_turn(self, reason: str, at: Instant) -> bool:
        """The turn that is on, if any, waits for its last report. Whether it must vanish at once."""
        turn, self.turn = self.turn, None
        if turn is None:
            return False
        turn.ended_mono_ms = at.mono_ms
        turn.reason = turn.reason or reason
        self._closing.append(turn)
        return reason.startswith("E-")

    def _prepare(self, state: State | None, showing: Showing, at: Instant) -> None:
        following = self._following(state, showing, at)
        if (following and following.key) != (self._next and self._next.key):
            self._next = following
            self._surface.prepare(following)

    def _following(self, state: State | None, showing: Showing, at: Instant) -> Cue | None:
        if state is None or state.playlist is None or self.blanked or self.outcast(state) or self.mode is Mode.SLATE:
            return None
        for _ in range(3):  # a pause, or a moment of slate, may lie between
            later = Now(max(at.now.ms, showing.end), at.now.known)
            showing = self._showing_at(state, showing.end, later, at.mono_ms)
            if showing.show in (Show.SLOT, Show.FALLBACK) and showing.entry is not None:
                return self._cue(state.playlist, showing)
        return None

    def _cue(self, playlist: Playlist, showing: Showing) -> Cue:
        assert showing.entry is not None  # noqa: S101
        entry = playlist.entries[showing.entry]
        path = self._stored(entry) or Path(entry.rendition.sha256)
        media_type = entry.rendition.media_type
        return Cue(key_of(playlist, showing), path, media_type, entry.title, showing.start, showing.end)

    # --- What the surface says ---

    def _listen(self, at: Instant) -> None:
        early, self._early = self._early, []
        for event in early:
            self._hear(event, at)
        while True:
            try:
                event = self._surface.events.get_nowait()
            except Empty:
                return
            if isinstance(event, Displayed):
                self._display_changed(event.on, at)
                continue
            if isinstance(event, Failed):
                self._strike(event.key, at.mono_ms)
            self._hear(event, at)

    def _display_changed(self, on: bool, at: Instant) -> None:
        """A display that goes ends what it showed; what is on then begins anew for the next one."""
        turn = self.turn
        if turn is None:
            return
        turn.watched = False
        if not on and turn.at >= 0:
            self._end_turn(Reason.CLOSED, at)
            self._closing[-1].finished = True
            fresh = replace(turn, at=-1, shown_ms=0, frames=0, failed="", reason="", finished=False)
            self.turn = fresh

    def _hear(self, event: Event, at: Instant) -> None:
        if isinstance(event, Displayed):
            return
        turn = next((t for t in self._turns() if t.cue.key == event.key), None)
        if turn is None:
            # The surface may swap a moment before we look: news of the next cue waits for its turn.
            if self._next and self._next.key == event.key:
                self._early.append(event)
            return
        if isinstance(event, Presented):
            self._presented(turn, event, at)
        elif isinstance(event, Failed):
            turn.failed = event.reason
        else:
            turn.shown_ms, turn.frames = max(turn.shown_ms, event.shown_ms), max(turn.frames, event.frames)
            turn.finished = turn.finished or isinstance(event, Finished)

    def _presented(self, turn: Turn, event: Presented, at: Instant) -> None:
        if turn.at >= 0:
            return
        late_ms = min(max(at.ms - event.at, 0), 5000)  # the event took a moment to come here
        turn.at, turn.at_mono_ms = event.at, at.mono_ms - late_ms
        self.shown_version = (turn.playlist.version.epoch, turn.playlist.version.number)

    def _strike(self, key: str, mono_ms: int) -> None:
        cues = [turn.cue for turn in self._turns()] + ([self._next] if self._next else [])
        for cue in {cue.sha256: cue for cue in cues if cue.key == key}.values():
            self.strikes[cue.sha256] = (self.strikes.get(cue.sha256, (0, 0))[0] + 1, mono_ms)
            self._resting[cue.sha256] = cue.end

    def _turns(self) -> list[Turn]:
        """Those of which the surface may still report, the one that is on first."""
        return [*([self.turn] if self.turn else []), *reversed(self._closing)]

    def _close(self, mono_ms: int) -> None:
        """Record the turns whose last report came, or is not to come."""
        for turn in list(self._closing):
            if turn.finished or (turn.at < 0 and not turn.watched) or mono_ms >= turn.ended_mono_ms + FAREWELL_MS:
                self._closing.remove(turn)
                play = play_of(turn)
                if play:
                    self._record(play)


def key_of(playlist: Playlist, showing: Showing) -> str:
    """The name of one showing among all."""
    return f"{playlist.version.epoch}.{playlist.version.number}/{showing.entry}@{showing.start}"
