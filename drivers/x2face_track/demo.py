"""A motion to try the driver with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from x2face_plugins.motion import Motion, Origin, write_motion


def write_demo(path: Path, rows: int = 12) -> Path:
    """One number of the vector swings once, in no space in particular."""
    offsets = np.zeros((rows, 128), np.float32)
    offsets[:, 0] = 0.5 * np.sin(np.linspace(0, 2 * np.pi, rows))
    write_motion(path, Motion(offsets, np.zeros(128, np.float32), Origin(fps=25.0)))
    return path
