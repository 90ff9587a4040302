"""Draws in a square of 100 by 100 units laid anywhere on a canvas, so that a figure can be any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.samples.canvas import Canvas, Colour, Point


@dataclass(frozen=True, slots=True)
class Pen:
    """``x, y`` is the square's upper left corner and ``size`` its side, in pixels."""

    canvas: Canvas
    x: float
    y: float
    size: float

    def _at(self, x: float, y: float) -> Point:
        return self.x + self._long(x), self.y + self._long(y)

    def _long(self, length: float) -> float:
        return length * self.size / 100

    def rect(  # noqa: PLR0913, PLR0917 - a box, its colour and its corners
        self, x: float, y: float, width: float, height: float, fill: Colour, radius: float = 0
    ) -> None:
        self.canvas.rect(*self._at(x, y), self._long(width), self._long(height), fill, self._long(radius))

    def circle(self, x: float, y: float, radius: float, fill: Colour) -> None:
        self.canvas.circle(*self._at(x, y), self._long(radius), fill)

    def ellipse(self, x: float, y: float, across: float, down: float, fill: Colour) -> None:
        self.canvas.ellipse(*self._at(x, y), self._long(across), self._long(down), fill)

    def ring(self, x: float, y: float, radius: float, colour: Colour, thickness: float) -> None:
        self.canvas.ring(*self._at(x, y), self._long(radius), colour, self._long(thickness))

    def line(self, points: Sequence[Point], colour: Colour, thickness: float) -> None:
        self.canvas.line([self._at(*point) for point in points], colour, self._long(thickness))

    def poly(self, points: Sequence[Point], fill: Colour) -> None:
        self.canvas.polygon([self._at(*point) for point in points], fill)

    def arc(self, centre: Point, radius: float, span: tuple[float, float], colour: Colour, thickness: float) -> None:
        self.canvas.arc(self._at(*centre), self._long(radius), span, colour, self._long(thickness))

    def pie(self, centre: Point, radius: float, span: tuple[float, float], fill: Colour) -> None:
        self.canvas.pie(self._at(*centre), self._long(radius), span, fill)
