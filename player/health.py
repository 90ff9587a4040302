"""How the device is doing, where it can be read without asking anyone's permission."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def health(folder: Path) -> dict[str, int]:
    """Memory of this process, room on the disk of ``folder``, load, temperature; what cannot be read is left out."""
    found = {"disk_free_bytes": shutil.disk_usage(folder).free}
    try:
        resident = int(Path("/proc/self/statm").read_text().split()[1])
        found["rss_bytes"] = resident * PAGE_BYTES
        found["load_percent"] = round(os.getloadavg()[0] * 100 / (os.cpu_count() or 1))
        found["temperature_mc"] = int(THERMAL.read_text())
    except (OSError, ValueError, IndexError):
        pass  # not every machine has a thermometer
    return found
