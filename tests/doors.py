"""Where each kind of document comes in, and what a liar may do to one on its way."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from playlists.accept import (
    accept_approval,
    accept_head,
    accept_playlist,
    accept_revocation,
    accept_trust,
    check_playlist,
)
from playlists.envelope import Kind, seal_payload
from playlists.errors import Code, Refusal
from playlists.model import Receipt, Reference, RevocationEntry, Revoked
from playlists.proofs import open_plays, open_receipt
from playlists.schemas import dump, seal
from playlists.state import Now, State
from tests.world import NOW, World, batch, key, reference

AT = Now(NOW)


def refused(code: Code | str, attempt: Callable[[], object]) -> None:
    with pytest.raises(Refusal) as caught:
        attempt()
    assert caught.value.code == code, caught.value


@dataclass(frozen=True)
class Offer:
    """One document before one state, and the right answer: a code, or None when it is to be accepted.

    Data and no code, so that the contract in JavaScript can be asked the very same (tests/player/standalone).
    ``reference`` names the file an approval is said to be; usually the one that it is.
    """

    name: str
    door: str
    state: State
    sealed: bytes
    answer: Code | None = None
    now: Now = AT
    reference: Reference | None = None

    @property
    def named(self) -> Reference:
        return self.reference or reference(self.sealed)

    def judged(self) -> object:
        """What comes of it here.

        Raises:
            Refusal: the contract refuses it.
        """
        return JUDGES[self.door](self)

    def is_answered_rightly(self) -> None:
        if self.answer is None:
            self.judged()
        else:
            refused(self.answer, self.judged)


JUDGES: Mapping[str, Callable[[Offer], object]] = {
    "trust": lambda o: accept_trust(o.state, o.sealed, o.now),
    "approval": lambda o: accept_approval(o.state, o.sealed, o.named, o.now),
    "check": lambda o: check_playlist(o.state, o.sealed, o.now),
    "playlist": lambda o: accept_playlist(o.state, o.sealed, o.now),
    "head": lambda o: accept_head(o.state, o.sealed, o.now),
    "revocation": lambda o: accept_revocation(o.state, o.sealed, o.now),
    "plays": lambda o: open_plays(o.sealed, key("device").public),
    "receipt": lambda o: open_receipt(o.state, o.sealed),
}


@dataclass(frozen=True)
class Door:
    """Where a kind of document comes in: the state before, and a right document."""

    kind: Kind
    state: State
    sealed: bytes

    def offered(self, name: str, sealed: bytes, answer: Code | None = None) -> Offer:
        """Other bytes at this door."""
        return Offer(f"{name}: {self.kind.word}", self.kind.word, self.state, sealed, answer)


def doors() -> dict[Kind, Door]:
    world = World()
    playlist = world.sealed_playlist()
    headed = accept_head(world.trusting(), world.sealed_head(playlist), AT)
    for name in world.items:
        sealed = world.sealed_approval(name)
        headed = accept_approval(headed, sealed, reference(sealed), AT)
    trusting = world.trusting()
    right = (
        Door(Kind.TRUST, world.blank(), world.sealed_trust()),
        Door(Kind.APPROVAL, trusting, world.sealed_approval()),
        Door(Kind.PLAYLIST, headed, playlist),
        Door(Kind.HEAD, trusting, world.sealed_head(playlist)),
        Door(Kind.REVOCATION, trusting, seal(world.revocation(world.withdrawal()), key("a-1"))),
        Door(Kind.PLAYS, trusting, seal(batch(1, 3), key("device"))),
        Door(Kind.RECEIPT, trusting, seal(Receipt(key("device").keyid, 3, "0" * 64, NOW), key("log"))),
    )
    return {door.kind: door for door in right}


DOORS = doors()


def spoiled(sealed: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(sealed), **changes}).encode()


def flipped(text: str, position: int) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[position] ^= 1
    return base64.b64encode(raw).decode()


def unsigned(door: Door) -> bytes:
    return spoiled(door.sealed, signatures=[])


def by_a_stranger(door: Door) -> bytes:
    payload = base64.b64decode(json.loads(door.sealed)["payload"])
    return seal_payload(door.kind, payload, key("stranger"))


def with_a_flipped_payload(door: Door) -> bytes:
    return spoiled(door.sealed, payload=flipped(json.loads(door.sealed)["payload"], 20))


def with_a_flipped_signature(door: Door) -> bytes:
    signature = json.loads(door.sealed)["signatures"][0]
    return spoiled(door.sealed, signatures=[{**signature, "sig": flipped(signature["sig"], 9)}])


def resealed(kind: Kind, document: object, name: str, **changes: object) -> bytes:
    data = {**json.loads(dump(document)), **changes}
    return seal_payload(kind, json.dumps(data).encode(), key(name))


def revoking(state: State, *names: str) -> State:
    """The state after root revoked the keys of these names."""
    entries = [RevocationEntry(Revoked.KEY, key(n).keyid, "", NOW, "mất khóa") for n in names]
    return accept_revocation(state, seal(World().revocation(*entries), key("root")), AT)


def offers(*rows: Callable[[], Iterator[Offer]]) -> Iterator[Offer]:
    """Every offer of some rows of an attack table, each under the row's own sentence."""
    for row in rows:
        for offer in row():
            yield replace(offer, name=f"{row.__name__}: {offer.name}")


def named(*rows: Callable[[], Iterator[Offer]]) -> list[Any]:
    """The same as the parameters of a test."""
    return [pytest.param(offer, id=offer.name) for offer in offers(*rows)]
