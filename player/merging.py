"""Old plays as sums: what a journal over its budget keeps of plays that no server has heard of yet (ADR 9). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from playlists.play_rows import MAX_PLAYS

HOUR_MS = 3_600_000
Data = dict[str, Any]


def merged(records: Iterable[Data]) -> Iterator[Data]:
    """Records of plays, in the order of their numbers, as fewer that stand for the same numbers and sums."""
    stretch: list[Data] = []
    for record in records:
        if stretch and not _belongs(record, stretch):
            yield from _summed(stretch)
            stretch = []
        stretch.append(record)
    yield from _summed(stretch)


def _belongs(record: Data, stretch: list[Data]) -> bool:
    """Whether a record may be dealt out anew together with the others: one boot, one hour, time going forward."""
    first, last = stretch[0], stretch[-1]
    return (
        "c" not in record
        and "c" not in last
        and record["n"] == last["n"] + 1
        and record["boot"] == last["boot"]
        and record["t"][0] // HOUR_MS == first["t"][0] // HOUR_MS
        and record["t"][0] >= last["t"][0]
        and len(stretch) < MAX_PLAYS
    )


def _summed(stretch: list[Data]) -> Iterator[Data]:
    alike: dict[tuple[Any, ...], list[Data]] = {}
    for record in stretch:
        alike.setdefault((*record["v"], record["e"], *record["g"], record["why"]), []).append(record)
    number = stretch[0]["n"] if stretch else 0
    for group in alike.values():
        yield {**_sum(group), "n": number} if "c" not in group[0] else group[0]
        number += len(group)


def _sum(group: list[Data]) -> Data:
    first = group[0]
    if len(group) == 1:
        return first
    start, mono_ms, _, _ = first["t"]
    planned_ms, shown_ms = (sum(record["t"][column] for record in group) for column in (2, 3))
    span_ms = group[-1]["t"][0] - start
    return {**first, "t": [start, mono_ms, planned_ms, shown_ms], "c": [len(group), span_ms]}
