"""Hostile bytes before both engines: whatever they are, the two must say the same, with the same code."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from playlists.accept import accept_head
from playlists.envelope import Kind, pack, seal_payload, strict_json, unpack
from playlists.errors import Refusal
from playlists.model import Block, Day, Loop, Plan, QuietSpan, Slot
from playlists.schemas import dump
from tests.doors import AT, DOORS, Offer
from tests.golden import documents
from tests.player.standalone.contract_page import (
    ContractPage,
    b64,
    contract_page,
    needs_chromium,
    samples,
    verdict,
)
from tests.playlists.test_hostile_bytes import JSON
from tests.world import DAY_MS, NOW, World, key

pytestmark = needs_chromium
READ_BY_A_PLAYER = [kind for kind in Kind if kind is not Kind.PLAYS]
QUIET = (QuietSpan(NOW, NOW + 10, 0, 40), QuietSpan(NOW + 10, NOW + 30, 50, 100))
PLAN = Plan(
    (Loop(20_000, (Slot(0, 0, 5_000), Slot(6_000, 1, 14_000))), Loop(60_000, ())),
    ((Block(0, 10_000_000, 0), Block(10_000_000, 20_000_000, 1)), ()),
    (Day("2026-09-21", NOW, 0), Day("2026-09-22", NOW + DAY_MS, 1)),
)
DOCUMENTS = {**documents(), Kind.PLAYLIST: World().playlist(plan=PLAN, quiet=QUIET)}
SIGNERS = {"trust": "root", "approval": "a-1", "revocation": "root", "receipt": "log"}  # all else: director


@pytest.fixture(scope="module")
def page() -> Iterator[ContractPage]:
    with contract_page() as made:
        yield made


def agree(page: ContractPage, offers: list[Offer]) -> set[str]:
    """The codes both engines gave; fails when they differ anywhere, in a code or in what was accepted."""
    wrong, codes = [], set()
    for offer, answer in zip(offers, page.offered(offers), strict=True):
        expected = verdict(offer)
        codes.add(expected.get("refused", ""))
        if answer != expected:
            wrong.append(f"{offer.name}: {json.dumps(answer)[:200]} instead of {json.dumps(expected)[:200]}")
    assert not wrong, "\n".join(wrong[:10])
    return codes


# --- Damage on the way ----------------------------------------------------------------------------------------------


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def with_a_bit_flipped(rng: random.Random, data: bytes) -> bytes:
    spoiled = bytearray(data)
    spoiled[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def with_bytes_put_in(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice([b"\x00", b'"', b"\\", b"[", b"}", b",", b" ", b"\xff", b"\\u0000", b"="]) + data[at:]


def with_a_piece_moved(rng: random.Random, data: bytes) -> bytes:
    a, b, c = sorted(rng.randrange(len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


DAMAGES: list[Callable[[random.Random, bytes], bytes]] = [
    cut, with_a_bit_flipped, with_bytes_put_in, with_a_piece_moved,
]  # fmt: skip


def test_damage_to_a_sealed_document_gets_the_same_answer(page: ContractPage) -> None:
    rng = random.Random(1)
    offers = [
        DOORS[kind].offered(f"{damage.__name__} {n}", damage(rng, DOORS[kind].sealed))
        for kind in READ_BY_A_PLAYER
        for damage in DAMAGES
        for n in range(25)
    ]
    assert agree(page, offers) >= {"", "E-PARSE", "E-SIG", "E-TYPE"}


# --- What a signer might sign ---------------------------------------------------------------------------------------

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 90, 101, 16384, 16385, 9_999_999, NOW + 5, 2**53 - 1, 2**53, -(2**53), 10**16,
    10**17, "", "a", "1", "UTC", "é", "e\u0301", "\u0000", "\u0085", "\u2028", "a\n", "a" * 64, "A" * 64, "a" * 65,
    "0" * 64, "😀" * 64, "😀" * 301, "x" * 500, "x" * 501, "constructor", "__proto__", "2026-02-29", "image/png",
    "video/mp4", "blank", "key", [], {}, [[]], [0], [0, 0], [1, 2, 3], [[0, 0, 1]], ["a"], ["ward-a", "city"],
    [0] * 101, {"a": 1}, {"__proto__": {}}, [[[[[[[[[]]]]]]]]],
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a document."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, (*path, name))


def changed(rng: random.Random, document: Any, path: tuple[Any, ...], instead: Any) -> Any:
    """The document with one place replaced, removed, doubled or renamed."""
    copy = json.loads(json.dumps(document))
    parent = copy
    for name in path[:-1]:
        parent = parent[name]
    how = rng.randrange(6)
    if how == 0:
        del parent[path[-1]]
    elif how == 1 and isinstance(parent, list):
        parent.append(instead)
    elif how == 1:
        parent[rng.choice(["constructor", "__proto__", "toString", "more"])] = instead
    else:
        parent[path[-1]] = instead
    return copy


HEADLESS = replace(DOORS[Kind.PLAYLIST].state, head=None)


def offered(kind: Kind, name: str, payload: bytes) -> Offer:
    """A payload signed by whom it should be, at the door where it comes in; a playlist is the one its head names."""
    sealed = seal_payload(kind, payload, key(SIGNERS.get(kind.word, "director")))
    door = DOORS[kind]
    if kind is Kind.PLAYLIST:
        door = replace(door, state=accept_head(HEADLESS, World().sealed_head(sealed), AT))
    return door.offered(name, sealed)


def test_any_place_of_a_signed_document_replaced_or_left_out_gets_the_same_answer(page: ContractPage) -> None:
    rng = random.Random(2)
    offers = []
    for kind in READ_BY_A_PLAYER:
        document = json.loads(dump(DOCUMENTS[kind]))
        everywhere = [*places(document)]
        for path in [*everywhere, *rng.choices(everywhere, k=max(0, 250 - len(everywhere)))]:
            instead = rng.choice(ODD)
            payload = json.dumps(changed(rng, document, path, instead), ensure_ascii=rng.random() < 0.5).encode()
            offers.append(offered(kind, f"{path} {ascii(instead)[:40]}", payload))
    assert agree(page, offers) >= {"", "E-SCHEMA", "E-TRUST", "E-PARSE"}


RAW = [
    b"1.0", b"1e3", b"1E+2", b"-0", b"-", b"00", b"01", b"+1", b".5", b"1.", b"0x1", b"1_0", b"9007199254740991",
    b"9007199254740992", b"9007199254740993", b"9" * 17, b"9" * 18, b"-" + b"9" * 16, b"-" + b"9" * 17, b"9" * 5000,
    b"NaN", b"-Infinity", b"true", b"nul", b"None", b"'a'", b"/**/1", b'"\\ud83d\\ude00"', b'"\\ud83d"',
    b'"\\ude00\\ud83d"', b'"\\ud83d\\u0041"', b'"\\u00e9"', b'"e\\u0301"', b'"\\x41"', b'"\\u12"', b'"\\/"', b'"\t"',
    b'"\\t"', b'"\x7f"', b"\xc2\xa01", b"\xe2\x80\xa81", b"\x0c1", b" \t\r\n1", b'"\xed\xa0\x80"',
    b'"\xf4\x90\x80\x80"', b'"\xc3"', b'"\xc2\x80"', b"[1,]", b"[,]", b'{"a":1,}', b'{"a" 1}', b"{a:1}",
    b'{"a":1,"a":2}', b'{"\\u0061":1,"a":2}', b'{"__proto__":1,"__proto__":1}', b"[]]", b"",
    *(b"[" * depth + b"]" * depth for depth in range(4, 12)), b"[" * 9000, b'{"a":' * 9000,
]  # fmt: skip


def with_raw_text(rng: random.Random, text: bytes, raw: bytes) -> bytes:
    """The text of a document with one value, or one more key and value, written as it should not be."""
    values = [at + 1 for at, byte in enumerate(text) if byte in b":,["]
    at = rng.choice(values)
    if rng.random() < 0.3:
        return text[:-1] + b',"more":' + raw + b"}"
    end = next((n for n in range(at, len(text)) if text[n : n + 1] in (b",", b"}", b"]")), len(text))
    return text[:at] + raw + text[end:]


def test_any_way_of_writing_a_signed_document_gets_the_same_answer(page: ContractPage) -> None:
    rng = random.Random(3)
    offers = [
        offered(kind, f"{n} {raw[:30]!r}", with_raw_text(rng, dump(DOCUMENTS[kind]), raw))
        for kind in (Kind.HEAD, Kind.PLAYLIST, Kind.RECEIPT, Kind.REVOCATION)
        for n, raw in enumerate(RAW * 2)
    ]
    assert agree(page, offers) >= {"", "E-PARSE", "E-SCHEMA"}


# --- The reader of JSON and the unpacker, alone -----------------------------------------------------------------------


def json_verdict(data: bytes, depth: int, numbers: bool) -> dict[str, Any]:
    try:
        return {"accepted": rounded(strict_json(data, depth, numbers))}
    except Refusal as refusal:
        return {"refused": refusal.code.value}


def rounded(value: Any) -> Any:
    """As a reader sees it that keeps integers only up to 2^53: longer ones no document may have anyway."""
    if type(value) is int:
        return int(float(value))
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value


def test_both_read_json_alike(page: ContractPage) -> None:
    rng = random.Random(5)
    texts = [json.dumps(value).encode() for value in samples(JSON, 300)]
    texts += [rng.choice(DAMAGES)(rng, text) for text in texts for _ in range(4) if len(text) > 3]
    texts += [
        with_raw_text(rng, text, raw) for raw in RAW for text in rng.choices([t for t in texts if b":" in t], k=6)
    ]
    texts += [*RAW, *samples(st.binary(max_size=30), 200)]
    asked = [(text, rng.choice([2, 8, 10]), rng.random() < 0.8) for text in texts]
    answers = page.verdicts(
        {"door": "json", "bytes": b64(text), "depth": depth, "numbers": numbers} for text, depth, numbers in asked
    )
    wrong = [(a, b) for a, b in zip(asked, answers, strict=True) if json_verdict(*a) != rounded(b)]
    assert not wrong, wrong[:5]


def packed(rng: random.Random) -> Iterator[tuple[bytes, Kind]]:
    """Messages as they come by MQTT, right, damaged and hostile."""
    for kind in (Kind.PLAYLIST, Kind.TRUST, Kind.HEAD, Kind.APPROVAL):
        sealed = DOORS[kind].sealed
        small = zlib.compress(sealed)
        yield from (
            (data, kind) for data in (sealed, pack(sealed), small, small + b"more", small + small, b"", b"x", b"{")
        )
        for damage in (cut, with_a_bit_flipped, with_a_piece_moved):
            yield from ((damage(rng, small), kind) for _ in range(30))
        for length in (kind.limit_bytes, kind.limit_bytes + 1, 40_000_000):
            yield pack(b" " * length), kind
        yield zlib.compress(rng.randbytes(kind.limit_bytes)), kind
        yield zlib.compress(sealed, wbits=-15), kind
        yield zlib.compress(sealed, wbits=31), kind


def unpack_verdict(data: bytes, kind: Kind) -> dict[str, Any]:
    try:
        return {"accepted": b64(unpack(data, kind))}
    except Refusal as refusal:
        return {"refused": refusal.code.value}


def test_both_unpack_alike(page: ContractPage) -> None:
    asked = [*packed(random.Random(6))]
    answers = page.verdicts({"door": "unpack", "bytes": b64(data), "kind": kind.word} for data, kind in asked)
    wrong = [
        f"{kind.word} {data[:40]!r}: {str(answer)[:80]} instead of {str(unpack_verdict(data, kind))[:80]}"
        for (data, kind), answer in zip(asked, answers, strict=True)
        if answer != unpack_verdict(data, kind)
    ]
    assert not wrong, "\n".join(wrong)
