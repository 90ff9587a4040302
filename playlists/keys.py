"""Ed25519 keys: the only module that touches a private key."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


def keyid_of(public: str) -> str:
    """The id of a public key (64 hex digits): SHA-256 of its raw bytes. A hint for finding keys, never a proof."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()


def verify(public: str, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` was made with the private half of ``public`` (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


class SigningKey:
    """A private Ed25519 key with the names by which others know it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        self.keyid = keyid_of(self.public)

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh random key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The key of a 32-byte seed: the same seed, the same key."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, data: bytes, password: bytes | None = None) -> SigningKey:
        """The key kept in PKCS#8 PEM.

        Raises:
            ValueError: wrong password, damaged file, or a key that is not Ed25519.
        """
        try:
            private = load_pem_private_key(data, password)
        except TypeError as error:  # a password for a plain key, or none for an encrypted one
            raise ValueError(str(error)) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("the key is not an Ed25519 key")
        return cls(private)

    def pem(self, password: bytes | None = None) -> bytes:
        """PKCS#8 PEM, encrypted when a password is given: scrypt or PBKDF2 as the library's best, AES-256."""
        protection = BestAvailableEncryption(password) if password else NoEncryption()
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature over ``data``."""
        return self._private.sign(data)
