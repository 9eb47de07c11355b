"""Synthetic head turns: pictures warped by splines of their rotated landmarks, as pose augmentation."""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.geometry.motion import align, angles, rotations
from x2face_core.geometry.splines import SplineFlows
from x2face_core.warping import warp

LIMITS = (28.0, 22.0, 28.0)
"""Largest roll, pitch, yaw in degrees; beyond them splines fold."""
_DEPTH = 0.25  # distance of the centre of rotation behind that of the landmarks, in normalised coordinates


class Turner:
    """Turns heads of one canonical layout.

    layout: (k, 3) upright, frontal face in normalised coordinates, such as geometry.landmarks.canonical_layout
    limits: largest roll, pitch and yaw in degrees after a turn
    """

    def __init__(self, layout: Tensor, limits: tuple[float, float, float] = LIMITS) -> None:
        self.layout = layout
        self.splines = SplineFlows(layout[:, :2])
        self.limits = torch.tensor(limits, device=layout.device).deg2rad()

    def pose(self, points: Tensor) -> Tensor:
        """Landmarks (n, k, 3) to roll, pitch, yaw (n, 3) in radians, relative to the layout."""
        return angles(align(points, self.layout).rotation)

    def turn(self, points: Tensor, turns: Tensor, scales: Tensor | None = None, shifts: Tensor | None = None) -> Tensor:
        """Landmarks (n, k, 3) after turning the head, within the limits.

        turns: (n, 3) roll, pitch, yaw in radians; scales: (n,); shifts: (n, 2) in normalised coordinates
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
        """Warp pictures (n, 3, h, w) so that landmarks (n, k, 3) move to `turned` (n, k, 3)."""
        return warp(pictures, self.splines.between(turned[..., :2], points[..., :2]))

    def turn_rows(
        self, pictures: Tensor, points: Tensor, turned: Tensor, poses: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Pictures (n, 3, h, w) and landmarks (n, k, 3), with the heads turned where `turned` (n,) is true.

        poses: turns (n, 3), scales (n,) and shifts (n, 2) as of `turn`, of every row
        """
        rows = turned.nonzero()[:, 0]
        if not len(rows):
            return pictures, points
        moved = self.turn(points[rows], *(part[rows] for part in poses))
        warped = self.picture(pictures[rows], points[rows], moved)
        pictures, points = pictures.clone(), points.clone()  # keeps the memory format, which index_copy does not
        pictures[rows], points[rows] = warped, moved
        return pictures, points
