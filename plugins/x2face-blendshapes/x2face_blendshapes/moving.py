"""Coefficients and angles as offsets of a face's driving vector."""

from __future__ import annotations

import numpy as np
import torch
from x2face_plugins import Source

from x2face_blendshapes.settings import LABELS

SHOWN = torch.tensor([1.0, 1.4, 1.6, 1.6])
"""How much further than in films x2face's weights have to be told to go, so that as much is seen. Lids need more still,
but beyond this they take the brows along. Measured by a face mesh: see README.md."""


class Mover:
    """Moves one source. Mouth and lids leave its head where it is; the head is turned by x2face's own factor."""

    def __init__(self, source: Source) -> None:
        self._pose, self._face = source.factor("pose"), source.mapping("x2face-blendshapes:blendshapes")
        self._vector = source.vector[None]
        self._own = self._pose.read(self._vector)  # (1, 3) degrees
        self._straight, self._rest = self._pose.write(self._own), self._face.write(torch.zeros(1, len(LABELS)))

    def offsets(self, values: np.ndarray, degrees: np.ndarray) -> torch.Tensor:
        """Coefficients (n, 4) and angles (n, 3), both from the source's own face on, to offsets (n, 128)."""
        shown = self._face.write(SHOWN * torch.as_tensor(values).float()) - self._rest
        tilted = self._pose.write(self._pose.read(self._vector + shown)) - self._straight
        turned = self._pose.write(self._own + torch.as_tensor(degrees).float()) - self._straight
        return shown - tilted + turned
