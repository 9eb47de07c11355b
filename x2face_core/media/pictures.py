"""The type of a picture in this package."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(h, w, 3) uint8 RGB, upright."""
