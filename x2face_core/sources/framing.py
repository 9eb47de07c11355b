"""What the frames of a film show of the source's picture: the networks' crop, or the whole head, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from x2face_core.errors import UsageError
from x2face_core.media.boxes import Box

HEAD = 2.0
"""Side of a view of the head, in sides of the face's rectangle."""
PLAIN, LARGE = 256, 512
"""Pixels a side of frames; the latter where the source has as many."""
_RAISED = 0.1  # of the face's side: by how much the view of a head lies higher than the face
_LEAST = 1.2  # sides of the crop; a view that shows hardly more than the crop is none


@dataclass(frozen=True)
class View:
    """The part of a picture that frames show, around the crop that the networks see.

    box: in the picture; side: of the frames in pixels
    inner: the crop's place in frames, in whole pixels; it may reach beyond them
    """

    box: Box
    side: int
    inner: Box


@dataclass(frozen=True)
class Framing:
    """shows: face, the crop; or head, with the hair, where the picture has it. side: of frames in pixels; None: by the
    pixels that the picture has, LARGE or PLAIN"""

    shows: Literal["face", "head"] = "head"
    side: int | None = None

    def __post_init__(self) -> None:
        if self.shows not in ("face", "head"):
            raise UsageError(f"crop_shows is {self.shows!r}; it may be head or face.")

    def view(self, crop: Box, scale: float, size: tuple[int, int]) -> View:
        """The view around a crop. scale: the crop's side in faces; size: width and height of the picture"""
        shown = _head(crop, crop.side / scale, size) if self.shows == "head" else crop
        side = self.side or (LARGE if shown.side >= LARGE else PLAIN)
        inner = max(1, round(side * crop.side / shown.side))
        pixel = crop.side / inner  # of a frame, in pixels of the picture
        x, y = (round((at - start) / pixel) for at, start in ((crop.x, shown.x), (crop.y, shown.y)))
        return View(Box(crop.x - x * pixel, crop.y - y * pixel, side * pixel), side, Box(x, y, inner))


def _head(crop: Box, face: float, size: tuple[int, int]) -> Box:
    """The square of HEAD faces within the picture; the crop itself where the picture has no room for it."""
    side = min(HEAD * face, *size)
    if side < _LEAST * crop.side:
        return crop
    middle = crop.x + crop.side / 2, crop.y + crop.side / 2 - _RAISED * face
    x, y = (min(max(0.0, at - side / 2), room - side) for at, room in zip(middle, size, strict=True))
    return Box(x, y, side)
