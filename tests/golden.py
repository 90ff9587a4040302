"""The documents behind the golden files; ``python -m tests.golden`` writes them anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from playlists.envelope import Kind
from playlists.files import replace_file
from playlists.model import ClockQuality, Evidence, PlayBatch, Receipt, Result
from playlists.play_rows import shares
from playlists.schemas import Document, seal
from tests.world import NOW, SCREEN, World, approval, key, play

FOLDER = Path(__file__).parent / "playlists" / "golden"


def plays() -> PlayBatch:
    """Plays of every result, with a wall clock that was set back in the middle."""
    shown = [
        play(1),
        play(2, shown_ms=4_000, result=Result.PARTIAL, reason="cắt bởi danh sách mới"),
        play(3, start=NOW - 5_000, shown_ms=0, result=Result.SKIPPED, clock=ClockQuality.ESTIMATED),
        play(4, start=NOW + 5_000, shown_ms=100, result=Result.FAILED, evidence=Evidence.SCHEDULED, reason="E-HASH"),
    ]
    return PlayBatch(key("device").keyid, SCREEN, 3, "ab" * 32, tuple(shown))


def merged_plays() -> PlayBatch:
    """The same of a device that merged its oldest plays: format 2 of that kind."""
    whole = play(1, planned_ms=200_001, shown_ms=199_000)
    later = play(21, entry=1, clock=ClockQuality.ESTIMATED, reason="late", result=Result.PARTIAL)
    plays = (*shares(whole, 20, 3_400_000), later)
    return PlayBatch(key("device").keyid, SCREEN, 3, "ab" * 32, plays)


def documents() -> Mapping[Kind, Document]:
    world = World()
    return {
        Kind.TRUST: world.trust,
        Kind.APPROVAL: approval(),
        Kind.PLAYLIST: world.playlist(),
        Kind.HEAD: world.head(world.sealed_playlist()),
        Kind.REVOCATION: world.revocation(world.withdrawal()),
        Kind.PLAYS: plays(),
        Kind.RECEIPT: Receipt(key("device").keyid, 4, "cd" * 32, NOW, ((2, 3),)),
    }


SIGNERS = {
    Kind.TRUST: "root",
    Kind.APPROVAL: "a-1",
    Kind.PLAYLIST: "director",
    Kind.HEAD: "director",
    Kind.REVOCATION: "a-1",
    Kind.PLAYS: "device",
    Kind.RECEIPT: "log",
}


def sealed_documents() -> Mapping[Kind, bytes]:
    return {kind: seal(document, key(SIGNERS[kind])) for kind, document in documents().items()}


if __name__ == "__main__":
    for kind, sealed in sealed_documents().items():
        replace_file(FOLDER / f"{kind.word}.v1.json", sealed, mode=0o644)
    replace_file(FOLDER / "plays.v2.json", seal(merged_plays(), key("device")), mode=0o644)
