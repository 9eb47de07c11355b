"""Driving vectors as arrays.

They are float64 there: v_source + (v - v_source) gives back a float32 v exactly, and order does not matter.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float64]

LARGEST = 1e6
"""Of a vector's numbers, and of a texture's; the networks' own are some tens, and beyond it frames overflow."""
SLOWEST, FASTEST = 0.1, 10_000.0
"""Rows a second, at least and at most."""


def as_vectors(values: Any) -> Vectors:
    """A tensor or an array, on any device, as a float64 array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().double().numpy()
    return np.asarray(values, dtype=np.float64)
