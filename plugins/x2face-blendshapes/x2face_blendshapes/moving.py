"""Conversion of coefficients and angles to offsets of a driving vector."""

from __future__ import annotations

import numpy as np
import torch
from x2face_plugins import Source
from x2face_plugins.mappings.affine import offset_of

from x2face_blendshapes.settings import LABELS

SHOWN = torch.tensor([1.0, 1.4, 1.6, 1.6])
"""Gain of each coefficient, as the weights show less motion than is asked for; measured with a face mesh (README.md).

Lids would need more, but larger gains move the brows too.
"""


class Mover:
    """Offsets for one source. Mouth and lids do not change the pose, which is written by x2face's factor `pose`.

    The gaze, if it moves, is written by x2face's factor `eyes`.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._pose, self._face = source.factor("pose"), source.mapping("x2face-blendshapes:blendshapes")
        self._vector = source.vector[None]
        self._own = self._pose.read(self._vector)  # (1, 3) degrees
        self._straight, self._rest = self._pose.write(self._own), self._face.write(torch.zeros(1, len(LABELS)))

    def offsets(self, values: np.ndarray, degrees: np.ndarray, looks: np.ndarray) -> torch.Tensor:
        """Coefficients (n, 4), degrees (n, 3), gaze (n, 2), relative to the source's own face, to offsets (n, 128)."""
        shown = self._face.write(SHOWN * torch.as_tensor(values).float()) - self._rest
        tilted = self._pose.write(self._pose.read(self._vector + shown)) - self._straight
        turned = offset_of(self._pose, self._own, torch.as_tensor(degrees).float())
        return shown - tilted + turned + self._looking(torch.as_tensor(looks).float())

    def _looking(self, looks: torch.Tensor) -> torch.Tensor:
        if not looks.any():  # the weights may have no factor `eyes`
            return torch.zeros(len(looks), 128)
        eyes = self._source.factor("eyes")
        return offset_of(eyes, eyes.read(self._vector), torch.nn.functional.pad(looks, (2, 0)))
