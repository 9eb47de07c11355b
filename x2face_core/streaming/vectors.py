"""Driving vectors as float64 arrays.

In float64, v_source + (v - v_source) gives a float32 v exactly, and the order of a sum does not matter.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float64]

LARGEST = 1e6
"""Largest absolute value in vectors and textures; those of the networks are some tens, larger ones overflow."""
SLOWEST, FASTEST = 0.1, 10_000.0
"""Least and largest rate of a stream, in rows a second."""


def as_vectors(values: Any) -> Vectors:
    """Convert a tensor on any device, or an array, to a float64 array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().double().numpy()
    return np.asarray(values, dtype=np.float64)
