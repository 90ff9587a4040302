"""Colours and the text styles that every sample shares: one family, one accent for each subject."""

from __future__ import annotations

from dataclasses import dataclass

from media.fonts import Weight
from media.samples.canvas import Canvas, Colour, Style

INK = "#16263A"
SLATE = "#4A5A6B"
PAPER = "#FBF8F1"
WHITE = "#FFFFFF"
SKIN = "#F0C4A0"
TAN = "#D9A173"
HAIR = "#2B2A33"
STEEL = "#C9D3DC"
RED = "#D8412F"
SERIES = "Cầu thang pháp luật"
KIND = "Tài liệu mẫu"


@dataclass(frozen=True, slots=True)
class Theme:
    """A subject's colours, from the darkest ground to the spark that draws the eye."""

    deep: Colour
    accent: Colour
    soft: Colour
    spark: Colour


GREEN = Theme("#0E4F3C", "#1F8A62", "#DDF0E4", "#F4B740")
INDIGO = Theme("#2F2B6B", "#5B54C4", "#E7E5F8", "#F4A259")
BLUE = Theme("#123C6B", "#1E6BB8", "#DCEAF7", "#F26B3A")
NIGHT = Theme("#14303D", "#1F7A80", "#D9ECEC", "#F2A65A")
AMBER = Theme("#6B2F17", "#CE6A2B", "#FCE9D8", "#2F8F83")
DUSK = Theme("#1D2A4D", "#46558C", "#E4E8F5", "#FFC766")


def heading(size: int, colour: Colour = INK) -> Style:
    return Style(Weight.EXTRABOLD, size, colour)


def bold(size: int, colour: Colour = INK) -> Style:
    return Style(Weight.BOLD, size, colour)


def plain(size: int, colour: Colour = SLATE) -> Style:
    return Style(Weight.MEDIUM, size, colour)


def series_mark(canvas: Canvas, x: float, baseline: float, colour: Colour, spark: Colour) -> None:
    """The series' sign, three rising steps, and its name."""
    for step in range(3):
        height = 12 + 12 * step
        canvas.rect(x + 16 * step, baseline + 2 - height, 12, height, spark, 3)
    canvas.text(x + 62, baseline, SERIES, Style(Weight.SEMIBOLD, 32, colour))
