"""Slight random sway of the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from x2face_idle.blinking import smooth

SPREAD = np.array([0.7, 0.9, 1.5])  # standard deviations of roll, pitch and yaw in degrees
BAND = (0.05, 0.5)  # Hz
WAVES = 12
EASE = 1.5  # seconds from rest to the full motion


class Sway:
    """Smooth noise as a sum of slow sine waves for each axis; a function of time, independent of the frame rate."""

    def __init__(self, rng: np.random.Generator) -> None:
        edges = np.geomspace(*BAND, WAVES + 1)  # one wave in each band
        self._turns = 2 * np.pi * rng.uniform(edges[:-1], edges[1:], (3, WAVES))
        self._phases = rng.uniform(0, 2 * np.pi, (3, WAVES))
        strength = 1 / np.sqrt(self._turns)
        self._strength = strength * SPREAD[:, None] * np.sqrt(2 / np.square(strength).sum(1, keepdims=True))

    def angles(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times (n,) in seconds to roll, pitch, yaw (n, 3) in degrees; 0 at time 0."""
        waves = np.sin(self._turns * times[:, None, None] + self._phases) * self._strength
        eased: NDArray[np.float64] = waves.sum(2) * smooth(np.clip(times / EASE, 0, 1))[:, None]
        return eased
