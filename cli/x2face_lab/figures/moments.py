"""Choosing the moments of a film for a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def in_turn(curve: Floats, count: int) -> list[int]:
    """Up to `count` indices of alternating maxima and minima of a curve (n,), ascending.

    From all turning points, the two neighbours that differ least are removed repeatedly, so that the largest swings
    remain. A curve with too few turning points gives evenly spaced indices.
    """
    found = turning_points(curve)
    if len(found) < count:
        return evenly(len(curve), count)
    while len(found) > count:
        steps = np.abs(np.diff(curve[found]))
        if len(found) == count + 1:  # removing two would be too many: remove one at an end
            found = found[1:] if steps[0] <= steps[-1] else found[:-1]
        else:
            k = int(steps.argmin())
            found = found[:k] + found[k + 2 :]
    return found


def turning_points(curve: Floats) -> list[int]:
    """Indices of the local extrema of a curve (n,), ends included; of a plateau, its start."""
    moving = np.flatnonzero(np.diff(curve))
    if not len(moving):
        return []
    starts = np.append(moving, moving[-1] + 1)  # start of each change, and the end of the last
    signs = np.sign(np.diff(curve[starts]))
    inner = [int(moving[k] + 1) for k in range(len(moving) - 1) if signs[k] != signs[k + 1]]
    return [int(starts[0]), *inner, int(starts[-1])]


def evenly(length: int, count: int) -> list[int]:
    """Up to `count` evenly spaced indices below `length`, both ends included."""
    return [int(k) for k in np.unique(np.linspace(0, length - 1, min(count, length)).round())]


def unlike(points: Floats, first: Sequence[int], count: int) -> list[int]:
    """`first`, extended by farthest-point sampling of points (n, k) to `count` indices, ascending."""
    chosen = list(dict.fromkeys(first))
    far = np.min([np.square(points - points[k]).sum(axis=1) for k in chosen], axis=0)
    while len(chosen) < count and far.any():  # stop when all others equal a chosen point
        chosen.append(int(far.argmax()))
        far = np.minimum(far, np.square(points - points[chosen[-1]]).sum(axis=1))
    return sorted(chosen[:count])
