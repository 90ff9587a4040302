"""The envelope around one signature exactly as we write it, taken apart and put together by position.

Plays and receipts come by the thousand and nearly all are written like this; the general way of
:mod:`playlists.envelope` takes five times longer. What is written otherwise is left to it.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from functools import cache

from playlists.envelope import Kind, Opened
from playlists.keys import SigningKey
from playlists.model import SHA256

KEYID_CHARACTERS = 64
SIGNATURE_CHARACTERS = 88
_FRONT, _BEFORE_SIGNATURE, _BACK = b'{"payload":"', b'","sig":"', b'"}]}'


def written(kind: Kind, payload: bytes, keyid: str, signature: bytes) -> bytes:
    """The sealed bytes of a payload and one signature; the same as :func:`playlists.envelope.rebuild` gives."""
    payload, signature = b2a_base64(payload, newline=False), b2a_base64(signature, newline=False)
    return b"".join((_FRONT, payload, _middle(kind), keyid.encode(), _BEFORE_SIGNATURE, signature, _BACK))


def as_written(kind: Kind, sealed: bytes) -> Opened | None:
    """The envelope taken apart, None unless :func:`written` gives just these bytes. Nothing is checked besides."""
    if len(sealed) > kind.limit_bytes:
        return None
    signature_at = len(sealed) - len(_BACK) - SIGNATURE_CHARACTERS
    keyid_at = signature_at - len(_BEFORE_SIGNATURE) - KEYID_CHARACTERS
    try:
        payload = a2b_base64(sealed[len(_FRONT) : max(0, keyid_at - len(_middle(kind)))])
        keyid = sealed[max(0, keyid_at) : max(0, keyid_at) + KEYID_CHARACTERS].decode()
        signature = a2b_base64(sealed[max(0, signature_at) : -len(_BACK)])
    except ValueError:
        return None
    if not SHA256.fullmatch(keyid) or written(kind, payload, keyid, signature) != sealed:
        return None
    return Opened(payload, {keyid: signature}, _signed_bytes(kind, payload))


def sealed_by(kind: Kind, payload: bytes, key: SigningKey) -> bytes:
    """The sealed bytes of a payload, signed by one key; the same as :func:`playlists.envelope.seal_payload` gives."""
    return written(kind, payload, key.keyid, key.sign(_signed_bytes(kind, payload)))


def _signed_bytes(kind: Kind, payload: bytes) -> bytes:
    """The pre-authentication encoding of DSSE v1."""
    type_ = kind.payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(type_), type_, len(payload), payload)


@cache
def _middle(kind: Kind) -> bytes:
    return f'","payloadType":"{kind.payload_type}","signatures":[{{"keyid":"'.encode()
