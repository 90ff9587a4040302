"""When a screen is to be mute or dim: the rules of its surroundings as spans that a playlist carries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from playlists.model import QuietSpan, Screen
from playlists.windows import local_day

LOUD = (100, 100)


def quiet_spans(screen: Screen, days: Iterable[date]) -> tuple[QuietSpan, ...]:
    """The spans of these local dates in which volume or brightness is reduced, in order; where rules meet, the lower.

    Rules that only ask for stills are the planner's matter (:mod:`playlists.airtime`).
    """
    ruled = [
        (local.start + a, local.start + b, rule.volume, rule.brightness)
        for local in (local_day(day, screen.zone) for day in sorted(set(days)))
        for rule in screen.quiet
        for a, b in local.spans(rule.windows)
    ]
    edges = sorted({edge for a, b, _, _ in ruled for edge in (a, b)})
    spans: list[QuietSpan] = []
    for start, end in pairwise(edges):
        holding = [(volume, brightness) for a, b, volume, brightness in ruled if a <= start < b]
        volume, brightness = (min(values) for values in zip(LOUD, *holding, strict=True))
        if (volume, brightness) == LOUD:
            continue
        if spans and spans[-1].end == start and (spans[-1].volume, spans[-1].brightness) == (volume, brightness):
            start = spans.pop().start  # noqa: PLW2901 - one rule that goes on past midnight is one span
        spans.append(QuietSpan(start, end, volume, brightness))
    return tuple(spans)
