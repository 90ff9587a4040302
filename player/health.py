"""How the device is doing, where it can be read without asking anyone's permission."""

from __future__ import annotations

import os
import platform
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
MEMORY = Path("/proc/meminfo")
MODEL = Path("/proc/device-tree/model")
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")  # a Raspberry Pi, as `vcgencmd get_throttled`
THROTTLES = {0: "under-voltage", 1: "frequency-capped", 2: "throttled", 3: "too-hot", 16: "under-voltage-before"}
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def health(folder: Path, throttled: Path = THROTTLED, thermal: Path = THERMAL) -> dict[str, Any]:
    """Memory of this process and the machine, the disk of ``folder``, load, temperature, throttling, as integers with
    their unit in the name; what cannot be read is left out."""
    found: dict[str, Any] = {}
    with suppress(OSError):
        disk = shutil.disk_usage(folder)
        found |= {"disk_free_bytes": disk.free, "disk_bytes": disk.total}
    with suppress(OSError, ValueError, IndexError):
        found["rss_bytes"] = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES
    with suppress(OSError, ValueError, IndexError, KeyError):
        memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in MEMORY.read_text().splitlines()}
        found |= {"memory_bytes": memory["MemTotal"], "memory_free_bytes": memory["MemAvailable"]}
    with suppress(OSError):
        found["load_percent"] = round(os.getloadavg()[0] * 100 / (os.cpu_count() or 1))
    with suppress(OSError, ValueError):
        found["temperature_mc"] = int(thermal.read_text())
    with suppress(OSError, ValueError):
        bits = int(throttled.read_text(), 16)
        found["throttled"] = [word for bit, word in THROTTLES.items() if bits >> bit & 1]
    return found


@cache
def machine() -> dict[str, str]:
    """What the player runs on."""
    model = ""
    with suppress(OSError):
        model = MODEL.read_text().strip("\0\n ")
    return {"python": platform.python_version(), "system": platform.release(), "model": model or platform.machine()}
