"""Pasting a generated face back into the picture that it was cropped from."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from x2face_core.media.boxes import Box, kernel
from x2face_core.media.pictures import Picture

Span = tuple[int, int]
"""Start and stop of a range of rows or columns, in pixels."""


def paste_back(picture: Picture, generated: Picture, box: Box, feather: float = 0.1) -> Picture:
    """The picture with the content of the box replaced by `generated` (any square size), blended at the edge.

    feather: width of the blend inside the box, as a share of its side; 0 for a hard edge
    """
    answer, across, down = np.array(picture), *_touched(picture, box)
    if across[0] >= across[1] or down[0] >= down[1]:
        return answer
    share, (top, bottom, left, right) = _fade(box, across, down, feather)
    target, new = answer[slice(*down), slice(*across)], _placed(generated, box, across, down)
    edges = np.s_[:top], np.s_[bottom:], np.s_[top:bottom, :left], np.s_[top:bottom, right:]
    for edge in edges:
        old = target[edge].astype(np.uint16)
        target[edge] = (old * (256 - share[edge]) + new[edge] * share[edge] + 128) >> 8
    target[top:bottom, left:right] = new[top:bottom, left:right]
    return answer


def paste_masked(picture: Picture, generated: Picture, mask: Picture, box: Box) -> Picture:
    """As paste_back, but blended by a mask (h, w) uint8 of the generated face's size; 0 leaves the picture as it is."""
    answer, across, down = np.array(picture), *_touched(picture, box)
    if across[0] >= across[1] or down[0] >= down[1]:
        return answer
    share = _placed(mask, box, across, down)[..., None].astype(np.uint16)
    old = answer[slice(*down), slice(*across)].astype(np.uint16)
    new = _placed(generated, box, across, down)
    answer[slice(*down), slice(*across)] = (old * (255 - share) + new * share + 127) // 255
    return answer


def _touched(picture: Picture, box: Box) -> tuple[Span, Span]:
    """The columns and the rows of the picture that the box touches; empty or reversed if it touches none."""
    height, width = picture.shape[:2]
    across = max(0, floor(box.x)), min(width, ceil(box.x + box.side))
    return across, (max(0, floor(box.y)), min(height, ceil(box.y + box.side)))


def _placed(generated: Picture, box: Box, across: Span, down: Span) -> Picture:
    """(h, w, 3) or (h, w) `generated`, resampled to the picture's pixels that the box touches; edge pixels repeated."""
    scale = generated.shape[0] / box.side  # pixels of `generated` a pixel of the picture
    if scale == 1 and box == box.in_whole_pixels():
        x, y = int(box.x), int(box.y)
        return generated[down[0] - y : down[1] - y, across[0] - x : across[1] - x]
    room = ceil(scale)
    around = ((room, room), (room, room), (0, 0))[: generated.ndim]
    image = Image.fromarray(np.pad(generated, around, mode="edge"))
    x0, x1 = ((x - box.x) * scale + room for x in across)
    y0, y1 = ((y - box.y) * scale + room for y in down)
    return np.asarray(image.resize((across[1] - across[0], down[1] - down[0]), kernel(scale), box=(x0, y0, x1, y1)))


@lru_cache(maxsize=4)
def _fade(box: Box, across: Span, down: Span, feather: float) -> tuple[NDArray[np.uint16], tuple[int, int, int, int]]:
    """(h, w, 1) blending weights from 0 to 256; and top, bottom, left and right of the part where all are 256."""
    right = _ramp(across, box.x, box.side, feather)
    below = _ramp(down, box.y, box.side, feather)
    share = np.minimum(right[None, :], below[:, None])
    parts: NDArray[np.uint16] = np.round(256 * share * share * (3 - 2 * share)).astype(np.uint16)
    rows, columns = (np.flatnonzero((parts == 256).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return parts[..., None], (len(parts), len(parts), 0, 0)
    return parts[..., None], (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def _ramp(pixels: Span, start: float, side: float, feather: float) -> NDArray[np.float64]:
    centres = np.arange(*pixels) + 0.5 - start
    edge = np.minimum(centres, side - centres)
    ramp: NDArray[np.float64] = np.clip(edge / max(feather * side, 1e-6), 0, 1)
    return ramp
