"""The training frames in memory."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from x2face_core.pixels import to_tensor


@dataclass(frozen=True)
class Bank:
    """Frames ordered by clip, followed by single photographs; n pictures in all, on one device.

    pictures: (n, side, side, 3) uint8 RGB
    clip, frame: (n,) int64, row of clips.csv and frame number in that clip; clip is -1 for a photograph
    first, count: (n,) int64, index of the first frame of the same clip, and number of its frames
    weight: (n,) float64, probability of a frame to be drawn as target; sums to 1
    person: (n,) int64, number of the person, in this bank alone, or None where nobody asks
    landmarks: (n, 73, 3) float32 in normalised coordinates, irises last, or None where the folder has no labels
    pose: (n, 3) float32 roll, pitch, yaw in degrees, or None
    expression: (n, 4) float32, standardised by median and standard deviation, or None
    gaze: (n, 2) float32 in eye widths, or None
    blend: (n, b) float32 blendshape scores, standardised, or None
    blend_mirror: (b,) int64, permutation of the scores for a mirrored picture
    """

    pictures: Tensor
    clip: Tensor
    frame: Tensor
    first: Tensor
    count: Tensor
    weight: Tensor
    person: Tensor | None = None
    landmarks: Tensor | None = None
    pose: Tensor | None = None
    expression: Tensor | None = None
    gaze: Tensor | None = None
    blend: Tensor | None = None
    blend_mirror: Tensor | None = None

    def __len__(self) -> int:
        return len(self.pictures)

    def to(self, device: torch.device) -> Bank:
        moved = {f.name: value.to(device) for f in fields(self) if (value := getattr(self, f.name)) is not None}
        return replace(self, **moved)

    def floats(self, rows: Tensor) -> Tensor:
        """The pictures of k rows as (k, 3, side, side) float32 in [0, 1]."""
        return to_tensor(self.pictures[rows])
