"""The way back: plays that a device signed, and the server's receipt for them."""

from __future__ import annotations

from playlists.as_written import as_written, sealed_by
from playlists.envelope import Kind, Opened, open_envelope
from playlists.errors import Code, Refusal
from playlists.keys import SigningKey, keyid_of
from playlists.model import FORMAT, PlayBatch, Receipt
from playlists.play_rows import Read
from playlists.schemas import load, parse_plays
from playlists.signers import enough, role_signers
from playlists.state import Now, State


def open_plays(sealed: bytes, device_public: str) -> PlayBatch:
    """The batch a device signed.

    Raises:
        Refusal: E-SIZE, E-PARSE, E-TYPE, E-SIG, E-SCHEMA; E-TARGET when it speaks for another device.
    """
    return opened_plays(sealed, device_public)[1].batch()


def opened_plays(sealed: bytes, device_public: str) -> tuple[Opened, Read]:
    """The same by columns, with the exact payload and signatures beside it, for who keeps them as evidence.

    Raises:
        Refusal: as :func:`open_plays`.
    """
    opened = as_written(Kind.PLAYS, sealed) or open_envelope(Kind.PLAYS, sealed)
    keyid = keyid_of(device_public)
    enough(opened.signers_among({keyid: device_public}), 1)
    read = parse_plays(opened.payload)
    if read.device != keyid:
        raise Refusal(Code.TARGET, "the plays are of another device")
    return opened, read


def sealed_receipt(receipt: Receipt, key: SigningKey) -> bytes:
    """The receipt as it travels. A signature is owed for every batch, so the rest is written without ceremony."""
    gaps = ",".join(f"[{first},{last}]" for first, last in receipt.gaps)
    payload = (
        f'{{"batch":"{receipt.batch}","device":"{receipt.device}","format":{FORMAT},'
        f'"gaps":[{gaps}],"issued":{receipt.issued},"last":{receipt.last}}}'
    )
    return sealed_by(Kind.RECEIPT, payload.encode(), key)


def open_receipt(state: State, sealed: bytes) -> Receipt:
    """The server's signed word on committed plays.

    Raises:
        Refusal: E-SIZE, E-PARSE, E-TYPE, E-SIG, E-KEY (the log key is revoked), E-THRESH, E-SCHEMA.
    """
    opened = open_envelope(Kind.RECEIPT, sealed)
    role_signers(state, "log", opened, Now(0, known=False))
    receipt: Receipt = load(Kind.RECEIPT, opened.payload)
    return receipt
