"""Demo input: a tiny layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def write_demo(path: Path, side: int = 32) -> Path:
    """A red disc with a soft edge, transparent around it."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    inside = np.clip(side / 2 - np.hypot(x, y), 0, 1)
    layer = np.zeros((side, side, 4), np.uint8)
    layer[..., 0], layer[..., 3] = 210, (255 * inside).round()
    Image.fromarray(layer).save(path)
    return path
