"""Who may sign what, what they approved, and what was withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from playlists.model.basics import SHA256, MediaType, Rendition, is_date, require


@dataclass(frozen=True, slots=True)
class Decision:
    """The document by which an authority decided: its number and its date (ISO, local)."""

    number: str
    date: str

    def __post_init__(self) -> None:
        require(0 < len(self.number) <= 100, "a decision has a number of at most 100 characters")
        require(is_date(self.date), "a decision is dated YYYY-MM-DD")


@dataclass(frozen=True, slots=True)
class Approval:
    """A signed statement over the hashes of an item's renditions, by someone who is not its author.

    ``unit`` is the approving unit, ``scope`` the units whose subtrees may show the item,
    ``author`` the person who may not be among the signers.
    """

    id: str
    item: int
    title: str
    unit: str
    author: str
    decision: Decision
    renditions: tuple[Rendition, ...]
    scope: tuple[str, ...]
    not_before: int
    not_after: int
    issued: int

    def __post_init__(self) -> None:
        require(bool(self.renditions), "an approval covers at least one rendition")
        require(bool(self.scope), "an approval names at least one unit that may show the item")
        require(self.not_before < self.not_after, "an approval ends after it begins")

    def covers(self, sha256: str, size_bytes: int, media_type: MediaType) -> bool:
        """Whether exactly this file is among the approved renditions."""
        return any(
            r.sha256 == sha256 and r.size_bytes == size_bytes and r.media_type == media_type for r in self.renditions
        )


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A public key of the trust document: whose it is and when it may sign.

    ``public`` is the raw Ed25519 key as 64 hexadecimal digits.
    """

    public: str
    person: str
    not_before: int
    not_after: int

    def __post_init__(self) -> None:
        require(bool(SHA256.fullmatch(self.public)), "an Ed25519 public key is 64 hexadecimal digits")
        require(self.not_before < self.not_after, "a key's life ends after it begins")

    def alive(self, now_ms: int) -> bool:
        return self.not_before <= now_ms < self.not_after


@dataclass(frozen=True, slots=True)
class Role:
    """Keys (by id) of which at least ``threshold`` distinct persons must sign."""

    keys: tuple[str, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class TrustedUnit:
    """An organisation that approves: its place in the tree, its approvers, and how many must agree.

    ``threshold`` is for its own screens, ``wide_threshold`` for screens of the units below it.
    """

    id: str
    parent: str
    name: str
    approvers: tuple[str, ...]
    threshold: int
    wide_threshold: int


@dataclass(frozen=True, slots=True)
class Trust:
    """Who may sign what. Signed by the root keys of this version and of the one before."""

    version: int
    epoch: int
    issued: int
    expires: int
    keys: Mapping[str, KeyInfo]
    roles: Mapping[str, Role]
    units: Mapping[str, TrustedUnit]

    def ancestors(self, unit: str) -> tuple[str, ...]:
        """The unit itself and the units above it, nearest first; empty for an unknown unit."""
        path: list[str] = []
        while unit in self.units and unit not in path:
            path.append(unit)
            unit = self.units[unit].parent
        return tuple(path)


class Revoked(StrEnum):
    """What can be withdrawn from every screen for ever."""

    HASH = "hash"
    APPROVAL = "approval"
    KEY = "key"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class RevocationEntry:
    """One thing no screen may use again, and the unit on whose behalf it was withdrawn ("" is the root)."""

    kind: Revoked
    value: str
    unit: str
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """The list of everything withdrawn. It only grows."""

    version: int = 0
    issued: int = 0
    entries: tuple[RevocationEntry, ...] = ()

    def values(self, kind: Revoked) -> frozenset[str]:
        return frozenset(entry.value for entry in self.entries if entry.kind is kind)
