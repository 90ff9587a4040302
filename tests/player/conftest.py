"""A server with orders, and a player that followed them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeServer, serving
from tests.player.cinema import Cinema
from tests.player.rig import GREEN, RED, Rig, rig


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A server that has published a red and a green picture."""
    with serving() as running:
        running.orders.publish(RED, GREEN)
        yield running


@pytest.fixture
def player(tmp_path: Path, server: FakeServer) -> Rig:
    """A player that has followed the first orders."""
    made = rig(tmp_path / "player", server)
    made.step()
    assert made.number == 1
    return made


@pytest.fixture
def cinema(tmp_path: Path, server: FakeServer) -> Cinema:
    """A screen that plays the red and the green picture."""
    made = Cinema(tmp_path / "screen", server)
    made.player.step()
    assert made.seen(2500) == {"đỏ", "lục"}
    return made
