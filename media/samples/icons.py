"""Small signs, each in a pen's square: ``main`` is the line colour, ``spark`` the one part that stands out."""

from __future__ import annotations

import math
from collections.abc import Callable

from media.samples.canvas import Colour
from media.samples.palette import RED, WHITE, Theme
from media.samples.pen import Pen

Icon = Callable[[Pen, Colour, Colour], None]


def tile(pen: Pen, icon: Icon, theme: Theme, ground: Colour) -> None:
    """The icon on a rounded square of ``ground``."""
    pen.rect(0, 0, 100, 100, ground, 22)
    inner = Pen(pen.canvas, pen.x + pen.size * 0.18, pen.y + pen.size * 0.18, pen.size * 0.64)
    icon(inner, theme.deep, theme.spark)


def forbidden(pen: Pen) -> None:
    """A red ring and bar over whatever was drawn before."""
    pen.ring(50, 50, 54, RED, 9)
    pen.line([(15, 15), (85, 85)], RED, 9)


def bins(pen: Pen, main: Colour, spark: Colour) -> None:
    for left, colour in ((2, main), (36, spark), (70, main)):
        pen.poly([(left, 36), (left + 28, 36), (left + 24, 92), (left + 4, 92)], colour)
        pen.rect(left - 1, 24, 30, 9, colour, 3)
        pen.rect(left + 9, 16, 10, 8, colour, 2)


def clock(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.ring(50, 50, 48, main, 10)
    pen.line([(50, 24), (50, 50), (68, 62)], spark, 9)


def drop(pen: Pen, main: Colour, spark: Colour) -> None:
    """A drop of oil over the bars of a drain."""
    pen.circle(50, 40, 22, spark)
    pen.poly([(50, -4), (69.5, 30), (30.5, 30)], spark)
    pen.rect(2, 70, 96, 10, main, 5)
    for left in (10, 30, 50, 70):
        pen.rect(left + 5, 78, 9, 22, main, 3)


def battery(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.rect(20, 12, 60, 86, main, 10)
    pen.rect(38, 0, 24, 14, main, 4)
    pen.poly([(56, 24), (32, 60), (48, 60), (44, 86), (68, 48), (52, 48)], spark)


def queue(pen: Pen, main: Colour, spark: Colour) -> None:
    """Three people behind one another; the first in colour."""
    for middle, colour in ((82, main), (50, main), (18, spark)):
        pen.circle(middle, 22, 14, colour)
        pen.rect(middle - 15, 42, 30, 54, colour, 13)


def quiet(pen: Pen, main: Colour, spark: Colour) -> None:
    """A crescent and stars: the hours of rest."""
    _crescent(pen, main)
    for x, y, radius in ((80, 22, 7), (92, 52, 5), (66, 48, 4)):
        pen.circle(x, y, radius, spark)


def _crescent(pen: Pen, colour: Colour) -> None:
    """The points of a circle outside a second circle that covers its upper right part."""
    outer = [(48 + 46 * math.cos(math.radians(a)), 52 + 46 * math.sin(math.radians(a))) for a in range(24, 257, 4)]
    inner = [(66 + 40 * math.cos(math.radians(a)), 36 + 40 * math.sin(math.radians(a))) for a in range(222, 58, -4)]
    pen.poly([*outer, *inner], colour)


def cigarette(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.rect(14, 52, 50, 14, main, 3)
    pen.rect(67, 52, 16, 14, spark, 3)
    pen.line([(74, 42), (69, 34), (77, 26)], main, 5)
    forbidden(pen)


def wall_paint(pen: Pen, main: Colour, spark: Colour) -> None:
    """A paint roller crossed out."""
    pen.rect(24, 18, 46, 20, spark, 5)
    pen.line([(70, 28), (79, 28), (79, 46), (50, 46), (50, 56)], main, 5)
    pen.rect(45, 54, 10, 32, main, 4)
    forbidden(pen)


def helmet(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.pie((50, 56), 46, (180, 360), spark)
    pen.rect(2, 50, 96, 14, main, 7)
    pen.line([(20, 62), (34, 92), (58, 92), (76, 62)], main, 7)
    pen.rect(40, 84, 16, 14, main, 4)


def beer(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.ring(66, 56, 15, main, 6)
    pen.rect(26, 34, 38, 48, spark, 6)
    for x in (32, 45, 58):
        pen.circle(x, 32, 10, WHITE)
    for x in (35, 49):
        pen.rect(x, 48, 6, 26, main, 3)
    forbidden(pen)


def traffic_light(pen: Pen, main: Colour, spark: Colour) -> None:
    del spark
    pen.rect(26, 0, 48, 100, main, 16)
    for y, colour in ((20, "#E5483A"), (50, "#F4B740"), (80, "#35B36B")):
        pen.circle(50, y, 12, colour)


def phone(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.rect(30, 12, 40, 76, main, 8)
    pen.rect(35, 20, 30, 50, spark, 3)
    pen.circle(50, 79, 4, WHITE)
    forbidden(pen)


def syringe(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.line([(6, 94), (28, 72)], main, 5)
    pen.line([(28, 72), (66, 34)], main, 26)
    pen.line([(34, 66), (54, 46)], spark, 14)
    pen.line([(62, 38), (82, 18)], main, 8)
    pen.line([(70, 6), (94, 30)], main, 9)


def clipboard(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.rect(14, 8, 72, 92, main, 10)
    pen.rect(24, 22, 52, 68, WHITE, 4)
    pen.rect(34, 0, 32, 18, spark, 6)
    for y in (36, 52, 68):
        pen.rect(32, y, 36, 7, main, 3)


def leash(pen: Pen, main: Colour, spark: Colour) -> None:
    """A collar with its tag and a lead going up to a hand's loop."""
    pen.ring(38, 68, 31, main, 11)
    pen.circle(38, 98, 8, spark)
    pen.line([(56, 50), (76, 24)], main, 8)
    pen.ring(84, 12, 15, spark, 7)


def bag(pen: Pen, main: Colour, spark: Colour) -> None:
    """A tied bag."""
    pen.poly([(50, 34), (22, 6), (40, 10), (50, 2), (60, 10), (78, 6)], main)
    pen.ellipse(50, 68, 36, 32, main)
    pen.rect(36, 28, 28, 10, spark, 4)


def speaker(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.poly([(4, 36), (24, 36), (52, 12), (52, 88), (24, 64), (4, 64)], main)
    pen.arc((54, 50), 20, (-45, 45), spark, 8)
    pen.arc((54, 50), 38, (-45, 45), spark, 8)


def tap(pen: Pen, main: Colour, spark: Colour) -> None:
    """Running water."""
    pen.line([(4, 30), (54, 30), (66, 42), (66, 52)], main, 16)
    pen.line([(34, 30), (34, 10)], main, 8)
    pen.line([(20, 8), (48, 8)], main, 10)
    for y, radius in ((68, 7), (88, 9)):
        pen.circle(66, y, radius, spark)


def bell(pen: Pen, main: Colour, spark: Colour) -> None:
    pen.circle(50, 88, 11, spark)
    pen.pie((50, 42), 34, (180, 360), main)
    pen.rect(16, 41, 68, 32, main)
    pen.rect(6, 68, 88, 14, main, 7)
    pen.rect(45, 0, 10, 14, main, 4)


def doors(pen: Pen, main: Colour, spark: Colour) -> None:
    """A lift's doors, and the arrows out before in."""
    pen.rect(8, 0, 84, 100, main, 8)
    pen.rect(17, 10, 30, 90, WHITE)
    pen.rect(53, 10, 30, 90, WHITE)
    pen.line([(38, 54), (24, 54)], spark, 7)
    pen.line([(31, 43), (22, 54), (31, 65)], spark, 7)
    pen.line([(62, 54), (76, 54)], spark, 7)
    pen.line([(69, 43), (78, 54), (69, 65)], spark, 7)


def weight(pen: Pen, main: Colour, spark: Colour) -> None:
    """A load too heavy."""
    pen.ring(50, 20, 18, main, 9)
    pen.poly([(20, 34), (80, 34), (98, 98), (2, 98)], main)
    pen.rect(44, 46, 12, 26, spark, 5)
    pen.circle(50, 84, 7, spark)


def hold_button(pen: Pen, main: Colour, spark: Colour) -> None:
    """The button that keeps the doors open: two triangles pointing apart."""
    pen.ring(50, 50, 50, main, 9)
    pen.rect(46, 26, 8, 48, main, 3)
    pen.poly([(40, 30), (40, 70), (14, 50)], spark)
    pen.poly([(60, 30), (60, 70), (86, 50)], spark)


def child(pen: Pen, main: Colour, spark: Colour) -> None:
    """A grown-up holding a child's hand."""
    pen.circle(30, 14, 14, main)
    pen.rect(14, 32, 32, 66, main, 13)
    pen.circle(74, 44, 11, spark)
    pen.rect(62, 58, 24, 40, spark, 10)
    pen.line([(42, 58), (54, 68), (66, 66)], main, 8)
