"""A week for a thousand screens: every playlist planned, written out and signed, on one core.

``python -m benchmarks.plan [--quick] [--screens N]``. The network is tests/playlists/network: 130 units,
60 campaigns, of which a screen has the city's, its area's and those of its tags. Screens with equal hours and
campaigns share a plan; each screen's playlist is sealed by itself. Seconds are CPU seconds of this process, which
others on the machine cannot make more.

Then how the cost grows: with screens (a quarter, half, all of them), with campaigns on one screen (15 to 120, each a
week), and what npm's @xiboplayer/schedule makes of the same hour of shares, with its error beside ours.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks import _xibo
from playlists.envelope import Kind
from playlists.keys import SigningKey
from playlists.model import Campaign, OffHours, Output, Playlist, Screen, Version
from playlists.plan import plan_days
from playlists.schemas import seal
from playlists.windows import midnight
from tests.playlists.network import ZONE, Alike, network, on_one_screen

GOAL_S = 20.0
SCREENS = 1000
WEEK = [date(2026, 4, 6) + timedelta(days=n) for n in range(7)]
KEY = SigningKey.from_seed(hashlib.sha256(b"director").digest())
CAMPAIGNS = (15, 30, 60, 120)


@dataclass(slots=True)
class Cost:
    """CPU seconds of a run, and what came out."""

    plan_s: float = 0.0
    seal_s: float = 0.0
    plans: int = 0
    playlists: int = 0
    largest_bytes: int = 0
    shortfalls: int = 0

    @property
    def whole_s(self) -> float:
        return self.plan_s + self.seal_s


def run(alike: Sequence[Alike]) -> Cost:
    """Every screen's playlist for the week, planned and sealed."""
    cost = Cost()
    for group in alike:
        start = time.process_time()
        entries, plan, shortfalls = plan_days(group.campaigns, group.screen, WEEK)
        planned = time.process_time()
        for place in group.places:
            start_ms = midnight(WEEK[0], ZONE)
            playlist = Playlist(
                screen=place.screen,
                unit=place.unit[-1],
                version=Version(1, 1),
                issued=start_ms,
                expires=start_ms + 14 * 86_400_000,
                zone=ZONE,
                trust=1,
                revocation=1,
                previous="",
                entries=entries,
                plan=plan,
                fallback=tuple(range(min(4, len(entries)))),
                off_hours=OffHours.BLANK,
                output=Output(),
            )
            cost.largest_bytes = max(cost.largest_bytes, len(seal(playlist, KEY)))
        cost.plan_s += planned - start
        cost.seal_s += time.process_time() - planned
        cost.plans, cost.playlists = cost.plans + 1, cost.playlists + len(group.places)
        cost.shortfalls += len(shortfalls)
    return cost


def by_campaigns() -> dict[int, float]:
    """CPU seconds of a week on one screen, by how many campaigns it has."""
    screen = Screen("s-1", ZONE)
    return {count: _planning_s(on_one_screen(count), screen) for count in CAMPAIGNS}


def _planning_s(campaigns: Sequence[Campaign], screen: Screen) -> float:
    start = time.process_time()
    plan_days(campaigns, screen, WEEK)
    return time.process_time() - start


def _say_shares() -> dict[str, float]:
    found = _xibo.compared()
    if isinstance(found, str):
        print(found)
        return {}
    print("An hour of shares: seconds off the shares, largest gap in ideal gaps, length of the hour, time to plan")
    for name, (ours, theirs) in found.items():
        for who, it in (("ours", ours), ("@xiboplayer/schedule", theirs)):
            figures = f"{it.off_s:6.1f} s {it.bunching:5.2f} × {it.whole_s:6.0f} s {it.took_ms:8.2f} ms"
            print(f"  {name:<24} {who:<21} {figures}")
    return {
        "longest_bunch_ours": round(max(ours.bunching for ours, _ in found.values()), 2),
        "longest_bunch_xibo": round(max(theirs.bunching for _, theirs in found.values()), 2),
    }


def main() -> None:
    """Measure, say it in lines, and end with one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="under 50 seconds: a tenth of the screens, told for all")
    parser.add_argument("--screens", type=int, default=SCREENS)
    args = parser.parse_args()
    whole = network(args.screens)
    # The network is a round of kinds of places, so every tenth of its plans is like the others.
    tenths = whole[::10] if args.quick else whole
    costs = {part: run(tenths[: len(tenths) * part // 4]) for part in (1, 2, 4)}
    for cost in costs.values():
        each = (
            f"{1000 * cost.plan_s / cost.plans:.1f} ms a plan, {1000 * cost.seal_s / cost.playlists:.1f} ms to seal one"
        )
        print(f"{cost.playlists:>5} screens, {cost.plans:>4} plans: {cost.whole_s:6.2f} s CPU, {each}")
    cost = costs[4]
    plan_s, seal_s = cost.plan_s * len(whole) / cost.plans, cost.seal_s * args.screens / cost.playlists
    grown = by_campaigns()
    for count, seconds in grown.items():
        print(f"{count:>5} campaigns on one screen: {seconds * 1000:7.1f} ms CPU for a week")
    shares = _say_shares()
    result = {
        "name": "plan",
        "ours": round(plan_s + seal_s, 2),
        "reference": GOAL_S,
        "ratio": round((plan_s + seal_s) / GOAL_S, 3),
        "unit": f"CPU s to plan and seal a week for {args.screens} screens",
        "screens_run": cost.playlists,
        "plans_run": cost.plans,
        "plans": len(whole),
        "campaigns": 60,
        "plan_s": round(plan_s, 2),
        "seal_s": round(seal_s, 2),
        "largest_bytes": cost.largest_bytes,
        "limit_bytes": Kind.PLAYLIST.limit_bytes,
        "shortfalls": cost.shortfalls,
        "ratio_120_to_15_campaigns": round(grown[120] / grown[15], 2),
        **shares,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
