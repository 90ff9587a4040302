"""A server with its cast, on which tests put items."""

import pytest

from server.db import Sessions
from server.settings import Settings
from tests.stage import Stage


@pytest.fixture
def stage(settings: Settings, sessions: Sessions) -> Stage:
    return Stage(settings, sessions)
