"""A sheet to draw on: shapes with smooth edges, and text that refuses to be cut, crowded or unreadable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from media.fonts import BASELINE, LINE, Box, Weight, check, face, ink, wrap

DENSITY = 2  # drawn twice as large and averaged down, which smooths every edge
Point = tuple[float, float]
Colour = str


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: weight, size in pixels per em, colour."""

    weight: Weight
    size: int
    colour: Colour


@dataclass
class Canvas:
    """Coordinates are the finished picture's pixels. Remembers the ink of every text to prove that none touch."""

    width: int
    height: int
    ground: Colour
    inks: list[Box] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.width * DENSITY, self.height * DENSITY), self.ground)
        self._draw = ImageDraw.Draw(self.image)

    def finish(self) -> Image.Image:
        """The picture at its real size."""
        return self.image.reduce(DENSITY)

    def rect(  # noqa: PLR0913, PLR0917 - a box, its colour and its corners
        self, x: float, y: float, width: float, height: float, fill: Colour, radius: float = 0
    ) -> None:
        """A rectangle, with round corners when ``radius`` is given."""
        left, top, right, bottom = self._scaled((x, y, x + width, y + height))
        self._draw.rounded_rectangle((left, top, right - 1, bottom - 1), radius * DENSITY, fill)

    def frame(self, box: Box, colour: Colour, thickness: float, radius: float = 0) -> None:
        """The outline of the box (left, top, right, bottom), drawn inwards."""
        left, top, right, bottom = self._scaled(box)
        line = round(thickness * DENSITY)
        self._draw.rounded_rectangle((left, top, right - 1, bottom - 1), radius * DENSITY, None, colour, line)

    def circle(self, x: float, y: float, radius: float, fill: Colour) -> None:
        self.ellipse(x, y, radius, radius, fill)

    def ellipse(self, x: float, y: float, across: float, down: float, fill: Colour) -> None:
        """An ellipse by its centre and half axes."""
        self._draw.ellipse(self._scaled((x - across, y - down, x + across, y + down)), fill)

    def ring(self, x: float, y: float, radius: float, colour: Colour, thickness: float) -> None:
        box = self._scaled((x - radius, y - radius, x + radius, y + radius))
        self._draw.ellipse(box, None, colour, round(thickness * DENSITY))

    def arc(self, centre: Point, radius: float, span: tuple[float, float], colour: Colour, thickness: float) -> None:
        """Part of a circle with round ends; ``span`` in degrees, clockwise from three o'clock."""
        steps = [math.radians(span[0] + (span[1] - span[0]) * step / 48) for step in range(49)]
        points = [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in steps]
        self.line(points, colour, thickness)

    def pie(self, centre: Point, radius: float, span: tuple[float, float], fill: Colour) -> None:
        box = self._scaled((centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius))
        self._draw.pieslice(box, *span, fill=fill)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        self._scaled(_around(points))
        self._draw.polygon([(x * DENSITY, y * DENSITY) for x, y in points], fill)

    def line(self, points: Sequence[Point], colour: Colour, thickness: float) -> None:
        """A line with round ends and round corners."""
        self._scaled(_around(points))
        scaled = [(x * DENSITY, y * DENSITY) for x, y in points]
        self._draw.line(scaled, colour, round(thickness * DENSITY))
        radius = thickness * DENSITY / 2
        for x, y in scaled:
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)

    def _scaled(self, box: Box) -> Box:
        """The box in drawn pixels; raises ``ValueError`` when painting there would cover a text."""
        if any(touch(box, written) for written in self.inks):
            raise ValueError(f"painted over a text at {box}")
        left, top, right, bottom = (part * DENSITY for part in box)
        return left, top, right, bottom

    def text(self, x: float, baseline: float, text: str, style: Style, anchor: str = "l") -> Box:
        """One line on its baseline; ``anchor`` is l, m or r. Returns its ink.

        Raises:
            ValueError: not NFC, a missing glyph, ink outside the sheet, or ink over another text.
        """
        check(text, style.weight)
        font = face(style.weight, style.size * DENSITY)
        start = x - {"l": 0.0, "m": 0.5, "r": 1.0}[anchor] * font.getlength(text) / DENSITY
        left, top, right, bottom = (part / DENSITY for part in ink(text, font))
        box = (start + left, baseline + top, start + right, baseline + bottom)
        self._claim(box, text)
        self._draw.text((start * DENSITY, baseline * DENSITY), text, style.colour, font, anchor="ls")
        return box

    def _claim(self, box: Box, text: str) -> None:
        if box[0] < 0 or box[1] < 0 or box[2] > self.width or box[3] > self.height:
            raise ValueError(f"cut at the edge of the sheet: {text!r}")
        if any(touch(box, other) for other in self.inks):
            raise ValueError(f"over another text: {text!r}")
        self.inks.append(box)

    def paragraph(  # noqa: PLR0913, PLR0917 - a text, its place and its look
        self, x: float, top: float, width: float, text: str, style: Style, anchor: str = "l", at_most: int = 3
    ) -> float:
        """A balanced paragraph whose first line box begins at ``top``; returns where the next block may begin.

        Raises:
            ValueError: it needs more than ``at_most`` lines, or a word is wider than the column.
        """
        lines = self.lines(text, width, style)
        if len(lines) > at_most:
            raise ValueError(f"more than {at_most} lines: {text!r}")
        for number, words in enumerate(lines):
            self.text(x, top + (number * LINE + BASELINE) * style.size, words, style, anchor)
        return top + len(lines) * LINE * style.size

    def lines(self, text: str, width: float, style: Style) -> list[str]:
        """How the paragraph breaks.

        Raises:
            ValueError: a word is wider than the column.
        """
        font = face(style.weight, style.size * DENSITY)
        lines = wrap(text, font, width * DENSITY)
        if any(font.getlength(line) > width * DENSITY for line in lines):
            raise ValueError(f"wider than its column: {text!r}")
        return lines


def _around(points: Sequence[Point]) -> Box:
    across, down = [x for x, _ in points], [y for _, y in points]
    return min(across), min(down), max(across), max(down)


def touch(one: Box, other: Box) -> bool:
    """Whether two boxes share any area."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
