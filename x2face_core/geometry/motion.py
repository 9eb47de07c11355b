"""Three-dimensional landmarks: decomposition into pose and face shape, and motion transfer between people."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from x2face_core.geometry.landmarks import INNER_LIPS, LIDS, RIGID

_GAP = 0.01
"""Least distance between upper and lower lips and lids in aligned faces, in normalised coordinates."""


@dataclass(frozen=True)
class Aligned:
    """Aligned landmarks with their poses: points = scale x face @ rotation^T + centre.

    face: (n, k, 3) landmarks in canonical pose (upright, frontal, unit scale)
    scale: (n,), rotation: (n, 3, 3), centre: (n, 3)
    """

    face: Tensor
    scale: Tensor
    rotation: Tensor
    centre: Tensor

    def __getitem__(self, rows: Tensor) -> Aligned:
        return Aligned(self.face[rows], self.scale[rows], self.rotation[rows], self.centre[rows])

    def points(self) -> Tensor:
        """The original landmarks (n, k, 3)."""
        return self.scale[:, None, None] * (self.face @ self.rotation.transpose(1, 2)) + self.centre[:, None]


def align(landmarks: Tensor, template: Tensor) -> Aligned:
    """Align landmarks (n, k, 3) with a template, by the similarity that best fits its rigid points (Procrustes).

    template: (k, 3) upright, frontal face, such as the canonical layout
    """
    rigid = torch.as_tensor(RIGID, device=landmarks.device)
    points, model = landmarks[:, rigid], template[rigid]
    centre, origin = points.mean(1), model.mean(0)
    p, m = points - centre[:, None], model - origin
    u, s, vt = torch.linalg.svd(p.transpose(1, 2) @ m)
    sign = torch.linalg.det(u @ vt)
    signs = torch.stack([torch.ones_like(sign), torch.ones_like(sign), sign], dim=1)
    rotation = (u * signs[:, None]) @ vt
    scale = (s * signs).sum(1) / (m**2).sum()
    shift = centre - scale[:, None] * (rotation @ origin)
    face = (landmarks - shift[:, None]) @ rotation / scale[:, None, None]
    return Aligned(face, scale, rotation, shift)


def relative(source: Aligned, zero: Aligned, driving: Aligned, gains: Tensor | None = None) -> Tensor:
    """(n, k, 3): the source's landmarks after the motion of the driver from `zero` to `driving`.

    Rotations and scales are multiplied, shifts and expressions added; lips and lids are kept apart (separate).
    gains: (k,) of each landmark's change of expression; None for 1
    """
    change = driving.face - zero.face
    if gains is not None:
        change = change * gains[:, None]
    face = kept_apart(source.face + change)
    rotation = driving.rotation @ zero.rotation.transpose(1, 2) @ source.rotation
    growth = driving.scale / zero.scale
    middle = face.mean(1)
    origin = (source.scale[:, None, None] * (source.face @ source.rotation.transpose(1, 2))).mean(1) + source.centre
    moved = _middle(driving) - _middle(zero)
    target = origin + moved * (source.scale / zero.scale)[:, None]
    scale = source.scale * growth
    centre = target - scale[:, None] * (rotation @ middle[:, :, None])[:, :, 0]
    return Aligned(face, scale, rotation, centre).points()


def _middle(aligned: Aligned) -> Tensor:
    return aligned.points().mean(1)


def separate(aligned: Aligned) -> Aligned:
    """The same with upper and lower lips and lids at least _GAP apart: splines through points that meet fold."""
    return replace(aligned, face=kept_apart(aligned.face))


def kept_apart(face: Tensor) -> Tensor:
    """Upright landmarks (n, k, 2 or 3) with upper and lower lips and lids at least _GAP apart."""
    face = face.clone()
    for upper, lower in (*INNER_LIPS, *LIDS):
        overlap = (face[:, upper, 1] - face[:, lower, 1] + _GAP).clamp_min(0) / 2
        face[:, upper, 1] -= overlap
        face[:, lower, 1] += overlap
    return face


def angles(rotation: Tensor) -> Tensor:
    """Rotations (n, 3, 3) to roll, pitch, yaw (n, 3) in radians, signed as in docs/data.md; inverse of `rotations`."""
    roll = torch.atan2(-rotation[:, 0, 1], rotation[:, 1, 1])
    pitch = torch.asin((-rotation[:, 2, 1]).clamp(-1, 1))
    yaw = torch.atan2(rotation[:, 2, 0], rotation[:, 2, 2])
    return torch.stack([roll, pitch, yaw], dim=1)


def rotations(roll: Tensor, pitch: Tensor, yaw: Tensor) -> Tensor:
    """Angles (n,) in radians to rotations (n, 3, 3): first yaw, then pitch, then roll; inverse of `angles`."""
    zero, one = torch.zeros_like(roll), torch.ones_like(roll)
    about_y = torch.stack([yaw.cos(), zero, -yaw.sin(), zero, one, zero, yaw.sin(), zero, yaw.cos()], 1)
    about_x = torch.stack([one, zero, zero, zero, pitch.cos(), pitch.sin(), zero, -pitch.sin(), pitch.cos()], 1)
    about_z = torch.stack([roll.cos(), -roll.sin(), zero, roll.sin(), roll.cos(), zero, zero, zero, one], 1)
    return about_z.view(-1, 3, 3) @ about_x.view(-1, 3, 3) @ about_y.view(-1, 3, 3)
