"""Turns an image into a still of exactly the screen's size: upright, sRGB, calm around the edges, no metadata."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageEnhance, ImageFilter, ImageOps

from media.fitting import ScreenClass, scale_to_fit
from media.images import open_image
from media.probe import Probed
from playlists.model import MediaType

PAPER = (255, 255, 255)  # what transparent parts of a picture lie on
JPEG_QUALITY = 90
MAX_PNG_BYTES = 4 * 1024 * 1024
FLAT_SHARE = 0.6  # of neighbouring pixels exactly equal: drawings are above it, photographs far below (measured)
EDGE_SPREAD = 6.0  # of 255: a border this even is one colour to the eye and simply goes on
BAND_STEP, BAND_SHARE = 6, 0.97  # a drawing's border may go on as bands when so few neighbours on it differ by more


def render_still(source: Path, probed: Probed, screen_class: ScreenClass, made: Path) -> MediaType:
    """Write the still to ``made``; drawings become PNG, photographs JPEG."""
    image = upright(source, probed)
    data, media_type = _encoded(compose(image, screen_class), is_flat(image))
    made.write_bytes(data)
    return media_type


def upright(source: Path, probed: Probed) -> Image.Image:
    """The image as a viewer should see it: turned by its EXIF orientation, in sRGB, opaque."""
    image = ImageOps.exif_transpose(open_image(source, probed.format))
    image = _eight_bits(image)
    image = _on_paper(image) if image.has_transparency_data else image
    return _in_srgb(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image, dtype=np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    return image


def _on_paper(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    seen = image.convert("RGBA")
    paper = Image.new("RGBA", seen.size, (*PAPER, 255))
    paper.alpha_composite(seen)
    opaque = paper.convert("RGB")
    if profile and image.mode in ("RGB", "RGBA"):
        opaque.info["icc_profile"] = profile
    return opaque


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile:
        try:
            embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, embedded, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # an unreadable profile is dropped, as every viewer does
        if converted is not None:
            return converted
    return image.convert("RGB")


def compose(image: Image.Image, screen_class: ScreenClass) -> Image.Image:
    """The whole image as large as fits, centred on a background drawn from itself."""
    width, height = screen_class.width, screen_class.height
    scale = scale_to_fit(*image.size, screen_class)
    size = (min(width, round(image.width * scale)), min(height, round(image.height * scale)))
    fitted = image.resize(size, Image.Resampling.LANCZOS) if size != image.size else image
    if size == (width, height):
        return fitted
    if (extended := extend(fitted, width, height)) is not None:
        return extended
    canvas = blurred(image, width, height)
    canvas.paste(fitted, ((width - size[0]) // 2, (height - size[1]) // 2))
    return canvas


def extend(fitted: Image.Image, width: int, height: int) -> Image.Image | None:
    """The picture carried on to the screen's edges by its own border, or None when that border is too lively.

    A border of one colour goes on as that colour; a drawing's bands of colour go on as bands.
    """
    pixels = np.asarray(fitted)
    across, down = width - fitted.width, height - fitted.height
    border = np.concatenate((pixels[:, 0], pixels[:, -1]) if across > down else (pixels[0], pixels[-1])).astype(
        np.int16
    )
    if float(border.std(axis=0).max()) <= EDGE_SPREAD:
        red, green, blue = (round(float(part)) for part in np.median(border, axis=0))
        canvas = Image.new("RGB", (width, height), (red, green, blue))
        canvas.paste(fitted, (across // 2, down // 2))
        return canvas
    steps = np.abs(np.diff(border, axis=0)).max(axis=1)
    if float((steps <= BAND_STEP).mean()) < BAND_SHARE or not is_flat(fitted):
        return None
    margins = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return Image.fromarray(np.pad(pixels, margins, mode="edge"))


def blurred(image: Image.Image, width: int, height: int) -> Image.Image:
    """The image itself, large, soft and dim: a background for pictures whose border cannot go on."""
    small = ImageOps.fit(image, (max(1, width // 16), max(1, height // 16)), Image.Resampling.BOX)
    soft = small.filter(ImageFilter.GaussianBlur(6)).resize((width, height), Image.Resampling.BICUBIC)
    return ImageEnhance.Brightness(soft).enhance(0.45)


def is_flat(image: Image.Image) -> bool:
    """Whether it is drawn (even areas, sharp edges) rather than photographed."""
    left, top = max(0, image.width // 2 - 1000), max(0, image.height // 2 - 1000)
    pixels = np.asarray(image.crop((left, top, min(image.width, left + 2000), min(image.height, top + 2000))))
    same = (pixels[:, 1:] == pixels[:, :-1]).all(axis=2)
    return float(same.mean()) >= FLAT_SHARE


def _encoded(image: Image.Image, flat: bool) -> tuple[bytes, MediaType]:
    if flat:
        data = _saved(image, "PNG", compress_level=6)
        if len(data) <= MAX_PNG_BYTES:
            return data, MediaType.PNG
    sampling = "4:4:4" if flat else "4:2:0"
    return _saved(image, "JPEG", quality=JPEG_QUALITY, subsampling=sampling, optimize=True), MediaType.JPEG


def _saved(image: Image.Image, format_: str, **options: object) -> bytes:
    image.info = {}  # profiles, comments and text chunks would follow the pixels otherwise
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()
