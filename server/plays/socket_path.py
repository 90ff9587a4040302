"""Unix socket addresses hold 107 bytes; data directories may be deeper."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_BYTES = 107


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """An address for ``path`` that fits: through an open handle of its folder when the path itself is too long."""
    if len(os.fsencode(path)) <= LONGEST_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
