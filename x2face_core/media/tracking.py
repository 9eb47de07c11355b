"""One face followed through a film: where it is from look to look, and one square for all of it."""

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
    """faces: number of the look, or of the frame, to the face's rectangle there, in pixels of the picture."""

    faces: dict[int, Face] = field(default_factory=dict)

    @property
    def last(self) -> Face:
        return self.faces[max(self.faces)]

    @property
    def surest(self) -> float:
        """The detector's score of its surest look."""
        return surest(self.faces.values())

    def box(self, scale: float = 1.6, growth: float = math.inf) -> Box:
        """The square of the median size about the middle of the motion, grown where the face would leave it.

        scale: side of the square in sides of the face; growth: how many times as large it may become at most
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
    """The first track that was last seen where the face is. share: intersection over union that counts as there"""
    return next((track for track in tracks if overlap(face, track.last) > share), None)


def overlap(a: Face, b: Face) -> float:
    """Intersection over union."""
    wide = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    high = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    common = max(0.0, wide) * max(0.0, high)
    return common / (a.w * a.h + b.w * b.h - common)
