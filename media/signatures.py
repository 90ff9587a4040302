"""What a file is by its first bytes, never by its name (reference: OWASP ASVS 5.2.2)."""

from __future__ import annotations

from enum import StrEnum

from media.errors import Refused
from media.sentences import Code

HEAD_BYTES = 4096


class Format(StrEnum):
    """The five formats that are opened at all; everything else is refused unread."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    MP4 = "mp4"
    WEBM = "webm"

    @property
    def is_video(self) -> bool:
        return self in (Format.MP4, Format.WEBM)


_IMAGE_BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF"}
_STARTS: tuple[tuple[bytes, Code, str], ...] = (
    (b"GIF8", Code.OTHER_IMAGE, "GIF"),
    (b"BM", Code.OTHER_IMAGE, "BMP"),
    (b"II*\0", Code.OTHER_IMAGE, "TIFF"),
    (b"MM\0*", Code.OTHER_IMAGE, "TIFF"),
    (b"8BPS", Code.OTHER_IMAGE, "Photoshop"),
    (b"\0\0\0\x0cjP  ", Code.OTHER_IMAGE, "JPEG 2000"),
    (b"FLV", Code.OTHER_VIDEO, "FLV"),
    (b"0&\xb2u", Code.OTHER_VIDEO, "WMV"),
    (b"\0\0\x01\xba", Code.OTHER_VIDEO, "MPEG"),
    (b"%PDF", Code.OTHER_FILE, "PDF"),
    (b"PK\x03\x04", Code.OTHER_FILE, "nén hoặc tài liệu văn phòng"),
    (b"\xd0\xcf\x11\xe0", Code.OTHER_FILE, "tài liệu văn phòng"),
    (b"Rar!", Code.OTHER_FILE, "nén"),
    (b"7z\xbc\xaf", Code.OTHER_FILE, "nén"),
    (b"\x1f\x8b", Code.OTHER_FILE, "nén"),
    (b"ID3", Code.OTHER_FILE, "âm thanh"),
    (b"OggS", Code.OTHER_FILE, "âm thanh"),
    (b"MZ", Code.OTHER_FILE, "chương trình"),
    (b"\x7fELF", Code.OTHER_FILE, "chương trình"),
)


def format_of(head: bytes) -> Format:
    """The format whose signature ``head`` (the first 4 KiB) carries.

    Raises:
        Refused: it is none of the five; the sentence names what it is when that can be told.
    """
    if not head:
        raise Refused(Code.EMPTY)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[4:8] == b"ftyp":
        return _iso_media(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(head)
    raise _named(head)


def _iso_media(brand: bytes) -> Format:
    if brand in _IMAGE_BRANDS:
        raise Refused(Code.OTHER_IMAGE, name=_IMAGE_BRANDS[brand])
    if brand == b"qt  ":
        raise Refused(Code.OTHER_VIDEO, name="QuickTime (MOV)")
    return Format.MP4


def _matroska(head: bytes) -> Format:
    if b"\x42\x82\x84webm" in head:
        return Format.WEBM
    raise Refused(Code.OTHER_VIDEO, name="Matroska (MKV)")


def _named(head: bytes) -> Refused:
    if head[:4] == b"RIFF":
        return Refused(Code.OTHER_VIDEO, name="AVI") if head[8:12] == b"AVI " else Refused(Code.UNKNOWN_TYPE)
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return Refused(Code.OTHER_VIDEO, name="QuickTime (MOV)")
    for start, code, name in _STARTS:
        if head.startswith(start):
            return Refused(code, name=name)
    return _named_text(head.lstrip(b"\xef\xbb\xbf \t\r\n").lower())


def _named_text(text: bytes) -> Refused:
    if text.startswith((b"#extm3u", b"ffconcat", b"[playlist]")):
        return Refused(Code.PLAYLIST_TEXT)
    if b"<svg" in text:
        return Refused(Code.OTHER_IMAGE, name="SVG")
    if text.startswith((b"<!doctype html", b"<html")):
        return Refused(Code.OTHER_FILE, name="trang web")
    return Refused(Code.UNKNOWN_TYPE)
