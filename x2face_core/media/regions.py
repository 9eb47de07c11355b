"""Square regions of decoded frames, cut out before they are converted: a crop costs what it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from x2face_core.media.boxes import Box

FORMATS = ("yuv420p", "yuvj420p")
"""Pixel formats that can be cut: 8 bits, chroma at half the resolution."""


def cut_square(frame: VideoFrame, box: Box) -> VideoFrame:
    """The square of whole pixels nearest to the box; edge pixels are repeated beyond the frame.

    frame: of one of FORMATS; box: in its stored pixels. Chroma is taken from whole pixels of its own, so that it lies
    up to half a pixel off.
    """
    whole = box.in_whole_pixels()
    x, y, side = int(whole.x), int(whole.y), int(whole.side)
    part = VideoFrame(side, side, frame.format.name)
    for number, (plane, target) in enumerate(zip(frame.planes, part.planes, strict=True)):
        by = 2 if number else 1
        width, height, length = -(-frame.width // by), -(-frame.height // by), -(-side // by)
        stored, cut = _array(plane)[:height, :width], _array(target)[:length, :length]
        cut[:] = _square(stored, x // by, y // by, length)
    part.colorspace, part.color_range = frame.colorspace, frame.color_range
    return part


def _array(plane: Any) -> NDArray[np.uint8]:
    """(lines, bytes a line), the plane's memory, not copied."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)


def _square(plane: NDArray[np.uint8], x: int, y: int, length: int) -> NDArray[np.uint8]:
    height, width = plane.shape
    if x >= 0 and y >= 0 and x + length <= width and y + length <= height:
        return plane[y : y + length, x : x + length]
    rows, columns = (np.clip(np.arange(at, at + length), 0, size - 1) for at, size in ((y, height), (x, width)))
    return plane[rows[:, None], columns]
