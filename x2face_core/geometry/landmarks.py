"""The 68 landmarks in iBUG order, three more on the forehead, and the canonical layout of the embedded face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_JAW = list(range(16, -1, -1))
_BROWS = list(range(26, 16, -1))
_NOSE = [27, 28, 29, 30, 35, 34, 33, 32, 31]
_EYES = [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
_LIPS = [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
MIRROR = np.array([*_JAW, *_BROWS, *_NOSE, *_EYES, *_LIPS, 70, 69, 68])
"""Permutation of the 71 landmarks for a mirrored picture."""

MIRROR_WITH_IRISES = np.array([*MIRROR, 72, 71])
"""The same for 73 landmarks, the irises last (with_irises)."""

RIGID = np.array([0, 1, 2, 14, 15, 16, 27, 28, 29, 30, 31, 33, 35, 36, 39, 42, 45])
"""Landmarks that are nearly rigid under speech and expression: upper jaw line, nose, corners of the eyes."""

EYES = np.arange(36, 48)
LIPS = np.arange(48, 68)
INNER_LIPS = ((61, 67), (62, 66), (63, 65))
"""Pairs of upper and lower inner lip."""

LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))
"""Pairs of upper and lower lid."""

IRIS_CORNERS = ((71, 36), (71, 39), (72, 42), (72, 45))
"""Pairs of iris and eye corner."""

POINTS = 71
POINTS_WITH_IRISES = 73
LAYOUT_GAZE = (0.0, -0.07)
"""Gaze of the canonical layout (see with_irises): the median of faces that look at the camera."""


def with_forehead(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 68, 3) in [0, 1] of the crop to (n, 71, 3) in normalised coordinates (-1..1); three points are added.

    These lie above the outer and inner brows, by 0.35 and 0.45 times the distance from chin to bridge of the nose.
    """
    points = landmarks * 2 - np.array([1, 1, 0], np.float32)
    upwards = points[:, 27] - points[:, 8]
    between = (points[:, 21] + points[:, 22]) / 2
    above = [points[:, 18] + 0.35 * upwards, between + 0.45 * upwards, points[:, 25] + 0.35 * upwards]
    return np.concatenate([points, np.stack(above, axis=1)], axis=1)


def with_irises(landmarks: NDArray[np.float32], gaze: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 71, 3) landmarks and (n, 2) gaze to (n, 73, 3): the irises are appended, the left one of the picture first.

    gaze: offset of the iris from the middle of the eye corners in eye widths, right and down positive, for both eyes
    """
    irises = [_iris(landmarks[:, left], landmarks[:, right], gaze) for left, right in ((36, 39), (42, 45))]
    return np.concatenate([landmarks, np.stack(irises, axis=1)], axis=1).astype(np.float32)


def _iris(left: NDArray[np.float32], right: NDArray[np.float32], gaze: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 3) position of an iris: gaze along the line between the eye corners, and perpendicular to it."""
    along = right - left
    down = np.stack([-along[:, 1], along[:, 0], np.zeros(len(along))], axis=1)
    iris = (left + right) / 2 + gaze[:, :1] * along + gaze[:, 1:] * down
    return iris.astype(np.float32)


def canonical_layout(landmarks: NDArray[np.float32], openness: float = 0.85) -> NDArray[np.float32]:
    """(n, 71, 3) to (71, 3): the symmetrised mean of the frames with the widest open mouths.

    The mean of all frames has a nearly closed mouth, which no warp can open again, so only frames above the quantile
    `openness` of the gap between the inner lips count.
    """
    gap = np.linalg.norm(landmarks[:, 62, :2] - landmarks[:, 66, :2], axis=1)
    height = np.linalg.norm(landmarks[:, 27, :2] - landmarks[:, 8, :2], axis=1)
    share = gap / np.maximum(height, 1e-6)
    mean = landmarks[share >= np.quantile(share, openness)].mean(axis=0)
    layout: NDArray[np.float32] = (mean + mean[MIRROR] * np.array([-1, 1, 1])) / 2
    return layout.astype(np.float32)
