"""A player that shows thousands of items does not grow."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import linear_regression

import pytest

from tests.fakes import eventually, serving
from tests.player.device import children, device, rss_mb
from tests.player.lab import lab
from tests.player.reel_of_six import SLOT_MS, mixed

ITEMS = 3600
MOST_MB_PER_1000 = 1.0
WARM_SHARE = 0.25  # caches and pools fill at first


@pytest.mark.soak
def test_thousands_of_items_leave_no_memory_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half a second each; MINUTES bounds how many there are."""
    items = min(ITEMS, round(float(os.environ.get("MINUTES", "30")) * 60_000 / SLOT_MS))
    with lab() as place, serving() as server:
        server.orders.publish(*mixed(tmp_path))
        with device(tmp_path / "player", server, place) as agent:
            eventually(lambda: len(children(agent)) == 2, 60)
            began, sizes = time.monotonic(), []
            while (shown := (time.monotonic() - began) * 1000 / SLOT_MS) < items:
                sizes.append((shown, rss_mb(agent)))
                time.sleep(1)
    warm = [size for size in sizes if size[0] >= items * WARM_SHARE]
    slope = linear_regression([w[0] for w in warm], [w[1] for w in warm]).slope * 1000
    with capsys.disabled():
        sys.stdout.write(f"\n  {items} items: agent {warm[-1][1]:.1f} MB, {slope:+.2f} MB per 1,000 items\n")
    assert slope <= MOST_MB_PER_1000
