"""What a player costs beside a bare mpv: the same loop of two pictures and two clips on two displays at the same time.

``python -m benchmarks.player [--quick]``. The loop is that of the measurements behind the choice of mpv: two JPEG of
1920×1080 and four clips of 1280×720 with 25 and 30 pictures a second, five seconds each. ``ours`` is the
processor time of the agent and its decoders (signatures checked, plays journalled and fsynced), the ``reference`` that
of one mpv with a playlist. Both run side by side, so what else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from player.surface.mpv.house import DRIVERS
from playlists.model import MediaType
from tests.fake_orders import Item, ffmpeg
from tests.fakes import eventually, serving
from tests.player.device import children, cpu_s, device, rss_mb
from tests.player.lab import Lab, lab

SIZE = (1280, 720)
SLOT_S = 5
GOAL = 1.2
GOAL_RSS_MB = 60
SOURCES = (
    ("still-1.jpg", "testsrc2=s=1920x1080", MediaType.JPEG),
    ("clip-1.mp4", "testsrc2=s=1280x720:r=25", MediaType.MP4),
    ("clip-2.mp4", "testsrc=s=1280x720:r=30", MediaType.MP4),
    ("still-2.jpg", "testsrc=s=1920x1080", MediaType.JPEG),
    ("clip-3.mp4", "rgbtestsrc=s=1280x720:r=25", MediaType.MP4),
    ("clip-4.mp4", "smptehdbars=s=1280x720:r=30", MediaType.MP4),
)
LOOP_S = len(SOURCES) * SLOT_S


def files(folder: Path) -> Iterator[tuple[Path, MediaType]]:
    """Make the loop's files."""
    for name, source, media_type in SOURCES:
        clip = ["-t", str(SLOT_S), "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "veryfast"]
        kind = clip if media_type.is_video else ["-frames:v", "1"]
        command = [ffmpeg() or "ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *kind, str(folder / name)]
        subprocess.run(command, check=True, timeout=120)
        yield folder / name, media_type


@contextmanager
def bare(place: Lab, paths: list[Path]) -> Iterator[int]:
    """One mpv that plays the files round and round; its process id."""
    quiet = ["--no-config", "--terminal=no", "--osc=no", "--load-scripts=no", "--hwdec=auto-safe", DRIVERS]
    loop = ["--fullscreen", "--loop-playlist=inf", f"--image-display-duration={SLOT_S}", *map(str, paths)]
    command = ["env", f"DISPLAY={place.name}", "mpv", *quiet, *loop]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as mpv:
        try:
            yield mpv.pid
        finally:
            mpv.terminate()


def measure(loops: int) -> tuple[float, float, float, float]:
    """Processor seconds of agent, decoders and bare mpv in so many loops, and the agent's memory in MB."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        made = list(files(folder))
        server = stack.enter_context(serving())
        items = [Item(p.name, p.read_bytes(), kind, SLOT_S * 1000, n) for n, (p, kind) in enumerate(made, 1)]
        server.orders.publish(*items)
        ours, theirs = (stack.enter_context(lab(*SIZE)) for _ in range(2))
        agent = stack.enter_context(device(folder / "player", server, ours))
        mpv = stack.enter_context(bare(theirs, [path for path, _ in made]))
        eventually(
            lambda: len(children(agent)) == 2 and {f"/files/{name}" for name in server.files()} <= {*server.asked}
        )
        time.sleep(SLOT_S)  # the first items are joined in the middle
        decoders = children(agent)
        began = [cpu_s(agent), sum(map(cpu_s, decoders)), cpu_s(mpv)]
        time.sleep(loops * LOOP_S)
        ended = [cpu_s(agent), sum(map(cpu_s, decoders)), cpu_s(mpv)]
        spent = [after - before for before, after in zip(began, ended, strict=True)]
        return spent[0], spent[1], spent[2], rss_mb(agent)


def main() -> None:
    """Measure, say it, and end with one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one loop, under 50 seconds")
    loops = 1 if parser.parse_args().quick else 6
    agent, decoders, reference, memory_mb = measure(loops)
    ours = agent + decoders
    print(f"agent {agent:.2f} s, its decoders {decoders:.2f} s, bare mpv {reference:.2f} s in {loops * LOOP_S} s")
    result = {
        "name": "player",
        "ours": round(ours, 2),
        "reference": round(reference, 2),
        "ratio": round(ours / reference, 3),
        "unit": f"processor seconds in {loops * LOOP_S} s of one loop",
        "goal": GOAL,
        "agent_share": round(agent / ours, 3),
        "agent_rss_mb": round(memory_mb, 1),
        "goal_rss_mb": GOAL_RSS_MB,
        "items": loops * len(SOURCES),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
