"""The signature on a player's HTTP request: what is signed, and what the server makes of it. Pure.

``Authorization: CauThang keyid="<hex>", time="<ms>", sig="<base64>"`` over
``METHOD\\npath with query\\ntime\\nSHA-256 of the body``. A copied request is worth something for ten minutes at most
and only unchanged; everything a player may ask is harmless when asked twice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from playlists.keys import verify

TOLERANCE_MS = 10 * 60_000
HEADER = re.compile(r'CauThang keyid="([0-9a-f]{64})", ?time="([0-9]{1,16})", ?sig="([A-Za-z0-9+/]{86}==)"')


class NotSigned(Exception):  # noqa: N818  (an answer to a player, not a fault of the program)
    """The request does not prove whose it is. ``code`` tells the player what to do about it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says to have signed, when, and the signature."""

    keyid: str
    time_ms: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that are signed. ``path`` includes the query."""

    method: str
    path: str
    body: bytes

    def signed_bytes(self, time_ms: int) -> bytes:
        """What the signature is over."""
        return f"{self.method}\n{self.path}\n{time_ms}\n{hashlib.sha256(self.body).hexdigest()}".encode()


def read_header(header: str) -> Claim:
    """The claim in an Authorization header. Raises NotSigned (``unsigned``)."""
    match = HEADER.fullmatch(header)
    if match is None:
        raise NotSigned("unsigned")
    try:
        signature = base64.b64decode(match[3], validate=True)
    except binascii.Error as error:
        raise NotSigned("unsigned") from error
    return Claim(match[1], int(match[2]), signature)


def check(claim: Claim, public: str, request: Request, now_ms: int) -> None:
    """Make sure the claim holds for this key, this request and this time.

    Raises:
        NotSigned: ``signature``, or ``clock`` when a right signature is too old or too new. A wrong signature is
            never answered with the time: the player could not tell its own mistake.
    """
    if not verify(public, claim.signature, request.signed_bytes(claim.time_ms)):
        raise NotSigned("signature")
    if abs(claim.time_ms - now_ms) > TOLERANCE_MS:
        raise NotSigned("clock")
