"""Signed distances of simple bodies, and ways to join and cut them; everything a head is made of.

A place is three arrays (x, y, z), float32, of one shape: x to the picture's right, y up, z towards the camera.
A distance is positive outside. The smooth joins are the polynomial ones: `k` is the width of the seam.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Place = tuple[Array, Array, Array]
Point = tuple[float, float, float]


def ball(p: Place, centre: Point, radius: float) -> Array:
    """Distance to a ball."""
    x, y, z = p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]
    return np.sqrt(x * x + y * y + z * z) - radius


def egg(p: Place, centre: Point, radii: Point) -> Array:
    """Distance to an ellipsoid, to first order."""
    a, b, c = ((p[i] - centre[i]) / radii[i] for i in range(3))
    length = np.sqrt(a * a + b * b + c * c) + 1e-6
    a, b, c = a / radii[0], b / radii[1], c / radii[2]
    return length * (length - 1) / (np.sqrt(a * a + b * b + c * c) + 1e-6)


def limb(p: Place, start: Point, end: Point, first: float, last: float) -> Array:
    """Distance to a stroke from start to end whose radius goes from first to last."""
    axis = [end[i] - start[i] for i in range(3)]
    x, y, z = p[0] - start[0], p[1] - start[1], p[2] - start[2]
    along = np.clip((x * axis[0] + y * axis[1] + z * axis[2]) / sum(a * a for a in axis), 0, 1)
    x, y, z = x - along * axis[0], y - along * axis[1], z - along * axis[2]
    return np.sqrt(x * x + y * y + z * z) - (first + (last - first) * along)


def join(a: Array, b: Array, k: float) -> Array:
    """Union with a seam k wide."""
    h = np.maximum(k - np.abs(a - b), 0)
    joined: Array = np.minimum(a, b) - h * h * (0.25 / k)
    return joined


def cut(a: Array, b: Array, k: float) -> Array:
    """What is left of a without b, the edge rounded over k."""
    return -join(-a, b, k)


def unit(vectors: Array) -> Array:
    """Vectors (…, 3) of length 1 with the same directions."""
    scaled: Array = vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-8)
    return scaled


def ramp(low: float, high: float, value: Array) -> Array:
    """0 below low, 1 above high, smooth between them (low may be the larger)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def bump(value: Array, centre: float, width: float) -> Array:
    """A bell of height 1."""
    t = (value - centre) / width
    return np.exp(-t * t)
