"""Heads turned in their pictures by splines of their landmarks: poses that the films do not show."""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.geometry.motion import angles, hold, rotations
from x2face_core.geometry.splines import SplineFlows
from x2face_core.warping import warp

LIMITS = (28.0, 22.0, 28.0)
"""Roll, pitch, yaw in degrees beyond which a picture's spline folds over itself."""
_DEPTH = 0.25  # how far behind the landmarks' middle a head turns, in half-pictures


class Turner:
    """Turns heads of one canonical layout.

    layout: (k, 3) an upright, frontal face in half-pictures, such as geometry.landmarks.canonical_layout
    limits: roll, pitch and yaw in degrees at which a turn ends
    """

    def __init__(self, layout: Tensor, limits: tuple[float, float, float] = LIMITS) -> None:
        self.layout = layout
        self.splines = SplineFlows(layout[:, :2])
        self.limits = torch.tensor(limits, device=layout.device).deg2rad()

    def pose(self, points: Tensor) -> Tensor:
        """Landmarks (n, k, 3) to roll, pitch, yaw (n, 3) in radians; the layout's own is 0."""
        return angles(hold(points, self.layout).rotation)

    def turn(self, points: Tensor, turns: Tensor, scales: Tensor | None = None, shifts: Tensor | None = None) -> Tensor:
        """Landmarks (n, k, 3) as they are when the head has turned, as far as the limits let it.

        turns: (n, 3) roll, pitch, yaw in radians; scales: (n,); shifts: (n, 2) in half-pictures
        """
        now = self.pose(points)
        turns = (now + turns).clamp(-self.limits, self.limits) - now
        centre = points.mean(1, keepdim=True) + torch.tensor([0, 0, _DEPTH], device=points.device)
        scales = points.new_ones(len(points)) if scales is None else scales
        shifts = points.new_zeros(len(points), 2) if shifts is None else shifts
        rotation = rotations(*turns.unbind(1))
        turned = (points - centre) @ rotation.transpose(1, 2) * scales[:, None, None] + centre
        return torch.cat([turned[..., :2] + shifts[:, None], turned[..., 2:]], dim=2)

    def picture(self, pictures: Tensor, points: Tensor, turned: Tensor) -> Tensor:
        """Pictures (n, 3, h, w) with landmarks (n, k, 3) as they look when these have moved to `turned` (n, k, 3)."""
        return warp(pictures, self.splines.between(turned[..., :2], points[..., :2]))
