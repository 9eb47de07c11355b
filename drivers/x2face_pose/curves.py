"""Monotone cubic interpolation of keyframes, without overshoot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Curve:
    """Monotone cubic interpolation (Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5, 1984): flat at local extrema.

    times: (k,) ascending; values: (k,). Constant before the first and after the last key.
    """

    def __init__(self, times: Floats, values: Floats) -> None:
        self.times = np.asarray(times, float)
        self.values = np.asarray(values, float)
        self.slopes = _slopes(np.diff(self.times), self.values)

    def __call__(self, times: Floats) -> Floats:
        """Times (n,) to values (n,)."""
        if len(self.times) == 1:
            return np.full(len(times), self.values[0])
        times = np.clip(times, self.times[0], self.times[-1])
        k = np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, len(self.times) - 2)
        step = self.times[k + 1] - self.times[k]
        t = (times - self.times[k]) / step
        from_values = self.values[k] * (1 + 2 * t) * (1 - t) ** 2 + self.values[k + 1] * t**2 * (3 - 2 * t)
        from_slopes = self.slopes[k] * t * (1 - t) ** 2 + self.slopes[k + 1] * t**2 * (t - 1)
        curve: Floats = from_values + step * from_slopes
        return curve


def _slopes(steps: Floats, values: Floats) -> Floats:
    """Slopes (k,) at the keys: weighted harmonic means of the adjacent slopes, 0 if these differ in sign."""
    if len(values) < 3:
        return np.repeat(np.diff(values) / steps, 2) if len(values) == 2 else np.zeros(1)
    rises = np.diff(values) / steps
    before, after = rises[:-1], rises[1:]
    w_before, w_after = steps[:-1] + 2 * steps[1:], 2 * steps[:-1] + steps[1:]
    turning = before * after <= 0
    safe_before, safe_after = np.where(turning, 1.0, before), np.where(turning, 1.0, after)
    inner = (w_before + w_after) / (w_before / safe_before + w_after / safe_after)
    first = _end(steps[0], steps[1], rises[0], rises[1])
    last = _end(steps[-1], steps[-2], rises[-1], rises[-2])
    return np.concatenate([[first], np.where(turning, 0.0, inner), [last]])


def _end(near: float, far: float, rise: float, next_rise: float) -> float:
    """The three-point slope at an end, limited against overshoot."""
    slope = ((2 * near + far) * rise - near * next_rise) / (near + far)
    if slope * rise <= 0:
        return 0.0
    return 3 * rise if rise * next_rise < 0 and abs(slope) > 3 * abs(rise) else slope
