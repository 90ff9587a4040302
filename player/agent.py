"""The whole life of a player: start in named steps, live in one loop, stop in reverse.

Threads: this one (the stage), ``link`` (MQTT), ``sync`` (orders and files), ``inspector`` (hashes stored files),
``pen`` (plays to the disk), ``report`` (plays to the server), ``commands`` (what staff ask for), ``attendant`` (who
asks beside the device), ``surface`` (the display). They meet in queues, in one event that wakes the loop, and in state
that is replaced whole.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from player import enrol
from player.allowance import MIB, Setup
from player.api import Api
from player.attendant import Attendant
from player.beliefs import Beliefs, SeenTime
from player.cache import Cache
from player.clock import Clock
from player.commands import CommandDesk, Commands
from player.deeds import Deeds
from player.errors import SetupError
from player.faults import DISK, OUTCAST, PORTAL, RESTARTS, Faults
from player.fetch import Fetcher
from player.guard import Guard, Mode
from player.inspector import Inspector
from player.journal import Budget, Journal
from player.keeper import Keeper, Pulse
from player.link import Heard, Link
from player.offers import Offers
from player.orders import Orders
from player.parts import Parts
from player.pen import Pen
from player.report import Reporter, drain
from player.stage import Stage
from player.state_report import StateReport
from player.store import Slots
from player.surface import Surface
from player.sync import Sync
from playlists.state import State

log = logging.getLogger("player")
OUTCAST_EVERY_MS = 60_000
PAIRING_MS = 180_000  # a question to the server may take so long, and the loop waits for it while it is not paired


class Agent:
    """One player. ``stop`` is set by signals, ``wake`` by whoever has news for the loop."""

    def __init__(self, setup: Setup, surface: Surface, clock: Clock, seen: SeenTime, fetcher: Fetcher) -> None:
        self._setup, self._surface, self._clock, self._seen, self._fetcher = setup, surface, clock, seen, fetcher
        self.stop, self.wake = threading.Event(), threading.Event()
        self.again = False  # leave with the wish to be started anew
        self.stage: Stage | None = None
        self.inbox: SimpleQueue[Heard] = SimpleQueue()
        self.faults = Faults()
        self.broke = False
        self.keeper, self._pulse = Keeper(), Pulse()
        self._outcast_again_mono_ms = 0

    def run(self) -> None:
        """Live until ``stop``. Raises SetupError when it cannot begin."""
        guard = Guard(self._setup.folder, self._setup.allowance.safe_after)
        try:
            self._run(guard)
        except SetupError:
            guard.ended_well()  # somebody must put it right, and then it is to play as ever
            raise
        if not self.broke:
            guard.ended_well()

    def _run(self, guard: Guard) -> None:
        with ExitStack() as steps:
            steps.callback(self.keeper.stopping)
            log.info("starting the surface")
            self._surface.start()
            steps.callback(self._surface.stop)
            pinned = enrol.pinned_root(self._setup.root)
            key = enrol.device_key(self._setup.folder)
            api = Api(self._setup.server_url, key, self._fetcher, lambda: self._clock.read().now.ms)
            paired = enrol.load_paired(self._setup.folder) or self._pair(api)
            if paired is None:
                return
            log.info("this is screen %s of unit %s", paired.screen, paired.unit)
            slots = Slots(self._setup.folder, f"state-{paired.screen}")
            beliefs = Beliefs(slots, State(paired.screen, paired.unit, pinned), self._clock)
            beliefs.changed = self.wake.set
            budget = Budget(self._setup.allowance.log_mb * MIB)
            journal = Journal(self._setup.folder / "journal", key.keyid, budget=budget)
            steps.callback(journal.close)
            self._live(steps, Parts(paired, key, api, beliefs, journal), guard)

    def _pair(self, api: Api) -> enrol.Paired | None:
        """Show codes until staff entered one; None when stopped before."""
        enrolment = enrol.Enrolment(api, self._surface.pair)
        self.keeper.be_patient(PAIRING_MS)
        while not self.stop.is_set():
            self.keeper.beat(self._clock.mono_ms(), alive=True, status="Chưa ghép nối: màn hình đang hiện mã.")
            paired, wait_s = enrolment.step(self._clock.mono_ms())
            if paired:
                enrol.save_paired(self._setup.folder, paired)
                self._surface.slate()
                self.keeper.be_patient(None)
                return paired
            self.stop.wait(wait_s)
        return None

    def _live(self, steps: ExitStack, parts: Parts, guard: Guard) -> None:
        cache = Cache(self._setup.folder / "files", self._fetcher, parts.paired.files_url, self._setup.allowance)
        self._fetcher.saw_page = self._suspect_portal
        reporter = Reporter(parts.journal, parts.api, parts.key, parts.beliefs, self._clock)
        reporter.faults = self.faults
        pen = Pen(parts.journal, self.faults, self._clock, reporter.news.set)
        link = Link(parts.paired, parts.journal.boot, lambda: self._clock.read().ms, self._heard)
        offers = Offers(parts.beliefs, self.faults, self._clock)
        sync = Sync(parts.api, cache, parts.beliefs, offers, self._clock)
        sync.told = self.wake.set
        orders = Orders(sync, parts.beliefs, offers, self.faults, self._clock)
        inspector = Inspector(cache, parts.beliefs, self.faults, self._clock)
        inspector.found_whole, inspector.found_rotten = self.wake.set, orders.news.set
        stage = Stage(self._surface, self._clock, inspector.stored, pen.put, parts.key.keyid)
        self.stage = stage
        report = StateReport(parts, self._setup.folder, self.faults, guard, self._clock)
        attendant = Attendant(
            self._setup.folder,
            lambda: report.account(stage, sync.pending, self._surface.displayed(), parts.journal),
        )
        deeds = Deeds(parts, self._surface, stage, self._clock, self._restart)
        commands = Commands(deeds.by_name(), Slots(self._setup.folder, "commands"))
        desk = CommandDesk(commands, self._clock, link.say_result)

        steps.callback(pen.write)  # what the stage said last
        self._thread(steps, "pen", lambda: pen.run(self.stop), pen.news.set)
        self._thread(steps, "report", lambda: drain(reporter, self.stop), reporter.news.set)
        self._thread(steps, "sync", lambda: orders.follow(self.stop), orders.news.set)
        self._thread(steps, "inspector", lambda: inspector.run(self.stop), inspector.news.set)
        steps.callback(stage.stop)
        link.moved = lambda known: self._paired_now(parts.api, known)
        link.start()
        steps.callback(link.stop)
        self._thread(steps, "commands", lambda: desk.run(self.stop), desk.rouse, patience_s=1)
        attendant.start()
        steps.callback(attendant.stop)
        steps.callback(self.stop.set)
        if guard.mode is not Mode.NORMAL:
            self.faults.add(RESTARTS, f"started again {guard.restarts} times", self._clock.mono_ms())
        while not self.stop.is_set():
            while not self.inbox.empty():
                orders.hear(self.inbox.get(), desk.put)
            state = parts.beliefs.state
            self._be_careful(guard, stage, state)
            wait_s = stage.step(state)
            if stage.outcast(state):
                self._say_outcast()
            said = report.due(stage, sync.pending, self._surface.displayed(), parts.journal)
            if said:
                link.say_state(said)
            self._keep_time()
            self._beat(stage)
            self.wake.wait(wait_s)
            self.wake.clear()

    def _be_careful(self, guard: Guard, stage: Stage, state: State) -> None:
        """As daring as the last starts allow."""
        guard.lives((state.playlist.version.epoch, state.playlist.version.number) if state.playlist else None)
        if stage.mode is not guard.mode:
            stage.mode = guard.mode
            if stage.mode is Mode.NORMAL:
                self.faults.clear(RESTARTS)

    def _beat(self, stage: Stage) -> None:
        mono_ms, turn = self._clock.mono_ms(), stage.turn
        alive = self._pulse.beats(turn, self._surface.displayed(), mono_ms)
        self.keeper.beat(mono_ms, alive, f"{stage.show}: {turn.cue.title}" if turn else str(stage.show))

    def _paired_now(self, api: Api, known: enrol.Paired) -> enrol.Paired:
        """Where the broker is by now, remembered for the next start."""
        said = enrol.ask_again(api, known)
        try:
            if said != known:
                enrol.save_paired(self._setup.folder, said)
        except OSError as error:
            self.faults.add(DISK, f"the pairing could not be saved: {error.strerror}", self._clock.mono_ms())
        return said

    def _heard(self, heard: Heard | None) -> None:
        """The link's news, from its thread: only put aside, the loop looks at it."""
        if heard:
            self.inbox.put(heard)
        self.wake.set()

    def _thread(
        self, steps: ExitStack, name: str, body: Callable[[], None], rouse: Callable[[], None], patience_s: float = 10
    ) -> None:
        """Run ``body`` beside the loop; on the way out rouse it and wait for its end."""
        thread = threading.Thread(target=self._guarded, args=(name, body), name=name, daemon=True)
        thread.start()

        def end() -> None:
            self.stop.set()
            rouse()
            thread.join(timeout=patience_s)
            if thread.is_alive():
                log.warning("%s did not end in time", name)

        steps.callback(end)

    def _guarded(self, name: str, body: Callable[[], None]) -> None:
        """The outermost loop of a thread: a fault of the program ends the process, whose keeper starts it again."""
        try:
            body()
        except Exception:
            log.exception("%s broke", name)
            self.again = self.broke = True
            self.stop.set()
            self.wake.set()

    def _keep_time(self) -> None:
        try:
            self._seen.keep(self._clock)
        except OSError as error:
            self.faults.add(DISK, f"the time could not be saved: {error.strerror}", self._clock.mono_ms())

    def _suspect_portal(self, host: str) -> None:
        self.faults.add(PORTAL, f"{host} answered with a web page", self._clock.mono_ms())

    def _say_outcast(self) -> None:
        """The key of this device was withdrawn: say so as long as it lasts."""
        mono_ms = self._clock.mono_ms()
        if mono_ms >= self._outcast_again_mono_ms:
            self.faults.add(OUTCAST, "the key of this device was withdrawn", mono_ms)
            self._outcast_again_mono_ms = mono_ms + OUTCAST_EVERY_MS

    def _restart(self) -> None:
        self.again = True
        self.stop.set()


def prepared(folder: Path) -> tuple[Clock, SeenTime, Fetcher]:
    """The clock, its memory and the way to the network, over a state folder that is made if need be.

    Raises:
        SetupError: the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        seen = SeenTime(folder)
        return Clock(seen.ms), seen, Fetcher()
    except OSError as error:
        raise SetupError(
            f"Không dùng được thư mục {folder} ({error.strerror}): hãy chọn thư mục khác bằng --state."
        ) from error
