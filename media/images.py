"""Opens an untrusted image: three formats, a ceiling on pixels before decoding, then every byte decoded."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from media.errors import Refused
from media.sentences import Code
from media.signatures import Format

MAX_PIXELS = 40_000_000
MIN_SIDE = 64

# What Pillow's three decoders raise on damaged input (each was seen on cut or bit-flipped files).
_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


def open_image(path: Path, format_: Format) -> Image.Image:
    """The fully decoded first frame, not yet turned by its EXIF orientation.

    Raises:
        Refused: damaged, cut short, animated, or more than 40 million pixels.
    """
    try:
        with Image.open(path, formats=[format_.name]) as header:
            _check_header(header, format_)
            header.verify()
        image = Image.open(path, formats=[format_.name])
        image.load()
    except Image.DecompressionBombError as error:
        raise Refused(Code.TOO_BIG_IMAGE, max_megapixels=MAX_PIXELS // 1_000_000) from error
    except _BROKEN as error:
        code = Code.TRUNCATED if "truncated" in str(error) else Code.DAMAGED
        raise Refused(code) from error
    return image


def _check_header(image: Image.Image, format_: Format) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Refused(Code.TOO_BIG_IMAGE, max_megapixels=MAX_PIXELS // 1_000_000)
    # Phones put a second, small picture into some JPEG files; that is not an animation.
    if format_ is not Format.JPEG and getattr(image, "is_animated", False):
        raise Refused(Code.ANIMATED)
