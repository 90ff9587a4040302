"""Batches as they are stored: zstd frames with a trained dictionary, from which the sealed bytes come back exactly.

A 16 KB dictionary makes the frame of a single batch as small as a frame of a thousand batches (measured), which
keeps random access. A lost dictionary is lost evidence: dictionaries live in the table ``zdict`` beside the batches,
every row names its own, and none is ever deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import zstandard

from playlists.as_written import written
from playlists.envelope import Kind

LEVEL = 3
DICTIONARY_BYTES = 16 * 1024
CEILING_BYTES = 4 * Kind.PLAYS.limit_bytes
NO_DICTIONARY = 0
_GAP = b"\x00"


class Codec(IntEnum):
    """What the frame holds."""

    WHOLE = 0  # the sealed bytes as received: their JSON was not written the way ours is
    PAYLOAD = 1  # the payload, its device's key id cut out; the signature stands beside it


class UnknownDictionary(LookupError):  # noqa: N818
    """A batch names a dictionary that is not in ``zdict``: the file is damaged or was copied in part."""


class DamagedBatch(ValueError):  # noqa: N818
    """A stored body cannot be read back."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a row of ``play_batch`` keeps of the sealed bytes. ``signature`` is raw, or empty for WHOLE."""

    codec: Codec
    dict_id: int
    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Parts:
    """A sealed batch taken apart so that it can be put together again: payload and raw signature, or all of it."""

    payload: bytes
    signature: bytes
    sealed: bytes = b""


def parts_of(sealed: bytes, payload: bytes, keyid: str, signature: bytes) -> Parts:
    """Payload and signature when the envelope can be rebuilt from them byte for byte, else the sealed bytes too."""
    exact = written(Kind.PLAYS, payload, keyid, signature) == sealed and _GAP not in payload
    return Parts(payload, signature) if exact else Parts(payload, signature, sealed)


class Dictionaries:
    """The dictionaries of one plays database, ready to use. The newest compresses, every one decompresses."""

    def __init__(self, known: Mapping[int, bytes] | None = None) -> None:
        self.newest = NO_DICTIONARY
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, write_content_size=False, write_checksum=False)
        self._decompressors = {NO_DICTIONARY: zstandard.ZstdDecompressor()}
        for number in sorted(known or {}):
            self.add(number, (known or {})[number])

    def __contains__(self, number: int) -> bool:
        return number in self._decompressors

    def add(self, number: int, data: bytes) -> None:
        """Know one more dictionary; the highest number is the newest."""
        dictionary = zstandard.ZstdCompressionDict(data)
        self._decompressors[number] = zstandard.ZstdDecompressor(dict_data=dictionary)
        if number > self.newest:
            self.newest = number
            dictionary.precompute_compress(level=LEVEL)
            self._compressor = zstandard.ZstdCompressor(
                level=LEVEL, dict_data=dictionary, write_content_size=False, write_checksum=False, write_dict_id=False
            )

    def store(self, parts: Parts, keyid: str) -> Stored:
        """The parts compressed with the newest dictionary."""
        if parts.sealed:
            return Stored(Codec.WHOLE, self.newest, self._compressor.compress(parts.sealed), b"")
        shortened = parts.payload.replace(keyid.encode(), _GAP)
        return Stored(Codec.PAYLOAD, self.newest, self._compressor.compress(shortened), parts.signature)

    def payload(self, stored: Stored, keyid: str) -> bytes:
        """The payload bytes of a stored batch of the device with this key id.

        Raises:
            UnknownDictionary, DamagedBatch
        """
        data = self._inflated(stored)
        if stored.codec == Codec.WHOLE:
            from playlists.envelope import open_envelope  # noqa: PLC0415  rare

            return open_envelope(Kind.PLAYS, data).payload
        return data.replace(_GAP, keyid.encode())

    def sealed(self, stored: Stored, keyid: str) -> bytes:
        """The sealed bytes exactly as the device sent them.

        Raises:
            UnknownDictionary, DamagedBatch
        """
        if stored.codec == Codec.WHOLE:
            return self._inflated(stored)
        return written(Kind.PLAYS, self.payload(stored, keyid), keyid, stored.signature)

    def _inflated(self, stored: Stored) -> bytes:
        if stored.dict_id not in self._decompressors:
            raise UnknownDictionary(f"batch needs dictionary {stored.dict_id}, which is not in zdict")
        try:
            return self._decompressors[stored.dict_id].decompress(stored.body, max_output_size=CEILING_BYTES)
        except zstandard.ZstdError as error:
            raise DamagedBatch(str(error)) from error


def shortened_for_training(payload: bytes, keyid: str) -> bytes:
    """A payload as :meth:`Dictionaries.store` will compress it."""
    return payload.replace(keyid.encode(), _GAP)


def trained(samples: Sequence[bytes]) -> bytes:
    """A dictionary trained on shortened payloads; the same samples give the same dictionary."""
    dictionary = zstandard.train_dictionary(DICTIONARY_BYTES, list(samples), d=8, k=256, level=LEVEL)
    return dictionary.as_bytes()


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal digits: how dictionaries and batches are named."""
    return hashlib.sha256(data).hexdigest()
