"""People, animals, plants and things for the scenes, each in a pen's square."""

from __future__ import annotations

from dataclasses import dataclass

from media.samples.canvas import Colour
from media.samples.palette import HAIR, INK, SKIN, STEEL, WHITE
from media.samples.pen import Pen


@dataclass(frozen=True, slots=True)
class Person:
    """What someone wears; ``long_hair`` falls to the shoulders."""

    shirt: Colour
    trousers: Colour = INK
    hair: Colour = HAIR
    skin: Colour = SKIN
    long_hair: bool = False


def person(pen: Pen, who: Person, hand: tuple[float, float] | None = None) -> None:
    """Standing, facing us; the right arm reaches ``hand`` when it is given."""
    if who.long_hair:
        pen.rect(38.5, 6, 23, 28, who.hair, 10)
    for left in (41, 51):
        pen.rect(left, 58, 8.2, 38, who.trousers, 3)
        pen.rect(left - (2 if left == 41 else 0), 94, 10.5, 5, INK, 2.5)
    reach = hand or (65.5, 58)
    for shoulder, end in (((40.5, 37), (34.5, 58)), ((59.5, 37), reach)):
        pen.line([shoulder, end], who.shirt, 6.6)
        pen.circle(end[0], end[1], 3.5, who.skin)
    pen.rect(47, 24, 6, 10, who.skin, 3)
    pen.rect(38, 31.5, 24, 33, who.shirt, 7)
    pen.circle(50, 14, 11, who.hair)
    pen.circle(50, 17.5, 9, who.skin)
    for x in (46.6, 53.4):
        pen.circle(x, 17.5, 1.1, INK)
    pen.arc((50, 18.6), 3.6, (35, 145), INK, 0.9)


def dog(pen: Pen, coat: Colour, dark: Colour, collar: Colour) -> None:
    """Standing, looking to the right."""
    pen.line([(18, 48), (8, 36), (8, 24)], coat, 6)
    for left, colour in ((22, dark), (62, dark), (30, coat), (54, coat)):
        pen.rect(left, 58, 9, 36, colour, 4)
        pen.rect(left, 88, 12, 7, colour, 3.5)
    pen.rect(16, 40, 54, 30, coat, 15)
    pen.line([(62, 50), (74, 28)], coat, 22)
    pen.line([(61, 37), (75, 45)], collar, 5)
    pen.circle(76, 22, 16, coat)
    pen.rect(76, 20, 22, 15, coat, 7)
    pen.ellipse(96, 23, 4, 3.6, INK)
    pen.ellipse(66, 22, 6.5, 13, dark)
    pen.circle(81, 17, 2.4, INK)
    pen.line([(86, 31), (94, 30)], dark, 2)


def cat(pen: Pen, coat: Colour, light: Colour, collar: Colour) -> None:
    """Sitting, facing us."""
    pen.arc((76, 78), 17, (-30, 120), coat, 8)
    pen.ellipse(50, 74, 25, 26, coat)
    pen.ellipse(50, 80, 13, 18, light)
    for left in (36, 53):
        pen.rect(left, 78, 11, 22, coat, 5.5)
    pen.poly([(28, 38), (27, 6), (50, 22)], coat)
    pen.poly([(72, 38), (73, 6), (50, 22)], coat)
    pen.poly([(32, 26), (31, 14), (40, 21)], light)
    pen.poly([(68, 26), (69, 14), (60, 21)], light)
    pen.ellipse(50, 36, 25, 21, coat)
    pen.rect(36, 53, 28, 6, collar, 3)
    pen.circle(50, 60, 4, "#FFD166")
    for middle in (40, 60):
        pen.ellipse(middle, 34, 3.2, 4.4, INK)
    pen.poly([(46.5, 41), (53.5, 41), (50, 45)], "#E58A7B")
    for side in (-1, 1):
        pen.line([(50 + side * 12, 43), (50 + side * 30, 40)], light, 1.4)
        pen.line([(50 + side * 12, 46), (50 + side * 30, 48)], light, 1.4)


def tree(pen: Pen, leaves: Colour, shade: Colour, trunk: Colour = "#7A5436") -> None:
    pen.rect(46, 58, 8, 42, trunk, 2)
    pen.line([(50, 74), (62, 62)], trunk, 4)
    for x, y, radius, colour in ((34, 44, 21, shade), (66, 44, 21, leaves), (50, 26, 24, leaves), (50, 50, 22, leaves)):
        pen.circle(x, y, radius, colour)
    pen.circle(42, 24, 9, shade)


def plant(pen: Pen, leaves: Colour, pot: Colour) -> None:
    for tip in ((18, 14), (36, 0), (64, 0), (82, 14)):
        pen.line([(50, 62), tip], leaves, 9)
    pen.poly([(28, 58), (72, 58), (65, 100), (35, 100)], pot)


def wheelie_bin(pen: Pen, body: Colour, lid: Colour) -> None:
    pen.poly([(16, 22), (84, 22), (76, 94), (24, 94)], body)
    pen.rect(10, 12, 80, 12, lid, 5)
    pen.rect(38, 4, 24, 10, lid, 4)
    pen.circle(30, 95, 6, INK)
    pen.circle(70, 95, 6, INK)


def car(pen: Pen, body: Colour, glass: Colour = "#CFE3F5") -> None:
    """Driving to the right; the square's lower half."""
    pen.poly([(22, 52), (34, 28), (68, 28), (82, 52)], body)
    pen.poly([(29, 50), (38, 34), (50, 34), (50, 50)], glass)
    pen.poly([(54, 50), (54, 34), (65, 34), (74, 50)], glass)
    pen.rect(4, 48, 92, 26, body, 9)
    pen.rect(90, 54, 7, 8, "#FFE08A", 3)
    pen.rect(3, 54, 5, 9, "#E5483A", 2)
    for x in (26, 74):
        pen.circle(x, 74, 12, INK)
        pen.circle(x, 74, 5, STEEL)


def scooter(pen: Pen, body: Colour, shirt: Colour, helmet: Colour) -> None:
    """A rider with a helmet, going to the right."""
    for x in (20, 82):
        pen.circle(x, 82, 14, INK)
        pen.circle(x, 82, 6, STEEL)
    pen.line([(80, 78), (70, 42)], STEEL, 5)
    pen.line([(62, 42), (74, 38)], INK, 5)
    pen.poly([(8, 64), (48, 60), (56, 78), (70, 78), (74, 56), (80, 60), (78, 86), (34, 86), (30, 72), (12, 76)], body)
    pen.rect(14, 56, 34, 9, INK, 4)
    pen.line([(38, 58), (58, 62), (60, 80)], "#2D3E55", 10)
    pen.line([(36, 56), (42, 30)], shirt, 20)
    pen.line([(44, 34), (54, 46), (66, 42)], shirt, 8)
    pen.circle(67, 41, 4, SKIN)
    pen.circle(48, 14, 11, SKIN)
    pen.pie((47, 13), 14, (170, 350), helmet)
    pen.line([(38, 16), (46, 26)], INK, 2.4)


def bicycle(pen: Pen, colour: Colour) -> None:
    for x in (22, 78):
        pen.ring(x, 70, 20, INK, 5)
    pen.line([(22, 70), (40, 42), (70, 42), (50, 70), (22, 70)], colour, 5)
    pen.line([(50, 70), (38, 34)], colour, 5)
    pen.line([(78, 70), (68, 32), (78, 28)], colour, 5)
    pen.line([(30, 34), (46, 34)], INK, 6)


def cloud(pen: Pen, colour: Colour = WHITE) -> None:
    for x, y, radius in ((24, 60, 16), (46, 48, 22), (70, 56, 18)):
        pen.circle(x, y, radius, colour)
    pen.rect(10, 58, 78, 18, colour, 9)
