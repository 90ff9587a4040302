"""Be Vietnam Pro as installed with the package: faces, ink, and whether a face can write a text at all.

Its capitals with two marks rise 0.20 em above the font's own ascent (reference: domain F2): ink reaches from 1.23 em
above the baseline to 0.26 em below it. So lines are 1.5 em high and boxes are measured by ink, never by ascent.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import fontpkg_be_vietnam_pro
from PIL import ImageFont

LINE = 1.5
BASELINE = 1.24  # em below the top of a line
NO_BREAK = "\u00a0"
Box = tuple[float, float, float, float]


class Weight(StrEnum):
    """The faces we draw with."""

    REGULAR = "Regular"
    MEDIUM = "Medium"
    SEMIBOLD = "SemiBold"
    BOLD = "Bold"
    EXTRABOLD = "ExtraBold"


@lru_cache(maxsize=128)
def face(weight: Weight, size_px: int) -> ImageFont.FreeTypeFont:
    """The face at a size in pixels per em."""
    path = Path(fontpkg_be_vietnam_pro.__file__).parent / "files" / f"BeVietnamPro-{weight}.ttf"
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)


def missing(text: str, weight: Weight = Weight.REGULAR) -> str:
    """The characters of ``text`` that the face has no glyph for."""
    font = face(weight, 64)
    nothing = _glyph(font, "\U000f0000")
    return "".join(sorted({mark for mark in text if not mark.isspace() and _glyph(font, mark) == nothing}))


def _glyph(font: ImageFont.FreeTypeFont, mark: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(mark)
    return mask.size, bytes(mask)


def ink(text: str, font: ImageFont.FreeTypeFont) -> Box:
    """The box of the drawn pixels, relative to the start of the baseline: left, top, right, bottom."""
    return font.getbbox(text, anchor="ls")


def check(text: str, weight: Weight) -> None:
    """Raise ``ValueError`` unless the text is NFC and the face can write all of it."""
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError(f"not in NFC: {text!r}")
    if lacking := missing(text, weight):
        raise ValueError(f"no glyph for {lacking!r} in {text!r}")


def wrap(text: str, font: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    """Lines no wider than ``width_px``, as even as can be; breaks at spaces only, never at a no-break space."""
    if "\n" in text:
        return [line for part in text.split("\n") for line in wrap(part, font, width_px)]
    lines = _greedy(text, font, width_px)
    low, high = width_px / 2, width_px
    while high - low > 4:  # the narrowest width that still gives as few lines
        middle = (low + high) / 2
        if len(_greedy(text, font, middle)) > len(lines):
            low = middle
        else:
            high = middle
    return _greedy(text, font, high)


def _greedy(text: str, font: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
