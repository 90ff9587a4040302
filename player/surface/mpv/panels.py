"""Texts and still panels as ASS, drawn by mpv itself over the picture: the slate, the pairing code, a note, darkness.

Everything is laid out upright in a rectangle as the viewer sees it and then turned as a whole about the middle of the
window, for a screen that hangs on its side.
"""

from __future__ import annotations

from dataclasses import dataclass

from playlists.model import Output

GROUND, INK, QUIET, GOLD, DARK = "0B2239", "F2F6FA", "A9BDD1", "F4C95D", "1A1300"
STEPS = (
    "m 0 148 l 54 148 54 114 108 114 108 80 162 80 162 46 216 46 216 36 152 36 152 70 98 70 98 104 44 104 44 138 0 138"
)
STEPS_SIZE = (216, 148)
WIDTH_OF_A_LETTER = 0.6  # of its height, in a bold type
DOT = "m 183 18 b 183 6 201 6 201 18 b 201 30 183 30 183 18"


@dataclass(frozen=True, slots=True)
class Area:
    """The window in the frame that mpv draws on, in pixels of that frame, and how it is turned."""

    x: int
    y: int
    width: int
    height: int
    rotation: int

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as the viewer sees them."""
        return (self.height, self.width) if self.rotation % 180 else (self.width, self.height)

    @property
    def unit(self) -> float:
        """A hundredth of the shorter side: what sizes of type are counted in."""
        return min(self.width, self.height) / 100

    def place(self, across: float, down: float) -> str:
        """The tags that put something at a point of the upright window, given as fractions of its sides."""
        width, height = self.upright
        middle = (self.x + self.width / 2, self.y + self.height / 2)
        x, y = middle[0] + (across - 0.5) * width, middle[1] + (down - 0.5) * height
        turn = f"\\org({middle[0]:.1f},{middle[1]:.1f})\\frz{-self.rotation}" if self.rotation else ""
        return f"\\pos({x:.1f},{y:.1f}){turn}"


def area_of(output: Output, frame: tuple[int, int]) -> Area:
    """Where the output lies in a frame of so many pixels; without a size of its own it fills the frame."""
    width, height = output.width or frame[0], output.height or frame[1]
    return Area(output.x, output.y, width, height, output.rotation)


def escaped(text: str) -> str:
    """``text`` as ASS shows it letter by letter: no tag, no line break of its own."""
    kept = "".join(" " if letter.isspace() else letter for letter in text if letter.isprintable() or letter.isspace())
    # A zero-width joiner after a backslash keeps it from making a tag with what follows.
    return kept.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")


def _style(colour: str, alpha: int = 0) -> str:
    red, green, blue = colour[:2], colour[2:4], colour[4:]
    return f"\\bord0\\shad0\\1c&H{blue}{green}{red}&\\1a&H{alpha:02X}&"


def _box(area: Area, colour: str, alpha: int = 0) -> str:
    """The whole window in one colour."""
    x, y, right, bottom = area.x, area.y, area.x + area.width, area.y + area.height
    shape = f"m {x} {y} l {right} {y} {right} {bottom} {x} {bottom}"
    return f"{{\\an7\\pos(0,0){_style(colour, alpha)}\\p1}}{shape}{{\\p0}}"


def _line(area: Area, text: str, down: float, look: str) -> str:
    """One line in the middle, ``down`` from the top as a fraction."""
    return f"{{\\an5{area.place(0.5, down)}\\q2{look}}}{escaped(text)}"


def _type(area: Area, units: float, colour: str, more: str = "") -> str:
    return f"\\fs{max(area.unit * units, 1):.1f}{_style(colour)}{more}"


def black(area: Area) -> str:
    """Dark, on purpose."""
    return _box(area, "000000")


def dim(area: Area, brightness: int) -> str:
    """A veil that leaves so many per cent of the light."""
    return _box(area, "000000", round(255 * brightness / 100)) if brightness < 100 else ""


def slate(area: Area) -> str:
    """The calm picture for when there is nothing to show."""
    scale = area.unit * 34 / STEPS_SIZE[0] * 100
    drawing = f"\\fscx{scale:.1f}\\fscy{scale:.1f}{_style(GOLD)}\\p1"
    return "\n".join(
        [
            _box(area, GROUND),
            f"{{\\an5{area.place(0.5, 0.36)}{drawing}}}{STEPS} {DOT}{{\\p0}}",
            _line(area, "Cầu thang pháp luật", 0.64, _type(area, 8, INK, "\\b1")),
            _line(area, "Thông tin pháp luật cho mọi nhà", 0.74, _type(area, 4, QUIET)),
        ]
    )


def pairing(area: Area, code: str) -> str:
    """The pairing code, large, with what to do."""
    wide = area.upright[0] / area.unit / 100
    steps = "Trang quản trị  ›  Màn hình  ›  nhập mã trên đây"
    return "\n".join(
        [
            _box(area, GROUND),
            _line(area, "Ghép nối màn hình", 0.25, _type(area, 5, QUIET)),
            _line(area, code, 0.48, _type(area, min(13 * wide, 24), GOLD, "\\b1\\fnDejaVu Sans Mono")),
            _line(area, steps, 0.70, _type(area, 3.6, INK)),
            _line(area, "Mã tự đổi sau 10 phút.", 0.79, _type(area, 2.8, QUIET)),
        ]
    )


def note(area: Area, text: str) -> str:
    """``text`` in a gold bar at the foot of the window, over everything."""
    size = min(area.unit * 6, area.upright[0] * 0.9 / (WIDTH_OF_A_LETTER * max(len(text), 1)))
    bar = f"\\bord{size / 3:.1f}\\3c&H5DC9F4&\\shad0\\1c&H00131A&\\b1"
    return f"{{\\an2{area.place(0.5, 0.95)}\\q0\\fs{size:.1f}{bar}}}{escaped(text)}" if text else ""
