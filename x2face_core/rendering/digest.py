"""A checksum over the frames of a film, by which two runs are compared bit for bit."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import closing

import numpy as np

from x2face_core.media.pictures import Picture


class FramesDigest:
    """sha256 over the shape and the content of frames that pass through `of`. size: width and height of the last one"""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.size = (0, 0)

    def of(self, frames: Generator[Picture]) -> Generator[Picture]:
        """Pass the frames (h, w, 3) uint8 on, and add each to the checksum."""
        with closing(frames):
            for frame in frames:
                self.size = (frame.shape[1], frame.shape[0])
                self._sha256.update(str(frame.shape).encode())
                self._sha256.update(np.ascontiguousarray(frame).data)  # which is not copied
                yield frame

    def hexdigest(self) -> str:
        """Of the frames so far, in hexadecimal."""
        return self._sha256.hexdigest()
