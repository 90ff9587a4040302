"""An installation on a real broker, with one screen and one published campaign; and ears of screens."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from playlists import topics
from playlists.envelope import Kind, open_envelope, unpack
from playlists.model import Playlist, Window
from playlists.schemas import load
from playlists.state import Pinned
from server import campaigns, publishing, screens, signing
from server.bridge import SUBSCRIPTIONS, Bridge
from server.broker.connection import Connection
from server.broker.guest import Guest
from server.clock import now_ms
from server.db import Sessions
from server.publishing import Outbox
from server.screens import Screen
from tests.brokers import RealBroker
from tests.stage import Stage

WITHIN_S = 30.0


@dataclass
class Ear:
    """One screen's connection, and everything it ever heard. Its session outlives its connections."""

    guest: Guest
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    def listen(self) -> None:
        while True:
            try:
                message = self.guest.received.get_nowait()
            except queue.Empty:
                return
            self.heard.append((message.topic.rpartition("/")[2], message.payload))

    def versions(self) -> list[int]:
        self.listen()
        return [_playlist(payload).version.number for kind, payload in self.heard if kind == "playlist"]

    def commands(self) -> list[str]:
        self.listen()
        return [json.loads(payload)["id"] for kind, payload in self.heard if kind == "command"]


def _playlist(payload: bytes) -> Playlist:
    document: Playlist = load(Kind.PLAYLIST, open_envelope(Kind.PLAYLIST, unpack(payload, Kind.PLAYLIST)).payload)
    return document


@dataclass
class Scene:
    """A broker, an installation on it with one screen and one published campaign."""

    stage: Stage
    broker: RealBroker
    screen: Screen
    campaign_id: int

    @property
    def sessions(self) -> Sessions:
        return self.stage.sessions

    def ear(self) -> Ear:
        guest = self.broker.guest(self.screen.public_id, clean=False)
        assert guest.subscribe(topics.to_all_of(self.screen.public_id), f"{topics.ALL}/#")
        return Ear(guest)

    def bridge(self) -> tuple[Bridge, Connection]:
        connection = Connection(self.broker.url(), "bridge", subscriptions=SUBSCRIPTIONS)
        connection.start()
        return Bridge(connection, self.sessions, self.keys), connection

    def pinned(self) -> Pinned:
        assert self.stage.keys.root is not None
        return Pinned((self.stage.keys.root.public,), 1)

    def keys(self, _session: Session) -> signing.Keys:
        return self.stage.keys

    def publish_another_version(self, number: int) -> None:
        """Change the hours, so that there is a new playlist."""
        with self.sessions.writing() as session:
            scheduler = self.stage.person(session, "scheduler-a")
            campaign = campaigns.get(session, self.campaign_id)
            terms = replace(campaigns.terms_of(campaign), windows=(Window(390, 1200 + number),))
            campaigns.change(session, scheduler, campaign, terms)
            assert publishing.publish(session, scheduler, campaign, self.stage.keys, now_ms())

    def command(self) -> str:
        with self.sessions.writing() as session:
            operator = self.stage.person(session, "operator-a")
            screen = screens.get(session, self.screen.id)
            return publishing.command(session, operator, screen, publishing.Command.IDENTIFY, now_ms())

    def latest(self) -> int:
        with self.sessions.reading() as session:
            row = publishing.latest(session, self.screen.id)
            assert row is not None
            return row.number

    def all_is_sent(self) -> bool:
        with self.sessions.reading() as session:
            return not session.scalar(select(func.count()).select_from(Outbox))


def until(holds: Callable[[], object], step: Callable[[], object], within_s: float = WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it does not happen"
        step()
