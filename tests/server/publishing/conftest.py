"""A server with its cast, on which tests put items, screens and campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server import publishing, screens
from server.clock import now_ms
from server.db import Sessions
from server.settings import Settings
from tests.brokers import running
from tests.scene import Scene
from tests.stage import Stage


@pytest.fixture
def stage(settings: Settings, sessions: Sessions) -> Stage:
    return Stage(settings, sessions)


@pytest.fixture
def scene(tmp_path: Path, stage: Stage) -> Iterator[Scene]:
    stage.now_ms = now_ms()  # the bridge's own process reads the clock of the machine
    with running(tmp_path, "mosquitto") as broker:
        with stage.sessions.writing() as session:
            item, screen = stage.approved(session), stage.screen(session)
            campaign = stage.campaign(session, item)
            scheduler = stage.person(session, "scheduler-a")
            publishing.publish(session, scheduler, campaign, stage.keys, now_ms())
            broker.secret = stage.settings.broker_secret.read_bytes()
            broker.devices = screens.accounts(session)
            session.flush()
            session.expunge(screen)
            campaign_id = campaign.id
        broker.update()
        yield Scene(stage, broker, screen, campaign_id)
