"""Sealing and opening: a DSSE envelope (Dead Simple Signing Envelope v1) around one document.

Opening checks size, shape and payload type and nothing else; whose signatures count is decided in
:mod:`playlists.accept`. The payload is never parsed here, so nothing unsigned is ever interpreted.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from securesystemslib.dsse import Envelope
from securesystemslib.signer._signature import Signature

from playlists.errors import Code, Refusal
from playlists.keys import SigningKey, verify

MAX_DEPTH = 8
MAX_SIGNATURES = 32
PACK_ABOVE_BYTES = 2048
SIGNATURE_BYTES = 64
KIB = 1024
LONGEST_INTEGER = 17  # characters: 2^53 - 1 and its sign
_LONG_NUMBER = b"0" * LONGEST_INTEGER
_DIGITS_AS_ONE = bytes.maketrans(b"123456789", b"0" * 9)
_NESTING = frozenset({dict, list})


class Kind(Enum):
    """The kinds of document, with the ceiling in bytes of each one sealed."""

    TRUST = ("trust", 512 * KIB)
    APPROVAL = ("approval", 64 * KIB)
    PLAYLIST = ("playlist", 256 * KIB)
    HEAD = ("head", 16 * KIB)
    REVOCATION = ("revocation", 512 * KIB)
    PLAYS = ("plays", 256 * KIB)
    RECEIPT = ("receipt", 16 * KIB)

    def __init__(self, word: str, limit_bytes: int) -> None:
        self.word = word
        self.limit_bytes = limit_bytes

    @property
    def payload_type(self) -> str:
        return f"application/vnd.cauthang.{self.word}.v1+json"


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope taken apart: the exact payload bytes and its signatures, none of them checked yet."""

    payload: bytes
    signatures: Mapping[str, bytes]
    signed: bytes

    def signers_among(self, publics: Mapping[str, str]) -> frozenset[str]:
        """Those ids of ``publics`` (key id → public key) that really signed.

        The key id inside the envelope is a hint only: an unknown hint is tried against every key, and one public
        key under two ids counts once, because the caller's ids are derived from the keys.
        """
        found: set[str] = set()
        for hint, signature in self.signatures.items():
            candidates = [hint] if hint in publics else sorted(publics)
            found.update(k for k in candidates if k not in found and verify(publics[k], signature, self.signed))
        return frozenset(found)


def strict_json(data: bytes, max_depth: int = MAX_DEPTH, numbers: bool = True) -> Any:
    """Parse JSON the way a signed document must be read: no duplicate keys, no floats, no depth, no surprises.

    ``numbers`` False refuses every number: an envelope has none, and to look for long ones in its base64 took half of
    the time of opening it.

    Raises:
        Refusal: E-PARSE for anything else than plain UTF-8 JSON of strings, exact integers, lists and objects.
    """
    try:
        text = data.decode("utf-8")
        value = (_integers_of(data) if numbers else _NO_NUMBERS).decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # lone surrogates escape \u… but not this
    except (ValueError, RecursionError) as error:
        raise Refusal(Code.PARSE, "the document is not plain JSON") from error
    if _deeper_than(value, max_depth):
        raise Refusal(Code.PARSE, f"the document is nested deeper than {max_depth} levels")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse_number(text: str) -> Any:
    raise ValueError(f"not an integer: {text[:20]}")


def _exact_integer(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise ValueError("integer too long")
    return int(text)


def _decoder(parse_int: Callable[[str], Any] | None) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_unique, parse_float=_refuse_number, parse_constant=_refuse_number, parse_int=parse_int
    )


_NO_NUMBERS, _SHORT_NUMBERS, _ANY_NUMBERS = map(_decoder, (_refuse_number, None, _exact_integer))


def _integers_of(data: bytes) -> json.JSONDecoder:
    """How to read the integers of this text: one call per number only when some number is long."""
    return _ANY_NUMBERS if _LONG_NUMBER in data.translate(_DIGITS_AS_ONE) else _SHORT_NUMBERS


def _deeper_than(value: Any, levels: int) -> bool:
    """Level by level, looking at lists and objects only: a batch of plays has hundreds of numbers and two levels."""
    layer = [value] if type(value) in _NESTING else []
    for _ in range(levels):
        inner: list[Any] = []
        for parent in layer:
            values = parent.values() if type(parent) is dict else parent
            if not _NESTING.isdisjoint(map(type, values)):
                inner.extend(value for value in values if type(value) in _NESTING)
        layer = inner
    return bool(layer)


def open_envelope(kind: Kind, sealed: bytes) -> Opened:
    """Take a sealed document apart.

    Raises:
        Refusal: E-SIZE, E-PARSE or E-TYPE, in that order.
    """
    if len(sealed) > kind.limit_bytes:
        raise Refusal(Code.SIZE, f"a {kind.word} has at most {kind.limit_bytes} bytes")
    data = strict_json(sealed, numbers=False)
    if not isinstance(data, dict) or set(data) != {"payload", "payloadType", "signatures"}:
        raise Refusal(Code.PARSE, "the document is not an envelope")
    if not isinstance(data["signatures"], list):
        raise Refusal(Code.PARSE, "the envelope has no list of signatures")
    if data["payloadType"] != kind.payload_type:
        raise Refusal(Code.TYPE, f"this is not a {kind.word}")
    try:
        _refuse_loose(data)
        envelope = Envelope.from_dict(data)
        signatures = {k: bytes.fromhex(s.signature) for k, s in envelope.signatures.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(Code.PARSE, "the envelope is damaged") from error
    if len(signatures) > MAX_SIGNATURES:
        raise Refusal(Code.PARSE, f"an envelope has at most {MAX_SIGNATURES} signatures")
    return Opened(envelope.payload, signatures, envelope.pae())


def _refuse_loose(data: Mapping[str, Any]) -> None:
    """Refuse an envelope that can be read in more than one way.

    How far base64 may stray from what an encoder writes differs between readers, even between versions of Python, and
    a browser must come to the same answer as the server.
    """
    for text in (data["payload"], *(signature["sig"] for signature in data["signatures"])):
        if b64encode(b64decode(text)).decode() != text:
            raise ValueError("not canonical base64")
    if not all(isinstance(signature["keyid"], str) for signature in data["signatures"]):
        raise ValueError("a key id is text")


def seal_payload(kind: Kind, payload: bytes, *keys: SigningKey) -> bytes:
    """The sealed bytes of an already serialised document, signed by each key."""
    return _signed(Envelope(payload, kind.payload_type, {}), *keys)


def add_signature(kind: Kind, sealed: bytes, key: SigningKey) -> bytes:
    """The same document with one more signature.

    Raises:
        Refusal: ``sealed`` is not an envelope of this kind.
    """
    open_envelope(kind, sealed)
    return _signed(Envelope.from_dict(strict_json(sealed)), key)


def rebuild(kind: Kind, payload: bytes, keyid: str, signature: bytes) -> bytes:
    """The sealed bytes of a document stored apart as payload and one signature, byte for byte as first sealed."""
    return _written(Envelope(payload, kind.payload_type, {keyid: Signature(keyid, signature.hex())}))


def _signed(envelope: Envelope, *keys: SigningKey) -> bytes:
    for key in keys:
        envelope.signatures[key.keyid] = Signature(key.keyid, key.sign(envelope.pae()).hex())
    return _written(envelope)


def _written(envelope: Envelope) -> bytes:
    return json.dumps(envelope.to_dict(), separators=(",", ":"), sort_keys=True).encode()


def pack(sealed: bytes) -> bytes:
    """What travels over MQTT: the sealed bytes, deflated (zlib, RFC 1950) when that saves a packet."""
    return zlib.compress(sealed, 9) if len(sealed) > PACK_ABOVE_BYTES else sealed


def unpack(data: bytes, kind: Kind) -> bytes:
    """The sealed bytes again; never inflates past the ceiling of ``kind``.

    Raises:
        Refusal: E-SIZE for a bomb, E-PARSE for damaged data.
    """
    if data[:1] == b"{":
        return data
    inflater = zlib.decompressobj()
    try:
        sealed = inflater.decompress(data, kind.limit_bytes + 1)
    except zlib.error as error:
        raise Refusal(Code.PARSE, "the message is neither plain nor deflated") from error
    if len(sealed) > kind.limit_bytes:
        raise Refusal(Code.SIZE, f"a {kind.word} has at most {kind.limit_bytes} bytes")
    if not inflater.eof or inflater.unused_data:
        raise Refusal(Code.PARSE, "the message ends in the middle, or goes on behind its end")
    return sealed
