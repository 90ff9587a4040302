"""A playlist of everything that is hard to change between: PNG, JPEG, videos of three sizes and two rates."""

from __future__ import annotations

import io
from pathlib import Path

from playlists.model import MediaType
from tests.fake_orders import Item, mp4, png
from tests.player.lab import COLOURS

SLOT_MS = 500
TRANSITIONS = 60
FILM_S = (TRANSITIONS + 3) * SLOT_MS / 1000


def jpeg(colour: tuple[int, int, int], width: int = 1920, height: int = 1080) -> bytes:
    """A picture of one colour."""
    from PIL import Image  # noqa: PLC0415  the media extra brings it; the player has none

    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "JPEG")
    return written.getvalue()


def mixed(folder: Path) -> list[Item]:
    """Six items of half a second, each of its own colour; no two neighbours alike in kind, size and rate."""
    video = MediaType.MP4
    return [
        Item("đỏ", png(COLOURS["đỏ"]), MediaType.PNG, SLOT_MS, 1),
        Item("vàng", mp4(folder, "yellow", SLOT_MS), video, SLOT_MS, 2),
        Item("lục", jpeg(COLOURS["lục"]), MediaType.JPEG, SLOT_MS, 3),
        Item("tím", mp4(folder, "purple", SLOT_MS, "320x240", 30), video, SLOT_MS, 4),
        Item("cam", mp4(folder, "orange", SLOT_MS, "1280x720", 25), video, SLOT_MS, 5),
        Item("lam", png(COLOURS["lam"], 1920, 1080), MediaType.PNG, SLOT_MS, 6),
    ]
