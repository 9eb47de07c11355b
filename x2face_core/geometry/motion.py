"""Landmarks in three dimensions: how a head is held, and one person's motion given to another."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.geometry.landmarks import INNER_LIPS, LIDS, LIPS, RIGID


@dataclass(frozen=True)
class Held:
    """How heads are held: points = scale x face @ rotation^T + centre.

    face: (n, k, 3) landmarks as they would be with the head upright, frontal and of unit scale
    scale: (n,), rotation: (n, 3, 3), centre: (n, 3)
    """

    face: Tensor
    scale: Tensor
    rotation: Tensor
    centre: Tensor

    def __getitem__(self, rows: Tensor) -> Held:
        return Held(self.face[rows], self.scale[rows], self.rotation[rows], self.centre[rows])

    def points(self) -> Tensor:
        """(n, k, 3) back in the picture."""
        return self.scale[:, None, None] * (self.face @ self.rotation.transpose(1, 2)) + self.centre[:, None]


def hold(landmarks: Tensor, template: Tensor) -> Held:
    """Part landmarks (n, k, 3) into pose and face, by the similarity that best fits the rigid points of a template.

    template: (k, 3) an upright, frontal face, such as the canonical layout
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
    return Held(face, scale, rotation, shift)


def relative(source: Held, zero: Held, driving: Held, lips: float = 1.0) -> Tensor:
    """(n, k, 3): the source's landmarks after the motion that leads the driver from zero to driving.

    Rotations multiply, scales multiply, shifts and expressions add; lips and lids may not pass through one another.
    lips: gain on the change of the lips
    """
    change = driving.face - zero.face
    if lips != 1.0:
        change = change.clone()
        change[:, LIPS] = change[:, LIPS] * lips
    face = _closed(source.face + change)
    rotation = driving.rotation @ zero.rotation.transpose(1, 2) @ source.rotation
    growth = driving.scale / zero.scale
    middle = face.mean(1)
    origin = (source.scale[:, None, None] * (source.face @ source.rotation.transpose(1, 2))).mean(1) + source.centre
    moved = _middle(driving) - _middle(zero)
    target = origin + moved * (source.scale / zero.scale)[:, None]
    scale = source.scale * growth
    centre = target - scale[:, None] * (rotation @ middle[:, :, None])[:, :, 0]
    return Held(face, scale, rotation, centre).points()


def _middle(held: Held) -> Tensor:
    return held.points().mean(1)


def _closed(face: Tensor) -> Tensor:
    face = face.clone()
    for upper, lower in (*INNER_LIPS, *LIDS):
        overlap = (face[:, upper, 1] - face[:, lower, 1]).clamp_min(0) / 2
        face[:, upper, 1] -= overlap
        face[:, lower, 1] += overlap
    return face


def angles(rotation: Tensor) -> Tensor:
    """(n, 3, 3) to roll, pitch, yaw (n, 3) in radians, signed as in docs/data.md; the inverse of `rotations`."""
    roll = torch.atan2(-rotation[:, 0, 1], rotation[:, 1, 1])
    pitch = torch.asin((-rotation[:, 2, 1]).clamp(-1, 1))
    yaw = torch.atan2(rotation[:, 2, 0], rotation[:, 2, 2])
    return torch.stack([roll, pitch, yaw], dim=1)


def rotations(roll: Tensor, pitch: Tensor, yaw: Tensor) -> Tensor:
    """Angles (n,) in radians to rotations (n, 3, 3), signed as `angles`: first yaw, then pitch, then roll."""
    zero, one = torch.zeros_like(roll), torch.ones_like(roll)
    about_y = torch.stack([yaw.cos(), zero, -yaw.sin(), zero, one, zero, yaw.sin(), zero, yaw.cos()], 1)
    about_x = torch.stack([one, zero, zero, zero, pitch.cos(), pitch.sin(), zero, -pitch.sin(), pitch.cos()], 1)
    about_z = torch.stack([roll.cos(), -roll.sin(), zero, roll.sin(), roll.cos(), zero, zero, zero, one], 1)
    return about_z.view(-1, 3, 3) @ about_x.view(-1, 3, 3) @ about_y.view(-1, 3, 3)
