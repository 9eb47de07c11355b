"""Masks of the face, its surroundings and the background, and of the opening between the lips."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

REGIONS = ("face", "near", "far")
NEAR = 0.28
"""Width of the region `near` around the face (hair, neck, shoulders), relative to the root of the face's area."""
_FOREHEAD = ((18, 0.22), (None, 0.29), (25, 0.22))
_INNER_LIPS = slice(60, 68)
_EYES = (slice(36, 42), slice(42, 48))
_AROUND_EYES = np.array([1.15, 1.6])  # across and down, relative to the outline of the lids
Floats = NDArray[np.float64]


def regions_of(landmarks: Floats, side: int) -> Tensor:
    """(3, side, side) bool masks of REGIONS, a partition of the pixels.

    landmarks: (68, 3) of the face in widths of the picture

    The face is the convex hull of the landmarks and three points on the forehead; `near` extends NEAR beyond each edge
    of the hull.
    """
    edges, area = _hull(_outline(landmarks))
    middle = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(middle, middle)
    away = (edges[:, :1, None] * x + edges[:, 1:2, None] * y + edges[:, 2:, None]).max(axis=0)
    reach = NEAR * np.sqrt(area)
    return torch.from_numpy(np.stack([away < 0, (away >= 0) & (away < reach), away >= reach]))


def _outline(landmarks: Floats) -> Floats:
    """(71, 2): the landmarks, and three points above the brows at the hairline."""
    points = landmarks[:, :2]
    upwards, between = points[27] - points[8], (points[21] + points[22]) / 2
    above = [(between if brow is None else points[brow]) + share * upwards for brow, share in _FOREHEAD]
    return np.concatenate([points, above])


def _hull(points: Floats) -> tuple[Floats, float]:
    """Convex hull: edges (k, 3) as a, b, c with a x + b y + c the outward distance, and its area."""
    from scipy.spatial import ConvexHull

    hull = ConvexHull(points)
    return hull.equations, float(hull.volume)


def between_lips(landmarks: Floats, side: int) -> Tensor:
    """(side, side) bool mask of the polygon of the inner lips of landmarks (68, 3)."""
    from skimage.draw import polygon2mask

    corners = landmarks[_INNER_LIPS, 1::-1] * side - 0.5  # rows, columns; pixel centres are integers
    return torch.from_numpy(polygon2mask((side, side), corners))


def eyes(landmarks: Floats, side: int) -> Tensor:
    """(side, side) bool mask of both eyes and the rims of their lids, of landmarks (68, 3)."""
    from skimage.draw import polygon2mask

    mask = np.zeros((side, side), bool)
    for points in (landmarks[eye, :2] for eye in _EYES):
        middle = points.mean(axis=0)
        outline = middle + (points - middle) * _AROUND_EYES
        mask |= polygon2mask((side, side), outline[:, ::-1] * side - 0.5)
    return torch.from_numpy(mask)
