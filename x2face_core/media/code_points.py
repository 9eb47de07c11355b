"""Code points of colours (ITU-T H.273) in headers: PNG's cICP, and nclx of AVIF and HEIF, which Pillow leaves out."""

from __future__ import annotations

from typing import IO

from x2face_core.media.colours import Space

CODED = "x2face colour space"
"""Key of the Space in a Pillow picture's `info`."""

_HEADER = 1 << 16  # bytes that are searched
_PNG = b"\x89PNG\r\n\x1a\n"
_NCLX = b"colrnclx"


def coded_space(file: IO[bytes]) -> Space | None:
    """The colour space of a PNG, AVIF or HEIF file by its code points; None without them, or where they are usual."""
    at = file.tell()
    file.seek(0)
    header = file.read(_HEADER)
    file.seek(at)  # decoders go on from where they were
    if header.startswith(_PNG):
        space = _of_png(header)
    elif header[4:8] == b"ftyp":
        space = _of_boxes(header)
    else:
        return None
    return None if space is None or space.usual else space


def _of_png(header: bytes) -> Space | None:
    at = len(_PNG)
    while at + 8 <= len(header):
        length, kind = int.from_bytes(header[at : at + 4], "big"), header[at + 4 : at + 8]
        if kind == b"cICP" and length == 4 and at + 10 <= len(header):
            return Space(header[at + 8], header[at + 9])
        if kind == b"IDAT":
            return None
        at += 12 + length
    return None


def _of_boxes(header: bytes) -> Space | None:
    """The first colour box with code points: 16 bits of primaries, 16 bits of transfer."""
    at = header.find(_NCLX)
    points = header[at + len(_NCLX) : at + len(_NCLX) + 4]
    if at < 0 or len(points) < 4:
        return None
    return Space(int.from_bytes(points[:2], "big"), int.from_bytes(points[2:], "big"))
