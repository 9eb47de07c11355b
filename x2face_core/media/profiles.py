"""Colour profiles, code points and EXIF orientation of pictures."""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms

from x2face_core.media.code_points import CODED
from x2face_core.media.colours import ADOBE, Space

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # a profile's colour space: Pillow's mode
_ODD = (ImageCms.PyCMSError, OSError, ValueError, TypeError, LookupError, SyntaxError, OverflowError, struct.error)

_ORIENTATION, _INDEX = 0x0112, 1  # tags of EXIF, and of its part on exchange
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image: Image.Image) -> Image.Image:
    """The picture rotated by its EXIF orientation; unchanged if that is broken."""
    turn = _TURNS.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 … 8; some programs store it as text, as a list or as a fraction."""
    try:
        tag: Any = image.getexif().get(_ORIENTATION, 1)
        while isinstance(tag, (tuple, list)):
            tag = tag[0]
        if isinstance(tag, bytes):
            tag = tag[0] if tag[0] <= 8 else tag.strip(b"\0 ")
        return int(tag)
    except (*_ODD, ArithmeticError):
        return 1


def in_srgb(image: Image.Image) -> Image.Image:
    """Convert to sRGB as RGB or RGBA, by code points or profile; unchanged without, or if broken or sRGB's own."""
    if image.mode.startswith("I") or image.mode == "F":
        return image
    if (space := image.info.get(CODED)) is not None:
        return _decoded(image, space)
    profile = image.info.get("icc_profile")
    if not profile:
        return Image.fromarray(ADOBE.to_srgb(np.asarray(image))) if _says_adobe(image) else image
    try:
        return _transformed(image, profile)
    except _ODD:
        return image


def _decoded(image: Image.Image, space: Space) -> Image.Image:
    answer = Image.fromarray(space.to_srgb(np.asarray(image.convert("RGB"))))
    if image.has_transparency_data:
        answer.putalpha(image.convert("RGBA").getchannel("A"))
    return answer


def _transformed(image: Image.Image, profile: bytes) -> Image.Image:
    change = _change(profile)
    if change is None:
        return image
    mode, transform = change
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if "CMYK" in (mode, image.mode) and mode != image.mode:
        return image
    answer = ImageCms.applyTransform(image if image.mode == mode else image.convert(mode), transform)
    if answer is None:
        return image
    if alpha is not None:
        answer.putalpha(alpha)
    return answer


@lru_cache(maxsize=8)
def _change(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform] | None:
    """Pillow's mode for a profile, and the transform to sRGB; None if the profile is sRGB's own or unknown."""
    own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _MODES.get(own.profile.xcolor_space.strip())
    if mode is None or "srgb" in ImageCms.getProfileDescription(own).lower():
        return None
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    srgb = ImageCms.createProfile("sRGB")
    return mode, ImageCms.buildTransform(own, srgb, mode, "RGB", renderingIntent=intent, flags=flags)


def _says_adobe(image: Image.Image) -> bool:
    """Whether EXIF declares Adobe RGB (DCF option R03), as cameras do that embed no profile."""
    if image.mode != "RGB":
        return False
    try:
        return str(image.getexif().get_ifd(ExifTags.IFD.Interop).get(_INDEX)).strip("\0 ") == "R03"
    except (*_ODD, ArithmeticError):
        return False
