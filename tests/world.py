"""A small city for tests: keys for every role, two wards, and documents that are right until a test spoils one.

Keys come from fixed seeds, so the same document has the same bytes in every run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from playlists import model
from playlists.accept import (
    accept_approval,
    accept_head,
    accept_playlist,
    accept_revocation,
    accept_trust,
)
from playlists.keys import SigningKey
from playlists.schemas import seal
from playlists.state import Now, Pinned, State

NOW = 1_790_000_000_000  # 21 September 2026, a Monday
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
SCREEN = "s-bcdfghjk"


def key(name: str) -> SigningKey:
    """The key of a name, the same in every run."""
    return SigningKey.from_seed(hashlib.sha256(name.encode()).digest())


def info(name: str, person: str | None = None) -> model.KeyInfo:
    return model.KeyInfo(key(name).public, person or name, NOW - 30 * DAY_MS, NOW + 365 * DAY_MS)


ROLE_KEYS = ("root", "director", "log")
APPROVERS = {"city": ("city-1", "city-2"), "ward-a": ("a-1", "a-2"), "ward-b": ("b-1",)}


def trust(**changes: object) -> model.Trust:
    names = [*ROLE_KEYS, *(n for group in APPROVERS.values() for n in group)]
    units = {
        code: model.TrustedUnit(
            code, "" if code == "city" else "city", code.title(), tuple(key(n).keyid for n in group), 1, 2
        )
        for code, group in APPROVERS.items()
    }
    whole = model.Trust(
        version=1,
        epoch=1,
        issued=NOW - DAY_MS,
        expires=NOW + 365 * DAY_MS,
        keys={key(n).keyid: info(n) for n in names},
        roles={n: model.Role((key(n).keyid,), 1) for n in ROLE_KEYS},
        units=units,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def rendition(name: str = "lift", duration_ms: int = 10_000) -> model.Rendition:
    data = content(name)
    return model.Rendition(hashlib.sha256(data).hexdigest(), len(data), model.MediaType.PNG, 1920, 1080, duration_ms)


def content(name: str) -> bytes:
    """The bytes of the file that :func:`rendition` describes."""
    return f"picture of {name}".encode()


def approval(name: str = "lift", **changes: object) -> model.Approval:
    whole = model.Approval(
        id=hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(),
        item=len(name),
        title=f"Sử dụng thang máy ({name})",
        unit="ward-a",
        author="author",
        decision=model.Decision("07/QĐ-UBND", "2026-09-01"),
        renditions=(rendition(name),),
        scope=("ward-a",),
        not_before=NOW - DAY_MS,
        not_after=NOW + 90 * DAY_MS,
        issued=NOW - DAY_MS,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def reference(sealed: bytes) -> model.Reference:
    return model.Reference(hashlib.sha256(sealed).hexdigest(), len(sealed))


@dataclass
class World:
    """One screen's documents, each sealed by whom it should be unless a test says otherwise."""

    trust: model.Trust = field(default_factory=trust)
    items: tuple[str, ...] = ("lift", "traffic")

    def sealed_trust(self, *names: str) -> bytes:
        return seal(self.trust, *(key(n) for n in names or ("root",)))

    def sealed_approval(self, name: str = "lift", *names: str, **changes: object) -> bytes:
        return seal(approval(name, **changes), *(key(n) for n in names or ("a-1",)))

    def entry(self, name: str) -> model.Entry:
        return model.Entry(len(name), 7, approval(name).title, rendition(name), reference(self.sealed_approval(name)))

    def playlist(self, number: int = 1, **changes: object) -> model.Playlist:
        entries = tuple(self.entry(n) for n in self.items)
        slots = tuple(model.Slot(10_000 * i, i, 10_000) for i in range(len(entries)))
        plan = model.Plan(
            (model.Loop(10_000 * len(entries), slots),),
            ((model.Block(0, DAY_MS, 0),),),
            (model.Day("2026-09-21", NOW - NOW % DAY_MS - 7 * HOUR_MS, 0),),
        )
        whole = model.Playlist(
            screen=SCREEN,
            unit="ward-a",
            version=model.Version(1, number),
            issued=NOW,
            expires=NOW + 7 * DAY_MS,
            zone="Asia/Ho_Chi_Minh",
            trust=self.trust.version,
            revocation=0,
            previous="",
            entries=entries,
            plan=plan,
            fallback=tuple(range(len(entries))),
            off_hours=model.OffHours.SLATE,
            output=model.Output(),
        )
        return replace(whole, **changes)  # type: ignore[arg-type]

    def sealed_playlist(self, number: int = 1, *names: str, **changes: object) -> bytes:
        return seal(self.playlist(number, **changes), *(key(n) for n in names or ("director",)))

    def head(self, sealed_playlist: bytes, number: int = 1, **changes: object) -> model.Head:
        whole = model.Head(
            screen=SCREEN,
            version=model.Version(1, number),
            playlist=reference(sealed_playlist),
            trust=self.trust.version,
            revocation=0,
            emergency=0,
            issued=NOW,
            expires=NOW + DAY_MS,
        )
        return replace(whole, **changes)  # type: ignore[arg-type]

    def sealed_head(self, sealed_playlist: bytes, number: int = 1, *names: str, **changes: object) -> bytes:
        return seal(self.head(sealed_playlist, number, **changes), *(key(n) for n in names or ("director",)))

    def revocation(self, *entries: model.RevocationEntry, version: int = 1) -> model.Revocation:
        return model.Revocation(version, NOW, entries)

    def withdrawal(self, name: str = "lift", unit: str = "ward-a") -> model.RevocationEntry:
        return model.RevocationEntry(model.Revoked.APPROVAL, approval(name).id, unit, NOW, "sai nội dung")

    def blank(self) -> State:
        """A player fresh from its installer: the root key and its pairing, nothing else."""
        return State(SCREEN, "ward-a", Pinned((key("root").public,), 1))

    def trusting(self) -> State:
        return accept_trust(self.blank(), self.sealed_trust(), Now(NOW))

    def playing(self, number: int = 1) -> State:
        """A player that accepted everything of playlist ``number``."""
        state = self.trusting()
        playlist = self.sealed_playlist(number)
        state = accept_head(state, self.sealed_head(playlist, number), Now(NOW))
        for name in self.items:
            sealed = self.sealed_approval(name)
            state = accept_approval(state, sealed, reference(sealed), Now(NOW))
        return accept_playlist(state, playlist, Now(NOW))

    def withdrawing(self, state: State, *names: str) -> State:
        sealed = seal(self.revocation(self.withdrawal()), *(key(n) for n in names or ("a-1",)))
        return accept_revocation(state, sealed, Now(NOW))


def play(n: int, **changes: object) -> model.Play:
    whole = model.Play(
        n=n,
        version=model.Version(1, 1),
        entry=n % 2,
        start=NOW + 10_000 * n,
        start_mono_ms=5_000 + 10_000 * n,
        planned_ms=10_000,
        shown_ms=10_000,
        result=model.Result.COMPLETE,
        evidence=model.Evidence.DECODED,
        clock=model.ClockQuality.SYNCHRONISED,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def batch(first: int, last: int, previous: str = "") -> model.PlayBatch:
    plays = tuple(play(n) for n in range(first, last + 1))
    return model.PlayBatch(key("device").keyid, SCREEN, 1, previous, plays)
