"""The four wide infographics, 1920 × 1080. Letters are at least 44 pixels per em: read from 4 m on a 27-inch screen."""

from __future__ import annotations

from collections.abc import Sequence

from media.samples import figures, icons
from media.samples.canvas import Canvas
from media.samples.figures import Person, person
from media.samples.icons import Icon, tile
from media.samples.palette import (
    BLUE,
    GREEN,
    INDIGO,
    INK,
    KIND,
    NIGHT,
    PAPER,
    SLATE,
    STEEL,
    TAN,
    WHITE,
    Theme,
    bold,
    heading,
    plain,
    series_mark,
)
from media.samples.pen import Pen

WIDTH, HEIGHT = 1920, 1080
Row = tuple[Icon, str, str]


def environment() -> Canvas:
    """A street with sorted bins on the left, four habits on the right."""
    canvas = Canvas(WIDTH, HEIGHT, PAPER)
    canvas.rect(0, 0, 800, HEIGHT, GREEN.deep)
    series_mark(canvas, 80, 108, WHITE, GREEN.spark)
    canvas.paragraph(80, 150, 660, "Khu phố sạch\nbắt đầu từ\ntúi rác nhà mình", heading(80, WHITE))
    _street(canvas)
    rows: Sequence[Row] = (
        (icons.bins, "Chia rác làm ba loại", "Tái chế, thực phẩm và rác\u00a0khác"),
        (icons.clock, "Bỏ rác đúng giờ, đúng chỗ", "Theo lịch thu gom của tổ\u00a0dân\u00a0phố"),
        (icons.drop, "Không đổ dầu mỡ xuống cống", "Cống tắc thì phố ngập"),
        (icons.battery, "Pin, bóng đèn cũ để riêng", "Mang tới điểm thu gom rác nguy\u00a0hại"),
    )
    _rows(canvas, (860, 92), rows, GREEN, pitch=236)
    canvas.text(1840, 1040, KIND, plain(26), "r")
    return canvas


def _street(canvas: Canvas) -> None:
    ground = 980
    for x, top, width, colour in ((70, 700, 150, "#17604A"), (230, 620, 170, "#1B6B52"), (560, 660, 160, "#17604A")):
        canvas.rect(x, top, width, ground - top, colour, 6)
        for row in range(int((ground - top - 60) // 62)):
            for column in range(3):
                canvas.rect(x + 22 + column * (width - 44) / 3, top + 30 + row * 62, 26, 34, "#2E8267", 3)
    figures.tree(Pen(canvas, 540, 716, 266), "#35A57A", "#2B9169")
    figures.tree(Pen(canvas, 20, 770, 210), "#35A57A", "#2B9169")
    canvas.rect(0, ground, 800, HEIGHT - ground, "#0A3D2F")
    for left, body, lid in ((208, "#3C8FD9", "#2C74B5"), (348, "#6CC24A", "#54A035"), (488, "#F4B740", "#D99A22")):
        figures.wheelie_bin(Pen(canvas, left, ground - 152, 160), body, lid)


def _rows(canvas: Canvas, start: tuple[float, float], rows: Sequence[Row], theme: Theme, pitch: float) -> None:
    x, y = start
    for number, (icon, title, detail) in enumerate(rows):
        top = y + number * pitch
        tile(Pen(canvas, x, top, 168), icon, theme, theme.soft)
        below = canvas.paragraph(x + 204, top + 10, 800, title, bold(52, theme.deep))
        canvas.paragraph(x + 204, below - 4, 800, detail, plain(44))


def conduct() -> Canvas:
    """A title band with a patient queue, and four cards below."""
    canvas = Canvas(WIDTH, HEIGHT, PAPER)
    canvas.rect(0, 0, WIDTH, 420, INDIGO.deep)
    _waiting_line(canvas)
    series_mark(canvas, 80, 108, WHITE, INDIGO.spark)
    canvas.paragraph(80, 136, 860, "Nơi công cộng\nlà ngôi nhà chung", heading(84, WHITE))
    cards: Sequence[Row] = (
        (icons.queue, "Xếp hàng, nhường bước", "Ưu tiên người già, trẻ nhỏ,\nngười khuyết tật"),
        (icons.quiet, "Giữ yên tĩnh ban đêm", "Không gây ồn\ntừ 22 giờ đến 6 giờ sáng"),
        (icons.cigarette, "Không hút thuốc nơi cấm", "Trường học, bệnh viện,\ntrong thang máy"),
        (icons.wall_paint, "Không vẽ, dán lên tường", "Giữ tài sản chung\nluôn sạch đẹp"),
    )
    for number, card in enumerate(cards):
        _card(canvas, 80 + number % 2 * 896, 466 + number // 2 * 284, card)
    canvas.text(1840, 1052, KIND, plain(26), "r")
    return canvas


def _waiting_line(canvas: Canvas) -> None:
    canvas.rect(0, 396, WIDTH, 24, "#262257")
    clothes = (
        (960, 126, 270, Person("#F4A259", "#1C1A47")),
        (1116, 96, 300, Person("#E8E6FA", "#5B54C4", "#8A5A3B", long_hair=True)),
        (1270, 186, 210, Person("#7CC6B0", "#1C1A47")),
        (1390, 90, 306, Person("#8F88EE", "#1C1A47", "#D9D6E8", TAN)),
        (1560, 106, 290, Person("#F7D08A", "#5B54C4", long_hair=True)),
    )
    for x, top, size, who in clothes:
        person(Pen(canvas, x, top, size), who)
    canvas.rect(1832, 130, 12, 266, "#5B54C4", 4)
    canvas.rect(1786, 84, 104, 104, INDIGO.spark, 24)
    canvas.rect(1806, 112, 64, 44, INDIGO.deep, 8)
    canvas.rect(1814, 120, 22, 16, INDIGO.spark, 3)
    canvas.rect(1841, 120, 22, 16, INDIGO.spark, 3)
    canvas.circle(1820, 158, 7, INDIGO.deep)
    canvas.circle(1856, 158, 7, INDIGO.deep)


def _card(canvas: Canvas, x: float, y: float, card: Row) -> None:
    icon, title, detail = card
    canvas.rect(x, y, 864, 256, WHITE, 28)
    tile(Pen(canvas, x + 44, y + 44, 168), icon, INDIGO, INDIGO.soft)
    below = canvas.paragraph(x + 252, y + 24, 600, title, bold(46, INDIGO.deep))
    canvas.paragraph(x + 252, below + 2, 600, detail, plain(44))


def traffic() -> Canvas:
    """A road along the bottom, four signs above it."""
    canvas = Canvas(WIDTH, HEIGHT, BLUE.soft)
    _road(canvas)
    series_mark(canvas, 80, 108, BLUE.deep, BLUE.spark)
    canvas.text(80, 240, "An toàn trên mỗi chuyến đi", heading(96, BLUE.deep))
    signs: Sequence[tuple[Icon, str]] = (
        (icons.helmet, "Đội mũ bảo hiểm\nvà cài quai mũ"),
        (icons.beer, "Đã uống rượu bia\nthì không lái xe"),
        (icons.traffic_light, "Dừng khi đèn đỏ,\nđi đúng làn xe"),
        (icons.phone, "Lái xe thì không\ndùng điện thoại"),
    )
    for number, (icon, words) in enumerate(signs):
        x = 80 + number * 448
        canvas.rect(x, 304, 416, 420, WHITE, 32)
        canvas.circle(x + 208, 438, 108, BLUE.soft)
        icon(Pen(canvas, x + 144, 374, 128), BLUE.deep, "#F4B740" if icon is icons.beer else BLUE.spark)
        canvas.paragraph(x + 208, 562, 400, words, bold(44, BLUE.deep), "m", at_most=2)
    return canvas


def _road(canvas: Canvas) -> None:
    for x, top, width in ((30, 640, 140), (500, 690, 110), (980, 650, 120), (1420, 680, 110), (1770, 630, 120)):
        canvas.rect(x, top, width, 250, "#C3D8EC", 6)
    for x in (250, 720, 1190, 1640):
        figures.tree(Pen(canvas, x, 730, 120), "#8FC3A4", "#7FB696", "#9A8571")
    canvas.rect(0, 838, WIDTH, 30, "#8FA9BF")
    canvas.rect(0, 868, WIDTH, HEIGHT - 868, "#33475B")
    for x in range(-60, WIDTH, 200):
        canvas.rect(x, 968, 110, 10, "#DCE5EC", 5)
    canvas.rect(1270, 868, 330, HEIGHT - 868, "#33475B")
    for stripe in range(6):
        canvas.rect(1286 + stripe * 52, 880, 32, 188, "#E9EEF3", 4)
    figures.car(Pen(canvas, 900, 752, 320), "#E0523A")
    figures.scooter(Pen(canvas, 500, 760, 226), "#1E6BB8", "#F4B740", "#E0523A")
    figures.scooter(Pen(canvas, 140, 826, 226), "#2F9E7B", "#8F88EE", "#F4B740")
    person(Pen(canvas, 1320, 760, 232), Person("#2F9E7B", "#123C6B", long_hair=True), hand=(73, 66))
    person(Pen(canvas, 1436, 846, 152), Person("#F26B3A", "#123C6B"))
    canvas.text(1840, 1052, KIND, plain(26, WHITE), "r")


def lift() -> Canvas:
    """Five steps on the left, an open lift on the right."""
    canvas = Canvas(WIDTH, HEIGHT, NIGHT.deep)
    series_mark(canvas, 80, 108, WHITE, NIGHT.spark)
    canvas.text(80, 232, "Đi thang máy an toàn", heading(92, WHITE))
    steps = (
        "Chờ người trong ra hết rồi mới vào",
        "Báo quá tải: người vào sau bước ra",
        "Bấm nút giữ cửa, không lấy tay chặn",
        "Thang kẹt: bấm chuông, chờ cứu\u00a0hộ",
        "Có cháy: đi thang bộ thoát\u00a0hiểm",
    )
    for number, step in enumerate(steps):
        y = 288 + number * 148
        canvas.rect(80, y, 1110, 128, "#1C3F4E", 26)
        canvas.circle(150, y + 64, 42, NIGHT.spark)
        canvas.text(150, y + 82, str(number + 1), heading(50, NIGHT.deep), "m")
        canvas.text(224, y + 81, step, bold(50, WHITE))
    _open_lift(canvas)
    canvas.text(80, 1056, KIND, plain(26, "#8FA8B3"))
    return canvas


def _open_lift(canvas: Canvas) -> None:
    canvas.rect(1270, 0, 650, HEIGHT, "#1B4453")
    canvas.rect(1270, 1000, 650, 80, "#0D222C")
    canvas.rect(1330, 190, 480, 810, "#8FA8B3", 14)
    canvas.rect(1356, 216, 428, 784, "#F3E3C8")
    canvas.rect(1356, 216, 428, 60, "#FFF3DC")
    canvas.rect(1356, 900, 428, 100, "#C9A97B")
    canvas.rect(1400, 690, 340, 14, "#B98F58", 7)
    person(Pen(canvas, 1280, 420, 540), Person("#1F7A80", "#14303D"), hand=(66, 60))
    person(Pen(canvas, 1464, 630, 340), Person("#F2A65A", "#7A3B2E", long_hair=True))
    canvas.rect(1356, 216, 78, 784, STEEL)
    canvas.rect(1706, 216, 78, 784, STEEL)
    canvas.rect(1424, 216, 10, 784, "#A9B8C3")
    canvas.rect(1706, 216, 10, 784, "#A9B8C3")
    canvas.rect(1480, 96, 180, 70, INK, 16)
    canvas.polygon([(1520, 148), (1546, 112), (1572, 148)], NIGHT.spark)
    canvas.text(1618, 148, "5", heading(48, NIGHT.spark), "m")
    canvas.rect(1836, 520, 52, 150, SLATE, 16)
    canvas.circle(1862, 562, 16, NIGHT.spark)
    canvas.circle(1862, 626, 16, STEEL)
