"""Demo input: a synthetic motion."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from x2face_plugins.motion import Motion, Origin, write_motion


def write_demo(path: Path, rows: int = 12) -> Path:
    """Write a motion in which one number of the vector oscillates once, valid for any driving space."""
    offsets = np.zeros((rows, 128), np.float32)
    offsets[:, 0] = 0.5 * np.sin(np.linspace(0, 2 * np.pi, rows))
    write_motion(path, Motion(offsets, np.zeros(128, np.float32), Origin(fps=25.0)))
    return path
