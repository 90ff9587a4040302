"""When to try again: never all at once, never sooner than asked, never later than sensible."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from player.pace import Backoff
from tests.fakes import FakeServer, eventually
from tests.player.life import acting

FLEET = 10_000
AWAY_S = 300


def back_at(longest_s: float) -> float:
    """When a screen stands again that lost its broker at 0 and finds it from 300 s on."""
    backoff, at_s = Backoff(first_s=2, longest_s=longest_s), 0.0
    while at_s < AWAY_S:
        at_s += backoff.failure()
    return at_s


def test_ten_thousand_screens_do_not_come_back_in_one_second() -> None:
    seconds = Counter(int(back_at(120)) for _ in range(FLEET))
    assert max(seconds.values()) <= FLEET * 2 // 100  # 173 expected
    assert max(seconds) <= AWAY_S + 120


@pytest.mark.parametrize("asked_s", [0, 7, 200])
def test_what_the_other_side_asks_for_is_waited_at_least(asked_s: float) -> None:
    waits = [Backoff().failure(asked_s) for _ in range(200)]
    assert min(waits) >= asked_s
    assert len(set(waits)) > 100  # and not all at the same moment either


@pytest.mark.parametrize("asked_s", [-5, 10**9])
def test_a_senseless_wish_is_kept_within_bounds(asked_s: float) -> None:
    assert 0 <= Backoff().failure(asked_s) <= 302


def test_after_success_the_waits_are_short_again() -> None:
    backoff = Backoff(first_s=2, longest_s=300)
    for _ in range(50):
        assert backoff.failure() <= 300
    backoff.success()
    assert backoff.failure() <= 2


def test_a_login_page_of_the_network_is_suspected_and_forgotten_when_it_is_gone(
    server: FakeServer, tmp_path: Path
) -> None:
    page = (200, {"content-type": "text/html"}, b"<html>Wi-Fi</html>")
    server.says = {f"/device/v1/{name}": page for name in ("head", "trust/1", "revocation")}
    with acting(tmp_path / "player", server) as (agent, _):

        def codes() -> list[object]:
            return [fault["code"] for fault in agent.faults.listed(agent._clock.mono_ms())]

        eventually(lambda: "PORTAL" in codes())
        server.says = {}
        eventually(lambda: agent.stage and agent.stage.turn, 60)
        eventually(lambda: "PORTAL" not in codes())
