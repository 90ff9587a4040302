"""What the Unix socket of ingest needs at both ends: an address that fits, and the kernel's own timeouts."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_BYTES = 107


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """An address for ``path``: through an open handle of its folder when the path itself is too long.

    An address holds 107 bytes; data directories may be deeper.
    """
    if len(os.fsencode(path)) <= LONGEST_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def kernel_timeout(seconds: float) -> bytes:
    """A ``struct timeval`` for SO_RCVTIMEO and SO_SNDTIMEO."""
    return struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
