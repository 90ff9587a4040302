"""What a player may take of its machine, and how often it may fall before it plays safe; set on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Allowance:
    """``log_mb`` of plays before the oldest are merged, ``files_mb`` of files; of the disk so much stays free, in per
    cent or in MB, whichever is less. After ``safe_after`` restarts in half an hour only pictures are shown, after
    twice as many only the slate; 0: never."""

    log_mb: int = 64
    files_mb: int = 8192
    free_percent: int = 10
    free_mb: int = 512
    safe_after: int = 3

    def spare_bytes(self, disk_bytes: int) -> int:
        """What is to stay free of a disk of this size."""
        return min(disk_bytes * self.free_percent // 100, self.free_mb * MIB)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a player is told when it is started."""

    server_url: str
    root: Path
    folder: Path
    allowance: Allowance = Allowance()
