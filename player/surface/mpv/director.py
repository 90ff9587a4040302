"""What the two seats do, when. One seat is in sight; in the other the next showing stands ready on its first frame.

At its instant the two change places. If it is not ready, the old picture stays until it is. One thread calls.
"""

from __future__ import annotations

import logging
import select
from collections import deque
from collections.abc import Callable
from typing import Any

from player.surface import Cue, Event, Failed, Finished, Presented, Progress
from player.surface.mpv.child import Gone
from player.surface.mpv.dresser import Dresser
from player.surface.mpv.glass import DisplayLost
from player.surface.mpv.house import House
from player.surface.mpv.reel import Reel, Status
from player.surface.mpv.seat import DRAWN_MS, LATE_MS, Seat
from player.surface.scene import Scene

log = logging.getLogger("player")
LOOK_MS = 500  # between looks at the counters of what is in sight
SOON_MS = 100
SECOND_MS = 1000


class Director:
    """``tell`` takes events; ``now_ms`` is the timeline's clock, ``mono_ms`` the monotonic one."""

    def __init__(
        self, house: House, now_ms: Callable[[], int], mono_ms: Callable[[], int], tell: Callable[[Event], None]
    ) -> None:
        self._house, self._now_ms, self._mono_ms, self._tell = house, now_ms, mono_ms, tell
        self._front, self._back = house.seats
        self._dresser = Dresser(house, now_ms)
        self._scene, self._obeyed = Scene(), True
        self._failed: deque[str] = deque(maxlen=8)  # keys of the last ones that could not be shown
        self._look_mono_ms = self._second_mono_ms = 0
        self._stale: set[Seat] = set()
        self._leaving: Reel | None = None  # its picture stays until the next one is there
        self._front.reveal()

    # --- What the agent wants ---

    def want(self, scene: Scene) -> None:
        """A new scene, obeyed with the next step."""
        if scene.reload != self._scene.reload:
            self._stale = set(self._house.seats)
        self._scene, self._obeyed = scene, False

    def _obey(self) -> None:
        """What is over by now is not loaded again; what is about to come on is not pushed aside by what follows."""
        if self._obeyed:
            return
        if self._back in self._stale:  # a reload was asked for: each decoder is replaced while it is out of sight
            self._renew(self._back)
        scene, current = self._scene, self._scene.current
        wanted = [cue.key for cue in (current, scene.following) if cue]
        if self._back.reel and self._back.reel.cue.key not in wanted:
            self._back.forget()
        due = current if current and not self._is_over(current) and not self._knows(current, self._front) else None
        if scene.mode != "play" or (due and scene.cut):
            self._clear()
        if due and not self._knows(due, self._back):
            self._load(due)
        elif not due:
            self._offer()
        self._dresser.dress(scene)
        self._obeyed = True

    def _knows(self, cue: Cue, *seats: Seat) -> bool:
        """Whether a cue is in one of the seats, or failed already."""
        return cue.key in (*self._failed, *(seat.reel.cue.key for seat in seats if seat.reel))

    def _clear(self) -> None:
        """What is in sight must not be seen any longer: a panel covers it at once, and it stops."""
        self._finish()
        self._let_go(self._mono_ms())
        self._dresser.cover(self._scene)
        self._front.rest()
        if self._front.shared:
            self._back.reel = None

    def _offer(self) -> None:
        """Get ready what follows."""
        cue = self._scene.following
        if cue and not self._is_over(cue) and not self._knows(cue, self._front, self._back):
            self._load(cue)

    def _is_over(self, cue: Cue) -> bool:
        """Whether it is past its end, or so near to it that the next one was already told to begin."""
        return cue.end <= self._now_ms() + max(seat.lead_ms for seat in self._house.seats)

    def _load(self, cue: Cue) -> None:
        self._back.load(cue, self._now_ms() - cue.start, self._mono_ms())

    # --- What happens by itself ---

    def wait(self, also: int, longest_s: float) -> None:
        """Sleep until a decoder has news, or ``also`` (a file descriptor) has."""
        decoders = {seat.mpv.fileno() for seat in self._house.seats}
        select.select([also, *decoders], [], [], longest_s)

    def step(self) -> float:
        """Hear the decoders and do what is due; seconds after which to come again. Raises DisplayLost."""
        for act in (self._hear, self._swap_if_due, self._obey, self._look, self._each_second):
            try:
                act()
            except Gone:
                self._renew_the_dead()
        return self._wait_s()

    def _wait_s(self) -> float:
        now_ms, mono_ms = self._now_ms(), self._mono_ms()
        waits = [self._look_mono_ms - mono_ms, self._second_mono_ms - mono_ms]
        front, back = self._front.reel, self._back.reel
        if front and front.on and not front.ending:
            waits.append(front.cue.end - now_ms)
        if back and back.ready_mono_ms >= 0:
            waits.append(max(back.cue.start - self._back.lead_ms - now_ms, back.ready_mono_ms - mono_ms))
        return max(min(waits), 0) / 1000

    def _hear(self) -> None:
        for mpv in {seat.mpv for seat in self._house.seats}:
            for event in mpv.hear():
                if event["event"] == "playback-restart":
                    self._decoded(mpv.entry, mpv)
                elif event["event"] == "end-file" and event.get("reason") == "error":
                    self._broken(event, mpv)

    def _reel(self, entry: int, mpv: object) -> Reel | None:
        reels = (seat.reel for seat in self._house.seats if seat.mpv is mpv)
        return next((reel for reel in reels if reel and reel.entry == entry), None)

    def _decoded(self, entry: int, mpv: object) -> None:
        """The first frame is there: in the back a reel is ready once it proves to be a picture."""
        reel = self._reel(entry, mpv)
        if reel is None or reel.on:
            return
        if self._front.shared and reel is self._front.reel:
            self._presented(reel)
        elif reel is self._back.reel:
            self._back.look(self._mono_ms(), self._is_ready)

    def _is_ready(self, reel: Reel, status: Status | None) -> None:
        if status and status.width:
            reel.ready_mono_ms = self._mono_ms() + DRAWN_MS
            self._back.drawn = True
        else:
            self._fail(reel, "it has no picture")

    def _broken(self, event: dict[str, Any], mpv: object) -> None:
        reel = self._reel(event.get("playlist_entry_id", -1), mpv)
        if reel:
            self._fail(reel, str(event.get("file_error") or "cannot be decoded"))

    def _fail(self, reel: Reel, reason: str) -> None:
        """It cannot be shown. The one before it stays; what follows gets its place."""
        self._failed.append(reel.cue.key)
        self._tell(Failed(reel.cue.key, reason))
        self._let_go(self._mono_ms())
        if self._back.reel is reel:
            self._back.forget()
            self._offer()
        elif self._front.shared:  # mpv has dropped the picture before it as well
            self._dresser.cover(self._scene)
        self._end(reel)

    # --- Changing places ---

    def _swap_if_due(self) -> None:
        reel, now_ms = self._back.reel, self._now_ms()
        if reel is None or not 0 <= reel.ready_mono_ms <= self._mono_ms():
            return
        if now_ms < reel.cue.start - self._back.lead_ms:
            return
        if now_ms >= reel.cue.end:
            self._back.forget()
        elif now_ms - reel.cue.start > LATE_MS and not reel.still and not reel.offset_ms and not self._back.shared:
            self._back.seek(now_ms - reel.cue.start)
        else:
            self._swap(reel)

    def _swap(self, reel: Reel) -> None:
        self._finish()
        self._front, self._back = self._back, self._front
        reel.told_mono_ms = self._mono_ms()
        self._front.begin()
        if not self._front.shared:
            self._presented(reel)
            self._back.rest()
        self._back.reel = None
        self._obeyed = False

    def _presented(self, reel: Reel) -> None:
        mono_ms = self._mono_ms()
        self._let_go(mono_ms)
        self._front.learn(mono_ms - reel.told_mono_ms)
        reel.begin(mono_ms)
        self._tell(Presented(reel.cue.key, self._now_ms()))
        self._front.drawn = True
        self._dresser.uncover(self._front, self._scene)

    def _finish(self) -> None:
        """What is on is over: one last look at its counters, then its report. The picture stays."""
        reel = self._front.reel
        if reel and reel.on and not reel.ending:
            reel.ending = True
            self._front.look(self._mono_ms(), self._last_look)

    def _last_look(self, reel: Reel, status: Status | None) -> None:
        if status:
            reel.count(status, self._mono_ms())
        if self._front.shared and reel is not self._front.reel and not self._front_is_on():
            self._leaving = reel
        else:
            self._end(reel)

    def _front_is_on(self) -> bool:
        return bool(self._front.reel and self._front.reel.on)

    def _let_go(self, mono_ms: int) -> None:
        """The picture that stayed while the next one was on its way is gone."""
        if self._leaving:
            self._leaving.linger(mono_ms)
            self._end(self._leaving)
            self._leaving = None

    def _end(self, reel: Reel) -> None:
        if reel.on and not reel.over:
            reel.over = True
            self._tell(Finished(reel.cue.key, reel.shown_ms, reel.frames))

    # --- Looking after it ---

    def _look(self) -> None:
        mono_ms = self._mono_ms()
        front = self._front.reel
        if front and self._now_ms() >= front.cue.end:
            self._finish()
        if mono_ms < self._look_mono_ms:
            return
        self._look_mono_ms = mono_ms + LOOK_MS
        self._front.look(mono_ms, self._keep_pace)
        for seat in self._house.seats:
            if seat.mpv.silent(mono_ms) or (seat.reel and seat.reel.frozen(mono_ms)):
                self._renew(seat, "frozen")

    def _keep_pace(self, reel: Reel, status: Status | None) -> None:
        if status is None:
            return
        reel.count(status, self._mono_ms())
        if reel is self._front.reel and reel.on and not (reel.ending or reel.still or status.ended):
            speed = reel.pace(status, self._now_ms())
            if speed != reel.speed:
                reel.speed = speed
                self._front.mpv.set("speed", speed)

    def _each_second(self) -> None:
        mono_ms, reel = self._mono_ms(), self._front.reel
        if mono_ms < self._second_mono_ms:
            return
        self._second_mono_ms = mono_ms + (SECOND_MS if self._dresser.dressed else SOON_MS)
        if reel and reel.on and not reel.over:
            self._tell(Progress(reel.cue.key, reel.shown_ms, reel.frames))
        self._back.look(mono_ms, lambda _reel, _status: None)  # whether it answers is all that counts
        if self._house.look():
            self._dresser.anew()
        self._dresser.dress(self._scene)

    def _renew_the_dead(self) -> None:
        for seat in self._house.seats:
            if seat.mpv.dead:
                self._renew(seat, "the decoder ended")

    def _renew(self, seat: Seat, reason: str = "") -> None:
        """Another decoder for a seat, while the other seat's picture is seen; ``reason`` is what ailed this one."""
        if not seat.mpv.answered:
            raise DisplayLost(reason)
        log.warning("mpv %s is replaced: %s", seat.mpv.pid, reason or "asked for")
        gone = [one for one in self._house.seats if one.mpv is seat.mpv]
        lost = [one.reel for one in gone if one.reel]
        if seat is self._front and not seat.shared:
            self._back.reveal()
        self._house.renew(seat)
        self._stale -= set(gone)
        self._let_go(self._mono_ms())
        for reel in lost:
            if reason and (reel.on or not seat.shared):
                self._failed.append(reel.cue.key)
                self._tell(Failed(reel.cue.key, reason))
            self._end(reel)
        self._dresser.lost(seat, self._back)
        self._obeyed = False
