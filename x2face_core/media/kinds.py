"""Picture formats that can be read, and hints for those that cannot."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FORMATS = (
    "JPEG",
    "MPO",
    "PNG",
    "WEBP",
    "GIF",
    "BMP",
    "DIB",
    "TIFF",
    "JPEG2000",
    "AVIF",
    "HEIF",
    "PPM",
    "TGA",
    "ICO",
    "PSD",
    "SGI",
    "PCX",
    "QOI",
)
"""Pillow's names of the formats that are read. Others are refused: EPS, for one, would be run by Ghostscript."""

PICTURE_SUFFIXES = {
    ".avif",
    ".bmp",
    ".heic",
    ".heif",
    ".jfif",
    ".jpe",
    ".jpeg",
    ".jpg",
    ".png",
    ".tif",
    ".tiff",
    ".webp",
}
"""Lower-case suffixes of pictures in a folder."""


class Unreadable(NamedTuple):
    """A file format that may not be readable.

    name: for messages; remedy: what the user can do; form: Pillow's name, if some versions of Pillow read it
    """

    name: str
    remedy: str
    form: str = ""


_HEIC = Unreadable("a HEIC picture", "`pip install pillow-heif` lets it be read, or export it as JPEG", "HEIF")
_AVIF = Unreadable("an AVIF picture", "`pip install --upgrade pillow` lets it be read, or export it as JPEG", "AVIF")
_JXL = Unreadable("a JPEG XL picture", "export it as JPEG or PNG")
_DRAWING = "export it as PNG"
_BEGINNINGS = {
    b"%!": Unreadable("a PostScript file", _DRAWING),
    b"\xc5\xd0\xd3\xc6": Unreadable("a PostScript file", _DRAWING),
    b"%PDF": Unreadable("a PDF file", _DRAWING),
    b"<svg": Unreadable("an SVG drawing", _DRAWING),
    b"\xff\x0a": _JXL,
    b"\0\0\0\x0cJXL ": _JXL,
}
_BRANDS = {**dict.fromkeys((b"heic", b"heix", b"mif1", b"hevc", b"msf1"), _HEIC), b"avif": _AVIF, b"avis": _AVIF}


def unreadable_format(path: Path) -> Unreadable | None:
    """Identify an unreadable file by its first bytes; None if they are unknown."""
    with path.open("rb") as file:
        start = file.read(32)
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12])
    return next((kind for beginning, kind in _BEGINNINGS.items() if start.startswith(beginning)), None)
