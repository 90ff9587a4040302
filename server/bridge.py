"""The bridge: the only process of the server that speaks to the broker.

It empties the outbox in order, writes down what screens say, and does what is due because time passes. Everything it
knows is in the database: killed at any point it begins again where it was. A message may then go out twice, which is
harmless; none is lost, because its row goes only after the broker acknowledged it.

A broker that comes back empty, or with an older state, is filled again. How it is known: after all was sent, a mark is
left on a retained topic of our own and in the database. Where the two differ, everything retained is published again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from time import monotonic

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from playlists import topics
from server import faults, publishing, refusals, rotation, screens, signing
from server.broker.connection import Acked, Connected, Connection, Disconnected, Received
from server.broker.errors import BrokerBusyError
from server.broker.ours import bridge_url
from server.clock import now_ms
from server.db import Sessions, check_schema, sessions_for
from server.errors import DomainError, SettingsError
from server.publishing import Bulletin, outbox
from server.ready import say_ready
from server.refusals import Refusals
from server.screens import BadMessage, Message
from server.settings import Settings
from server.signing import Keys

log = logging.getLogger(__name__)

CLIENT_ID = "bridge"
SUBSCRIPTIONS = (
    (topics.FROM_ANY_STATE, 1),
    (topics.FROM_ANY_PRESENCE, 1),
    (topics.FROM_ANY_RESULT, 1),
    (topics.BRIDGE_MARK, 1),
    *((topic, 1) for topic in publishing.recovery.KINDS),  # does the broker know more than we do?
)
LOOK_EVERY_S = 0.1  # a withdrawal is to reach screens within three seconds; an empty look costs a tenth of a ms
CATCH_UP_EVERY_S = 1.0
MARK_WITHIN_S = 10.0  # how long a broker may take to show the retained mark before it counts as missing
LOOK_BACK_S = 2.0  # how long a broker may take to show what it holds for all screens, before we publish over it
IN_FLIGHT = 200
REPUBLISH_AT_ONCE = 100  # screens
PAUSE_AFTER_TROUBLE_S = 2.0


@dataclass
class Refill:
    """Publishing everything retained again: where it stands. ``after`` None: all was handed over.

    ``times`` counts the refills before this one of which the broker refused a part; it pauses until ``from_s``.
    """

    after: int | None = 0
    waiting: set[int] = field(default_factory=set)
    refused: bool = False
    times: int = 0
    from_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Sent:
    """An outbox row on its way: its id, the playlist it carries, its topic."""

    row: int
    playlist: int | None
    topic: str


class Bridge:
    """One round of the loop is a ``step``; tests call it without threads."""

    def __init__(self, connection: Connection, sessions: Sessions, keys: Callable[[Session], Keys]) -> None:
        """``keys`` is asked before each signing: the director may be another one since (:mod:`server.rotation`)."""
        self._connection, self._sessions, self._keys = connection, sessions, keys
        self._sent: dict[int, Sent] = {}  # by mid
        self._acked: list[tuple[int, int | None]] = []
        self._refusals = Refusals()
        self._refill: Refill | None = None
        self._mark: tuple[int, int] | None = None  # mid and number of the mark that is on its way
        self._mark_due: float | None = None  # until when the broker may show us the mark it holds
        self._unmarked = False
        self._unseen: set[str] = set()  # documents for all screens that the broker may show us still …
        self._unseen_until = 0.0  # … until then
        self._overtaken = False
        self._up = False
        self._next_catch_up = 0.0

    @property
    def is_calm(self) -> bool:
        """Whether everything handed over was acknowledged and the mark of it is written down."""
        marking = self._mark is not None or self._mark_due is not None or self._unmarked
        waiting = self._sent or self._acked or self._refusals or marking
        return self._up and not waiting and self._refill is None

    def step(self, timeout_s: float) -> None:
        """Take what the broker says, write it down, and hand over what is due. Waits at most ``timeout_s``."""
        heard: list[Received] = []
        for event in self._connection.wait(timeout_s):
            match event:
                case Connected():
                    self._connected(event)
                case Disconnected(reason=reason):
                    self._up = False
                    log.info("broker away: %s", reason)
                case Acked(mid=mid, refused=refused):
                    self._acknowledged(mid, refused)
                case Received(topic=topics.BRIDGE_MARK):
                    self._mark_shown(event)
                case Received(topic=topic) if topic in publishing.recovery.KINDS:
                    self._held_by_broker(event)
                case Received():
                    heard.append(event)
        self._write(heard)
        if monotonic() >= self._next_catch_up:
            self._catch_up()
        if self._up:
            self._check_mark()
            self._hand_over()

    # --- What the broker says -----------------------------------------------------------------------------------------

    def _connected(self, event: Connected) -> None:
        log.info("broker here: MQTT %s, session %s", "5" if event.mqtt5 else "3.1.1", event.session_present)
        self._up = True
        if event.renewed:  # mids of the client before are never acknowledged
            self._sent.clear()
            self._mark = None
            self._refill = None
        self._unseen, self._unseen_until = set(publishing.recovery.KINDS), monotonic() + LOOK_BACK_S
        self._mark_due = monotonic() + MARK_WITHIN_S if event.session_present else None
        if not event.session_present:
            self._begin_refill("it does not know us")

    def _acknowledged(self, mid: int, refused: str) -> None:
        if mid in self._sent:
            sent = self._sent.pop(mid)
            if refused:
                self._refusals.add(sent.row, f"{sent.topic}: {refused}", monotonic())
            else:
                self._acked.append((sent.row, sent.playlist))
        elif self._refill is not None and mid in self._refill.waiting:
            self._refill.waiting.discard(mid)
            self._refill.refused = self._refill.refused or bool(refused)
        elif self._mark is not None and mid == self._mark[0]:
            number, self._mark = self._mark[1], None
            self._unmarked = self._unmarked or bool(refused)
            if not refused:
                self._remember_mark(number)

    def _mark_shown(self, event: Received) -> None:
        """Only the retained one tells what the broker holds; our own new marks come back without the flag."""
        if not event.retained or self._mark_due is None:
            return
        self._mark_due = None
        known = {self._known_mark(), self._mark[1] if self._mark else None}
        if _number(event.payload) not in known:
            self._begin_refill("it holds an older state")

    def _held_by_broker(self, event: Received) -> None:
        """A document for all screens. The retained one counts; our own come back without the flag."""
        if event.retained:
            self._unseen.discard(event.topic)
            with self._sessions.writing() as session:
                behind = publishing.recovery.compare(session, event.topic, event.payload, now_ms())
            self._overtaken = self._overtaken or behind

    def _may_announce(self) -> bool:
        return not self._unseen or monotonic() > self._unseen_until

    def _check_mark(self) -> None:
        if self._mark_due is not None and monotonic() > self._mark_due:
            self._mark_due = None
            if self._known_mark() is not None:
                self._begin_refill("it has lost our mark")

    def _begin_refill(self, why: str) -> None:
        """From the first screen on, also in the middle of a refill: what that one brought was lost with the rest."""
        log.info("everything retained is published again: %s", why)
        self._refill = Refill()
        self._unmarked = True

    # --- What is written down -----------------------------------------------------------------------------------------

    def _write(self, heard: Sequence[Received]) -> None:
        if not heard and not self._acked:
            return
        at = now_ms()
        with self._sessions.writing() as session:
            outbox.done(session, self._acked, at)
            for event in heard:
                _listen(session, event, at)
        self._unmarked = self._unmarked or bool(self._acked)
        self._acked.clear()

    def _known_mark(self) -> int | None:
        with self._sessions.reading() as session:
            row = session.get(Bulletin, topics.BRIDGE_MARK)
            return row.version if row is not None else None

    def _remember_mark(self, number: int) -> None:
        with self._sessions.writing() as session:
            session.merge(Bulletin(topic=topics.BRIDGE_MARK, version=number))

    def _catch_up(self) -> None:
        self._next_catch_up = monotonic() + CATCH_UP_EVERY_S
        with self._sessions.writing() as session:
            self._tell_of_refusals(session)
            self._overtaken = publishing.recovery.is_overtaken(session)
            more = not self._overtaken and publishing.catch_up(session, self._keys(session), now_ms())
        if more:
            self._next_catch_up = 0.0

    def _tell_of_refusals(self, session: Session) -> None:
        self._refusals.keep(outbox.still_waiting(session, self._refusals.rows))
        refill = self._refill
        if self._refusals or (refill is not None and (refill.refused or refill.times)):
            faults.note(session, faults.BROKER_REFUSES, self._refusals.reason or "refill", now_ms())
        else:
            faults.clear(session, faults.BROKER_REFUSES)

    # --- What is handed over ------------------------------------------------------------------------------------------

    def _hand_over(self) -> None:
        if self._overtaken:  # what the broker holds must not be lost before it is taken back
            return
        try:
            self._empty_outbox()
            self._go_on_refilling()
            self._leave_mark()
        except BrokerBusyError as error:
            log.debug("%s", error)  # the rows are still there; the next step tries again

    def _empty_outbox(self) -> None:
        later = self._refusals.waiting(monotonic())
        if len(self._sent) >= IN_FLIGHT or len(later) > refusals.MOST:
            return
        under_way = {sent.row for sent in self._sent.values()}
        at = now_ms()
        with self._sessions.reading() as session:
            for row in outbox.due(session, IN_FLIGHT, but=later):
                if row.id in under_way or (row.topic in publishing.recovery.KINDS and not self._may_announce()):
                    continue
                if row.expires_ms is not None and row.expires_ms <= at:
                    self._acked.append((row.id, None))
                    continue
                expiry_s = max(1, (row.expires_ms - at) // 1000) if row.expires_ms is not None else None
                mid = self._connection.publish(row.topic, row.payload, row.retain, row.qos, expiry_s)
                self._sent[mid] = Sent(row.id, row.playlist_id, row.topic)

    def _go_on_refilling(self) -> None:
        refill = self._refill
        if refill is None or monotonic() < refill.from_s or not self._may_announce():
            return
        if refill.after is None:
            if not refill.waiting:
                self._refill = _another(refill) if refill.refused else None
            return
        if len(refill.waiting) >= IN_FLIGHT:
            return
        with self._sessions.reading() as session:
            messages, after = publishing.retained(session, refill.after, REPUBLISH_AT_ONCE)
        for topic, payload in messages:
            refill.waiting.add(self._connection.publish(topic, payload, retain=True))
        refill.after = after

    def _leave_mark(self) -> None:
        """When all was taken, leave the next mark; it is written down once the broker has it."""
        if not self._unmarked or self._sent or self._refill is not None or self._mark is not None:
            return
        number = (self._known_mark() or 0) + 1
        mid = self._connection.publish(topics.BRIDGE_MARK, json.dumps({"format": 1, "mark": number}).encode(), True)
        self._mark = (mid, number)
        self._unmarked = False


def _another(refill: Refill) -> Refill:
    """The refill after one of which the broker refused a part."""
    times = refill.times + 1
    return Refill(times=times, from_s=monotonic() + refusals.pause_s(times))


def _listen(session: Session, event: Received, at_ms: int) -> None:
    """One message of a screen. What cannot be believed is logged and forgotten."""
    try:
        message = Message(topics.screen_of(event.topic), event.payload, event.retained)
        kind = event.topic.rpartition("/")[2]
        if kind == "state":
            screens.record_state(session, message, at_ms)
        elif kind == "presence":
            screens.record_presence(session, message, at_ms)
        else:
            screens.record_result(session, message, at_ms)
    except (BadMessage, ValueError) as error:
        log.warning("%s: %s", event.topic, error)


def _number(payload: bytes) -> int | None:
    try:
        data = json.loads(payload)
    except ValueError:
        return None
    number = data.get("mark") if isinstance(data, dict) else None
    return number if isinstance(number, int) else None


def run(settings: Settings, stop: Event, ready: Callable[[], None] = say_ready) -> None:
    """Serve until ``stop`` is set. ``ready`` is called once the loop runs, whether or not a broker is there yet.

    Raises:
        SettingsError: keys, broker address or schema are not in order.
    """
    sessions = sessions_for(settings.database_url)
    check_schema(sessions.engine)
    connection = Connection(bridge_url(settings), CLIENT_ID, subscriptions=SUBSCRIPTIONS)
    signing.load(settings.keys_dir)  # said now, not an hour later: a key is missing
    bridge = Bridge(connection, sessions, lambda session: rotation.keys_in_force(settings.keys_dir, session))
    connection.start()
    ready()
    try:
        while not stop.is_set():
            try:
                bridge.step(LOOK_EVERY_S)
            except OperationalError:
                log.exception("the database does not answer; everything is still there, and tried again")
                stop.wait(PAUSE_AFTER_TROUBLE_S)
            except IntegrityError:
                log.info("another process wrote the same at the same moment; tried again", exc_info=True)
            except (DomainError, SettingsError):
                log.exception("nothing can be signed now; tried again")
                stop.wait(PAUSE_AFTER_TROUBLE_S)
    finally:
        connection.stop()
        sessions.engine.dispose()
