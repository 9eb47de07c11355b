"""Which moments of a film a figure shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def in_turn(curve: Floats, count: int) -> list[int]:
    """Up to `count` moments of a curve (n,) where it is highest and lowest in turn, in their order.

    All its turning points are taken, then, as long as there are too many, the two neighbours that differ least are left
    out, so that the widest swings remain. A curve with too few of them gives evenly spaced moments.
    """
    found = turning_points(curve)
    if len(found) < count:
        return evenly(len(curve), count)
    while len(found) > count:
        steps = np.abs(np.diff(curve[found]))
        if len(found) == count + 1:  # two would be too many: an end goes
            found = found[1:] if steps[0] <= steps[-1] else found[:-1]
        else:
            k = int(steps.argmin())
            found = found[:k] + found[k + 2 :]
    return found


def turning_points(curve: Floats) -> list[int]:
    """Where a curve (n,) stops rising or falling, both ends among them where it moves; of a level stretch the start."""
    moving = np.flatnonzero(np.diff(curve))
    if not len(moving):
        return []
    starts = np.append(moving, moving[-1] + 1)  # where it moves from, and where it arrives
    signs = np.sign(np.diff(curve[starts]))
    inner = [int(moving[k] + 1) for k in range(len(moving) - 1) if signs[k] != signs[k + 1]]
    return [int(starts[0]), *inner, int(starts[-1])]


def evenly(length: int, count: int) -> list[int]:
    """Up to `count` of so many moments, evenly spaced, both ends among them."""
    return [int(k) for k in np.unique(np.linspace(0, length - 1, min(count, length)).round())]


def unlike(points: Floats, first: Sequence[int], count: int) -> list[int]:
    """Those of `first`, and then those of the points (n, k) that are farthest from all chosen; in their order."""
    chosen = list(dict.fromkeys(first))
    far = np.min([np.square(points - points[k]).sum(axis=1) for k in chosen], axis=0)
    while len(chosen) < count and far.any():  # those that are left are not all alike one that is shown
        chosen.append(int(far.argmax()))
        far = np.minimum(far, np.square(points - points[chosen[-1]]).sum(axis=1))
    return sorted(chosen[:count])
