"""The two tall infographics, 1080 × 3400: one walks down a page of advice, the other down a house."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from media.samples import figures, icons
from media.samples.canvas import Canvas, Colour
from media.samples.figures import Person, person
from media.samples.icons import Icon, tile
from media.samples.palette import (
    AMBER,
    DUSK,
    INK,
    KIND,
    PAPER,
    RED,
    SLATE,
    STEEL,
    WHITE,
    heading,
    plain,
    series_mark,
)
from media.samples.pen import Pen

WIDTH, HEIGHT = 1080, 3400


def pets() -> Canvas:
    """A dog and a cat under the title, six duties of their owner below."""
    canvas = Canvas(WIDTH, HEIGHT, PAPER)
    _companions(canvas)
    duties: Sequence[tuple[Icon, str, str]] = (
        (icons.syringe, "Tiêm phòng dại", "Chó, mèo cần được tiêm phòng dại hằng\u00a0năm."),
        (icons.clipboard, "Khai báo vật nuôi", "Báo với phường, xã khi nhà có nuôi chó,\u00a0mèo."),
        (icons.leash, "Ra đường có dây dắt", "Đeo rọ mõm cho chó và luôn có người đi\u00a0cùng."),
        (icons.bag, "Dọn sạch ngay", "Mang theo túi, nhặt chất\u00a0thải nơi công\u00a0cộng."),
        (icons.speaker, "Không gây ồn", "Không để tiếng kêu,\nmùi hôi phiền nhà bên."),
    )
    for number, duty in enumerate(duties):
        _duty(canvas, 900 + number * 400, AMBER.soft if number % 2 else PAPER, duty)
    _bitten(canvas, 2900)
    return canvas


def _companions(canvas: Canvas) -> None:
    canvas.rect(0, 0, WIDTH, 900, AMBER.deep)
    canvas.circle(540, 930, 440, "#8A4322")
    canvas.circle(540, 930, 330, "#A6552A")
    series_mark(canvas, 80, 120, WHITE, "#FFC766")
    canvas.paragraph(80, 138, 920, "Nuôi vật nuôi\ncó trách nhiệm", heading(112, WHITE))
    figures.dog(Pen(canvas, 170, 506, 400), "#F2C48D", "#C98B4E", AMBER.spark)
    figures.cat(Pen(canvas, 620, 588, 300), "#5A5F73", "#E9E3DA", "#E5674B")
    canvas.rect(0, 880, WIDTH, 20, "#4E2010")


def _duty(canvas: Canvas, top: float, ground: Colour, duty: tuple[Icon, str, str]) -> None:
    icon, title, detail = duty
    canvas.rect(0, top, WIDTH, 400, ground)
    tile(Pen(canvas, 80, top + 80, 240), icon, AMBER, WHITE if ground == AMBER.soft else AMBER.soft)
    below = canvas.paragraph(376, top + 66, 640, title, heading(60, AMBER.deep), at_most=1)
    canvas.paragraph(376, below + 6, 630, detail, plain(50), at_most=2)


def _bitten(canvas: Canvas, top: float) -> None:
    canvas.rect(0, top, WIDTH, HEIGHT - top, "#17524B")
    tile(Pen(canvas, 80, top + 84, 240), icons.tap, AMBER, WHITE)
    below = canvas.paragraph(376, top + 52, 640, "Nếu bị chó, mèo cắn", heading(58, "#FFC766"), at_most=1)
    advice = "Rửa vết thương bằng xà\u00a0phòng dưới vòi nước 15\u00a0phút, rồi đến cơ sở y\u00a0tế\u00a0ngay."
    canvas.paragraph(376, below + 6, 640, advice, plain(50, WHITE), at_most=4)
    canvas.text(80, HEIGHT - 48, KIND, plain(28, "#A9CFC8"))


Scene = Callable[[Canvas, float, float], None]
FLOOR = 440
WALLS = ("#F6E7CF", "#EAE3F3", "#E3EEF1", "#F3E3DD", "#E7EFE0", "#D5DAE3")


def shared_space() -> Canvas:
    """A block of flats cut open: each floor says what keeps it pleasant and safe."""
    canvas = Canvas(WIDTH, HEIGHT, DUSK.deep)
    _sky(canvas)
    floors: Sequence[tuple[Scene, str, str]] = (
        (_balcony, "Ban công", "Không ném đồ, không đổ nước xuống\u00a0dưới."),
        (_flat, "Trong căn hộ", "Nói khẽ,\nmở nhạc vừa nghe\ntrong giờ nghỉ."),
        (_corridor, "Hành lang", "Để trống lối đi,\nkhông bày xe\nvà đồ đạc."),
        (_stairs, "Lối thoát hiểm", "Luôn đóng cửa, không\u00a0khóa, không chất\u00a0đồ."),
        (_lobby, "Sảnh và sân chơi", "Giữ sạch,\nkhông hút thuốc,\nđể ý trẻ nhỏ."),
        (_garage, "Hầm để xe", "Đỗ đúng ô, tắt máy,\nsạc điện đúng nơi\nquy định."),
    )
    for number, floor in enumerate(floors):
        _floor(canvas, 690 + number * FLOOR, number, floor)
    canvas.rect(0, 690 + 6 * FLOOR, WIDTH, HEIGHT, "#141D38")
    canvas.text(1000, HEIGHT - 24, KIND, plain(28, "#A9B4D6"), "r")
    return canvas


def _sky(canvas: Canvas) -> None:
    series_mark(canvas, 80, 120, WHITE, DUSK.spark)
    canvas.paragraph(80, 150, 700, "Sống đẹp\nở chung cư", heading(124, WHITE))
    canvas.circle(900, 200, 84, "#FFE3A8")
    canvas.circle(866, 180, 74, DUSK.deep)
    for x, y, radius in ((700, 150, 5), (780, 300, 4), (1000, 330, 5), (980, 90, 4), (840, 420, 4), (560, 560, 4)):
        canvas.circle(x, y, radius, "#C9D2F0")
    figures.cloud(Pen(canvas, 760, 400, 240), "#33426F")
    canvas.rect(420, 596, 16, 60, "#33426F")
    canvas.rect(150, 586, 130, 70, "#33426F", 8)
    canvas.rect(40, 644, 1000, 46, "#8C94B5", 10)


def _floor(canvas: Canvas, top: float, number: int, floor: tuple[Scene, str, str]) -> None:
    scene, title, detail = floor
    canvas.rect(60, top, 960, FLOOR, "#8C94B5")
    canvas.rect(84, top, 912, FLOOR - 24, WALLS[number])
    scene(canvas, 84, top)
    canvas.rect(436, top, 560, FLOOR - 24, WHITE)
    below = canvas.paragraph(476, top + 50, 500, title, heading(56, DUSK.deep), at_most=1)
    canvas.paragraph(476, below + 8, 500, detail, plain(50))


def _balcony(canvas: Canvas, x: float, top: float) -> None:
    canvas.rect(x, top, 352, 416, "#31406E")
    for right, down, radius in ((286, 60, 5), (230, 120, 4), (60, 90, 4), (310, 170, 4)):
        canvas.circle(x + right, top + down, radius, "#C9D2F0")
    person(Pen(canvas, x + 11, top + 84, 330), Person("#E0785A", "#2B3554", long_hair=True))
    canvas.rect(x, top + 272, 352, 12, STEEL, 4)
    for step in range(9):
        canvas.rect(x + 8 + step * 42, top + 280, 7, 122, STEEL)
    figures.plant(Pen(canvas, x + 18, top + 290, 108), "#57B084", "#D9743F")
    figures.plant(Pen(canvas, x + 236, top + 290, 108), "#57B084", "#D9743F")
    canvas.rect(x, top + 396, 352, 20, "#6D77A0")


def _flat(canvas: Canvas, x: float, top: float) -> None:
    canvas.rect(x + 34, top + 46, 96, 110, "#FFF6D8", 6)
    canvas.frame((x + 34, top + 46, x + 130, top + 156), "#B9A6D3", 8, 6)
    canvas.line([(x + 286, top), (x + 286, top + 54)], SLATE, 4)
    canvas.pie((x + 286, top + 96), 46, (180, 360), DUSK.spark)
    canvas.rect(x + 30, top + 252, 292, 106, "#7A68B8", 26)
    person(Pen(canvas, x + 50, top + 158, 250), Person("#5B8FB9", "#39406B"))
    canvas.rect(x + 16, top + 290, 44, 100, "#68579F", 18)
    canvas.rect(x + 292, top + 290, 44, 100, "#68579F", 18)
    canvas.rect(x + 52, top + 316, 248, 76, "#8D7CCB", 14)
    canvas.rect(x, top + 392, 352, 24, "#C7A57A")


def _corridor(canvas: Canvas, x: float, top: float) -> None:
    for left in (30, 214):
        canvas.rect(x + left, top + 96, 112, 300, "#A9744B", 6)
        canvas.rect(x + left + 14, top + 116, 84, 110, "#BC8A60", 4)
        canvas.rect(x + left + 14, top + 250, 84, 110, "#BC8A60", 4)
        canvas.circle(x + left + 96, top + 240, 7, DUSK.spark)
        canvas.rect(x + left + 34, top + 50, 44, 30, WHITE, 5)
    canvas.rect(x, top + 392, 352, 24, "#8FA7AE")
    canvas.rect(x + 150, top + 378, 58, 14, "#57B084", 5)


def _stairs(canvas: Canvas, x: float, top: float) -> None:
    for step in range(6):
        canvas.rect(x + 24 + step * 52, top + 346 - step * 48, 352 - 24 - step * 52, 416 - 346 + step * 48, "#C9A79A")
        canvas.rect(x + 24 + step * 52, top + 346 - step * 48, 352 - 24 - step * 52, 10, "#A98576")
    canvas.line([(x + 40, top + 256), (x + 320, top + 2)], SLATE, 8)
    canvas.rect(x + 24, top + 40, 156, 76, "#1F9D62", 10)
    pen = Pen(canvas, x + 36, top + 46, 64)
    pen.circle(58, 14, 10, WHITE)
    pen.line([(54, 32), (42, 58), (60, 72), (56, 96)], WHITE, 11)
    pen.line([(42, 58), (28, 78), (10, 80)], WHITE, 11)
    pen.line([(50, 36), (74, 46)], WHITE, 9)
    pen.line([(50, 36), (26, 44)], WHITE, 9)
    canvas.line([(x + 116, top + 78), (x + 162, top + 78)], WHITE, 8)
    canvas.line([(x + 146, top + 62), (x + 162, top + 78), (x + 146, top + 94)], WHITE, 8)
    canvas.rect(x, top + 396, 352, 20, "#A98576")


def _lobby(canvas: Canvas, x: float, top: float) -> None:
    canvas.rect(x + 24, top + 60, 130, 150, "#CFE6F2", 8)
    canvas.rect(x + 84, top + 60, 8, 150, WHITE)
    figures.plant(Pen(canvas, x + 240, top + 286, 108), "#4C9B72", "#B6654A")
    person(Pen(canvas, x + 6, top + 156, 244), Person("#3E9C8F", "#2B3554"), hand=(69, 66))
    person(Pen(canvas, x + 122, top + 240, 160), Person("#F2A65A", "#7A3B2E", long_hair=True))
    ring = Pen(canvas, x + 214, top + 70, 96)
    ring.rect(14, 52, 50, 14, INK, 3)
    ring.rect(67, 52, 16, 14, RED, 3)
    icons.forbidden(ring)
    canvas.rect(x, top + 394, 352, 22, "#A8B796")


def _garage(canvas: Canvas, x: float, top: float) -> None:
    canvas.rect(x, top, 352, 40, "#B3BBC9")
    canvas.rect(x + 120, top + 40, 110, 12, "#FFF3C4", 5)
    canvas.rect(x, top + 366, 352, 50, "#5A6478")
    for left in (4, 226, 340):
        canvas.rect(x + left, top + 366, 8, 50, DUSK.spark)
    figures.car(Pen(canvas, x + 6, top + 196, 224), "#3E7CB8")
    figures.bicycle(Pen(canvas, x + 236, top + 276, 108), "#E0523A")
    canvas.rect(x + 262, top + 120, 60, 84, "#2F9E7B", 10)
    canvas.polygon(
        [(x + 300, top + 130), (x + 274, top + 168), (x + 290, top + 168), (x + 284, top + 196), (x + 310, top + 156),
         (x + 294, top + 156)],
        WHITE,
    )  # fmt: skip
