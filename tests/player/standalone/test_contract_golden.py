"""The pinned files of the contract, read and written by its JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from playlists.envelope import Kind
from playlists.keys import SigningKey
from playlists.play_rows import shares
from playlists.schemas import dump, seal
from tests.golden import FOLDER, SIGNERS, documents, merged_plays, plays
from tests.player.standalone.contract_page import ContractPage, b64, contract_page, needs_chromium, plain, samples
from tests.playlists.test_hostile_bytes import batches
from tests.world import key, play

pytestmark = needs_chromium
READ_BY_A_PLAYER = [kind for kind in Kind if kind is not Kind.PLAYS]


@pytest.fixture(scope="module")
def page() -> Iterator[ContractPage]:
    with contract_page() as made:
        yield made


def pinned(kind: Kind, number: int = 1) -> bytes:
    return (FOLDER / f"{kind.word}.v{number}.json").read_bytes()


def pair(key: SigningKey) -> dict[str, str]:
    """A key as WebCrypto imports it."""
    der = "".join(key.pem().decode().splitlines()[1:-1])
    return {"publicKey": b64(bytes.fromhex(key.public)), "privateKey": der}


def test_this_chromium_checks_ed25519(page: ContractPage) -> None:
    assert page.evaluate("contract.hasEd25519()") is True


def test_a_key_has_the_same_id(page: ContractPage) -> None:
    assert page.call("keyIdOf", pair(key("device"))["publicKey"]) == key("device").keyid


@pytest.mark.parametrize("kind", READ_BY_A_PLAYER)
def test_pinned_file_reads_as_the_same_document(page: ContractPage, kind: Kind) -> None:
    [answer] = page.verdicts([{"door": "read", "kind": kind.word, "bytes": b64(pinned(kind))}])
    assert answer["accepted"] == plain(documents()[kind])


@pytest.mark.parametrize("kind", Kind)
def test_sealed_bytes_are_the_pinned_ones(page: ContractPage, kind: Kind) -> None:
    asked = {"kind": kind.word, "payload": b64(dump(documents()[kind])), "key": pair(key(SIGNERS[kind]))}
    assert page.call("sealed", asked).encode() == pinned(kind)


def written(page: ContractPage, *asked: Any) -> list[bytes]:
    device = pair(key("device"))
    return [s.encode() for s in page.call("sealedPlays", {"batches": [plain(b) for b in asked], "key": device})]


def test_plays_are_written_as_pinned_also_those_merged(page: ContractPage) -> None:
    assert written(page, plays(), merged_plays()) == [pinned(Kind.PLAYS), pinned(Kind.PLAYS, 2)]


def test_any_plays_are_written_byte_for_byte_as_python_writes_them(page: ContractPage) -> None:
    some = samples(batches(), 150)
    assert written(page, *some) == [seal(batch, key("device")) for batch in some]


def test_one_merged_play_stands_for_the_same_plays(page: ContractPage) -> None:
    whole = play(5, planned_ms=31, shown_ms=9)
    assert page.call("shares", {"whole": plain(whole), "number": 7, "spanMs": 100}) == plain([*shares(whole, 7, 100)])
