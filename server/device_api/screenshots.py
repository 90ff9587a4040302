"""The picture of a screen that staff asked for: the newest one of each screen is kept."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response

from playlists.files import replace_file
from server.device_api.asking import answer, body, device, settings
from server.web.database import reading
from server.web.permission import device as for_devices

LARGEST_BYTES = 2 * 1024 * 1024
MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def add_to(bp: Blueprint) -> None:
    """Serve this part's route."""
    bp.add_url_rule("/device/v1/screenshots", view_func=hand_in, methods=["POST"])


@for_devices
def hand_in() -> Response:
    """Keep a PNG or JPEG of what the screen shows."""
    data = body(LARGEST_BYTES)
    sender = device(reading(), data)
    if media_type_of(data) is None:
        return answer(415, {"code": "no-picture"})
    path = path_of(settings().data_dir, sender.screen.public_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    replace_file(path, data)
    return answer(200, {"status": "kept"})


def path_of(data_dir: Path, public_id: str) -> Path:
    """Where the newest picture of a screen lies."""
    return data_dir / "screenshots" / public_id


def media_type_of(data: bytes) -> str | None:
    """PNG or JPEG by content, else None."""
    return next((name for magic, name in MAGIC.items() if data.startswith(magic)), None)
