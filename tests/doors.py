"""Where each kind of document comes in, and what a liar may do to one on its way."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from playlists.accept import (
    accept_approval,
    accept_head,
    accept_playlist,
    accept_revocation,
    accept_trust,
)
from playlists.envelope import Kind, seal_payload
from playlists.errors import Code, Refusal
from playlists.model import (
    Receipt,
    RevocationEntry,
    Revoked,
)
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
class Door:
    """Where a kind of document comes in: the state before, a right document, and the function that judges it."""

    kind: Kind
    state: State
    sealed: bytes
    offer: Callable[[State, bytes], object]


def doors() -> dict[Kind, Door]:
    world = World()
    playlist = world.sealed_playlist()
    headed = accept_head(world.trusting(), world.sealed_head(playlist), AT)
    for name in world.items:
        sealed = world.sealed_approval(name)
        headed = accept_approval(headed, sealed, reference(sealed), AT)
    return {
        door.kind: door
        for door in (
            Door(Kind.TRUST, world.blank(), world.sealed_trust(), lambda s, b: accept_trust(s, b, AT)),
            Door(
                Kind.APPROVAL,
                world.trusting(),
                world.sealed_approval(),
                lambda s, b: accept_approval(s, b, reference(b), AT),
            ),
            Door(Kind.PLAYLIST, headed, playlist, lambda s, b: accept_playlist(s, b, AT)),
            Door(Kind.HEAD, world.trusting(), world.sealed_head(playlist), lambda s, b: accept_head(s, b, AT)),
            Door(
                Kind.REVOCATION,
                world.trusting(),
                seal(world.revocation(world.withdrawal()), key("a-1")),
                lambda s, b: accept_revocation(s, b, AT),
            ),
            Door(
                Kind.PLAYS,
                world.trusting(),
                seal(batch(1, 3), key("device")),
                lambda _, b: open_plays(b, key("device").public),
            ),
            Door(
                Kind.RECEIPT,
                world.trusting(),
                seal(Receipt(key("device").keyid, 3, "0" * 64, NOW), key("log")),
                open_receipt,
            ),
        )
    }


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
