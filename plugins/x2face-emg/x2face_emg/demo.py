"""Demo data: synthetic recordings, noise modulated by muscle activity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE, REST = 500.0, 0.004  # samples a second; millivolts of a muscle at rest


def write_take(path: Path, seed: int = 0, seconds: float = 2.0) -> Path:
    """Write a recording: the jaw opens and closes, a smile appears and disappears."""
    time = np.arange(round(seconds * RATE)) / RATE
    jaw = np.clip(np.sin(2 * np.pi * (time / seconds + 0.25 * seed)), 0, None)
    smile = np.clip(-np.sin(2 * np.pi * time / seconds), 0, None)
    return write(path, time, {"digastric": 0.2 * jaw, "zygomaticus": 0.1 * smile}, seed)


def write(path: Path, seconds: NDArray[np.float64], activity: dict[str, NDArray[np.float64]], seed: int = 0) -> Path:
    """Write a recording of muscles with a given activity in millivolts at each time."""
    rng = np.random.default_rng(seed)
    columns = [(REST + active) * rng.standard_normal(len(seconds)) for active in activity.values()]
    header = ",".join(["seconds", *activity])
    np.savetxt(path, np.stack([seconds, *columns], axis=1), "%.6f", ",", header=header, comments="")
    return path
