"""Putting a generated face back into its picture."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from x2face_core.media.boxes import Box, crop
from x2face_core.media.pictures import Picture


def paste_back(picture: Picture, generated: Picture, box: Box, feather: float = 0.1) -> Picture:
    """The picture with the box's content replaced by `generated` (any square size), its edge faded.

    feather: width of the fade within the box, as a share of its side; 0 for a hard edge
    """
    height, width = picture.shape[:2]
    x0, y0 = max(0, floor(box.x)), max(0, floor(box.y))
    x1, y1 = min(width, ceil(box.x + box.side)), min(height, ceil(box.y + box.side))
    answer = np.array(picture)
    if x0 >= x1 or y0 >= y1:
        return answer
    new = _placed(generated, box)[y0 - floor(box.y) : y1 - floor(box.y), x0 - floor(box.x) : x1 - floor(box.x)]
    share = _fade(box, feather)[y0 - floor(box.y) : y1 - floor(box.y), x0 - floor(box.x) : x1 - floor(box.x)]
    old = answer[y0:y1, x0:x1].astype(np.uint16)
    answer[y0:y1, x0:x1] = (old * (256 - share) + new * share + 128) >> 8
    return answer


def _placed(generated: Picture, box: Box) -> Picture:
    """(n, n, 3) with a pixel for each that the box touches."""
    scale = generated.shape[0] / box.side  # pixels of `generated` a pixel of the picture
    count = _touched(box)
    start = Box((floor(box.x) - box.x) * scale, (floor(box.y) - box.y) * scale, count * scale)
    return crop(generated, start, count)


def _touched(box: Box) -> int:
    return max(ceil(box.x + box.side) - floor(box.x), ceil(box.y + box.side) - floor(box.y))


@lru_cache(maxsize=4)
def _fade(box: Box, feather: float) -> NDArray[np.uint16]:
    """(n, n, 1) in 0 … 256: how much of the new picture each touched pixel takes."""
    across = _ramp(box.x - floor(box.x), box.side, _touched(box), feather)
    down = _ramp(box.y - floor(box.y), box.side, _touched(box), feather)
    share = np.minimum(across[None, :], down[:, None])
    parts: NDArray[np.uint16] = np.round(256 * share * share * (3 - 2 * share)).astype(np.uint16)
    return parts[..., None]


def _ramp(start: float, side: float, count: int, feather: float) -> NDArray[np.float64]:
    centres = np.arange(count) + 0.5 - start
    edge = np.minimum(centres, side - centres)
    ramp: NDArray[np.float64] = np.clip(edge / max(feather * side, 1e-6), 0, 1)
    return ramp
