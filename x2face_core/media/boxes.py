"""Square crops of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite

import numpy as np
from PIL import Image

from x2face_core.errors import UsageError
from x2face_core.media.pictures import Picture

LARGEST = 100_000
"""Largest coordinate or side of a crop, in pixels."""

_NEAR = 8


@dataclass(frozen=True)
class Box:
    """A square in pixels of the upright picture: x, y of its upper left corner. It may extend beyond the picture."""

    x: float
    y: float
    side: float

    @classmethod
    def around(cls, face: Sequence[float], scale: float = 1.6) -> Box:
        """The square centred on a face's rectangle (x, y, w, h, …), with `scale` times its longer side."""
        x, y, w, h = face[:4]
        side = scale * max(w, h)
        return cls(x + w / 2 - side / 2, y + h / 2 - side / 2, side)

    @classmethod
    def parse(cls, text: str) -> Box:
        """Parse `x,y,w,h` in pixels; if w and h differ, the square of the longer side with the same centre. UsageError.

        Its numbers are at most LARGEST.
        """
        try:
            x, y, w, h = (float(part) for part in text.split(","))
        except ValueError:
            raise UsageError(
                f"crop {text!r}: expected auto, none or x,y,w,h in pixels, such as 120,40,400,400."
            ) from None
        if not (isfinite(x + y + w + h) and w >= 2 and h >= 2):
            raise UsageError(f"crop {text!r}: width and height must be at least 2 pixels.")
        if max(abs(x), abs(y), w, h) > LARGEST:
            raise UsageError(f"crop {text!r}: no number may be above {LARGEST}; pictures are smaller than that.")
        return cls.around((x, y, w, h), scale=1.0)

    @classmethod
    def given(cls, text: str, width: int, height: int, name: str) -> Box:
        """The box that the option --crop names: `none` for the largest centred square, or `x,y,w,h`.

        width, height: of the picture; name: of the picture, for the UsageError
        """
        if text == "none":
            return cls.whole(width, height)
        box = cls.parse(text)
        box.refuse_outside(width, height, name)
        return box

    @classmethod
    def whole(cls, width: int, height: int) -> Box:
        """The largest centred square of a picture, used when no face is searched for."""
        side = min(width, height)
        return cls((width - side) / 2, (height - side) / 2, side)

    def scaled(self, by: float) -> Box:
        """The same in a picture that is so many times as large."""
        return Box(self.x * by, self.y * by, self.side * by)

    def in_whole_pixels(self) -> Box:
        """The nearest box whose corner and side are whole pixels."""
        return Box(round(self.x), round(self.y), max(2, round(self.side)))

    def meets(self, width: int, height: int) -> bool:
        """Whether the box overlaps a picture of that size."""
        return self.x < width and self.y < height and self.x + self.side > 0 and self.y + self.side > 0

    def refuse_outside(self, width: int, height: int, name: str) -> None:
        """UsageError if the box does not overlap a picture of that size."""
        if not self.meets(width, height):
            place = f"{self.x:g},{self.y:g},{self.side:g},{self.side:g}"
            raise UsageError(f"crop {place}: lies outside {name}, which has {width}x{height} pixels.")


def crop(picture: Picture, box: Box, side: int) -> Picture:
    """Crop and resize to (side, side, 3): area averaging when reducing, edge pixels repeated beyond the picture."""
    picture, box = _nearer(picture, box, side)
    x0, y0 = floor(box.x), floor(box.y)
    x1, y1 = max(x0 + 1, ceil(box.x + box.side)), max(y0 + 1, ceil(box.y + box.side))
    part = _part(picture, x0, y0, x1, y1)
    if part.shape[0] == part.shape[1] == side == box.side:
        return np.array(part)
    within = (box.x - x0, box.y - y0, box.x - x0 + box.side, box.y - y0 + box.side)
    return np.array(Image.fromarray(part).resize((side, side), kernel(box.side / side), box=within))


def _nearer(picture: Picture, box: Box, side: int) -> tuple[Picture, Box]:
    """Reduce a large picture and its box if padding is needed, so that the padding takes little memory.

    Afterwards a pixel of the crop covers less than _NEAR pixels.
    """
    by = int(2 * box.side / (_NEAR * side))
    inside = box.x >= 0 and box.y >= 0 and box.x + box.side <= picture.shape[1] and box.y + box.side <= picture.shape[0]
    if by < 2 or inside:
        return picture, box
    return np.asarray(Image.fromarray(picture).reduce(by)), Box(box.x / by, box.y / by, box.side / by)


def _part(picture: Picture, x0: int, y0: int, x1: int, y1: int) -> Picture:
    height, width = picture.shape[:2]
    if x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height:
        return picture[y0:y1, x0:x1]
    rows, above_below = _inside(y0, y1, height)
    columns, left_right = _inside(x0, x1, width)
    return np.pad(picture[rows, columns], (above_below, left_right, (0, 0)), mode="edge")


def _inside(start: int, stop: int, size: int) -> tuple[slice, tuple[int, int]]:
    """The part of start … stop within 0 … size (at least one pixel), and the padding needed before and after."""
    first = min(max(start, 0), size - 1)
    last = max(min(stop, size), first + 1)
    missing = (stop - start) - (last - first)
    before = min(max(first - start, 0), missing)
    return slice(first, last), (before, missing - before)


def kernel(reduction: float) -> Image.Resampling:
    """Box filter from a reduction of 4 up; Hamming below, where the box filter would shift by a fraction of a pixel."""
    if reduction >= 4:
        return Image.Resampling.BOX
    return Image.Resampling.HAMMING if reduction > 1 else Image.Resampling.BICUBIC
