"""The sample video: a lift ride past four floors, one piece of advice on each, composed with moviepy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media.fitting import ScreenClass
from media.panning import write_video
from media.samples import icons
from media.samples.canvas import Canvas, Colour
from media.samples.icons import Icon, tile
from media.samples.palette import INK, KIND, NIGHT, WHITE, heading, plain, series_mark
from media.samples.pen import Pen

SCREEN = ScreenClass("sample", 1920, 1080)
STOP_MS = 2_300
MOVE_MS = 930
SLAB = 36
Pixels = npt.NDArray[np.uint8]
Floor = tuple[Icon, str, str, Colour]

FLOORS: Sequence[Floor] = (
    (icons.doors, "Đi thang máy\nvăn minh", "Ba điều nhớ trước khi lên tầng", NIGHT.deep),
    (icons.child, "Trẻ nhỏ đi cùng\nngười lớn", "Nắm tay con khi cửa mở và đóng", "#1B4A57"),
    (icons.hold_button, "Bấm nút giữ cửa,\nkhông lấy tay chặn", "Đứng gọn vào trong, xa mép cửa", "#205A5E"),
    (icons.bell, "Thang dừng đột ngột:\nbấm chuông", "Bình tĩnh chờ cứu hộ, không tự cạy cửa", "#27506B"),
)


def draw_ride(path: Path) -> None:
    """Write the video, 12 seconds of 1920 × 1080, to ``path``."""
    shaft = np.asarray(draw_shaft().finish())
    signs = [np.asarray(_sign(floor + 1).finish()) for floor in range(len(FLOORS))]
    moves = len(FLOORS) - 1
    write_video(_frames(shaft, signs), len(FLOORS) * STOP_MS + moves * MOVE_MS, SCREEN, path, lambda percent: None)


def draw_shaft() -> Canvas:
    """All floors above one another, the first at the bottom."""
    canvas = Canvas(SCREEN.width, SCREEN.height * len(FLOORS), INK)
    for number, floor in enumerate(FLOORS):
        _draw_floor(canvas, SCREEN.height * (len(FLOORS) - 1 - number), floor)
    return canvas


def _draw_floor(canvas: Canvas, top: float, floor: Floor) -> None:
    icon, title, detail, ground = floor
    canvas.rect(0, top, SCREEN.width, SCREEN.height, ground)
    canvas.rect(0, top + SCREEN.height - SLAB, SCREEN.width, SLAB, "#0D222C")
    series_mark(canvas, 120, top + 130, WHITE, NIGHT.spark)
    tile(Pen(canvas, 120, top + 300, 480), icon, NIGHT, NIGHT.soft)
    below = canvas.paragraph(690, top + 330, 1150, title, heading(102, WHITE), at_most=2)
    canvas.paragraph(690, below + 20, 1150, detail, plain(56, "#CFE3E6"), at_most=1)
    canvas.text(120, top + 1000, KIND, plain(26, "#9FBAC2"))


def _sign(floor: int) -> Canvas:
    """The floor indicator that stays in its corner."""
    canvas = Canvas(230, 110, INK)
    canvas.rect(0, 0, 230, 110, "#0D1B24")
    canvas.polygon([(40, 78), (74, 32), (108, 78)], NIGHT.spark)
    canvas.text(160, 82, str(floor), heading(78, NIGHT.spark), "m")
    return canvas


def _frames(shaft: Pixels, signs: Sequence[Pixels]) -> Callable[[float], Pixels]:
    def at(seconds: float) -> Pixels:
        risen = floors_risen(seconds * 1000)
        top = round((len(FLOORS) - 1 - risen) * SCREEN.height)
        frame = shaft[top : top + SCREEN.height].copy()
        sign = signs[round(risen)]
        frame[60 : 60 + sign.shape[0], 1620 : 1620 + sign.shape[1]] = sign
        return frame

    return at


def floors_risen(at_ms: float) -> float:
    """How many floors up the view is: still at each floor, then a soft start and a soft stop."""
    floor, into = divmod(at_ms, STOP_MS + MOVE_MS)
    moved = min(1.0, max(0.0, (into - STOP_MS) / MOVE_MS))
    return min(len(FLOORS) - 1.0, floor + moved * moved * (3 - 2 * moved))
