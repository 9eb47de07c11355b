"""Bootstrap confidence intervals over people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
CERTAINTY = 0.95
Floats = NDArray[np.float64]


def interval(values: Floats, centre: Callable[..., Floats] = np.mean, seed: int = 0) -> list[float] | None:
    """The 95 % bootstrap interval of a centre (mean or median) over people.

    values: (people,), NaN for people without a value; centre: takes an axis, as np.mean and np.median
    None for fewer than three people.
    """
    known = values[np.isfinite(values)]
    if len(known) < 3:
        return None
    drawn = np.random.default_rng(seed).integers(len(known), size=(DRAWS, len(known)))
    outside = (1 - CERTAINTY) / 2
    low, high = np.quantile(centre(known[drawn], axis=1), [outside, 1 - outside])
    return [float(low), float(high)]
