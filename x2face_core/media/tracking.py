"""Face tracks: one face in successive frames, and one square crop for all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from x2face_core.media.boxes import Box
from x2face_core.media.faces import Face, surest


@dataclass
class Track:
    """One face. faces: its rectangle in pixels of the picture, by number of the look or frame, in ascending order"""

    faces: dict[int, Face] = field(default_factory=dict)

    @property
    def last(self) -> Face:
        return next(reversed(self.faces.values()))

    @property
    def surest(self) -> float:
        """The highest detector score."""
        return surest(self.faces.values())

    def box(self, scale: float = 1.6, growth: float = math.inf) -> Box:
        """The square of the median face size, centred on the motion, enlarged where the face would leave it.

        scale: side of the square in sides of the face; growth: largest enlargement
        """
        x, y, w, h, _ = np.array(list(self.faces.values())).T
        size = float(np.median(w))
        centres = np.stack([x + w / 2, y + h / 2], axis=1)
        low, high = np.percentile(centres, [5, 95], axis=0)
        side = float(np.clip(float((high - low).max()) + 1.2 * size, scale * size, growth * scale * size))
        middle = (low + high) / 2
        return Box(float(middle[0]) - side / 2, float(middle[1]) - side / 2, side)


T = TypeVar("T", bound=Track)


def track_at(face: Face, tracks: Iterable[T], share: float = 0.2) -> T | None:
    """The first track whose last position overlaps the face. share: least intersection over union"""
    return next((track for track in tracks if overlap(face, track.last) > share), None)


def overlap(a: Face, b: Face) -> float:
    """Intersection over union."""
    wide = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    high = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    common = max(0.0, wide) * max(0.0, high)
    return common / (a.w * a.h + b.w * b.h - common)
