"""Synthetic gaze: irises moved in pictures by a local warp, as augmentation whose labels are exact."""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.geometry.landmarks import LIDS, POINTS
from x2face_core.training.drawing import Sampler
from x2face_core.training.recipes import GuidedRecipe
from x2face_core.warping import identity_grid, warp

_EYES = ((36, 39), (42, 45))  # corners, the left eye of the picture first
_SPREAD = (0.34, 0.26)  # reach of the warp along and across an eye, in eye widths: an iris moves nearly as a whole
_FLAT = 0.25  # vertical reach of the gaze relative to the horizontal one
_OPEN = 0.16  # distance between the lids in eye widths below which the gaze is not moved
_MOST = 0.3  # largest gaze in eye widths, beyond which an iris would leave its eye


def random_gaze(points: Tensor, recipe: GuidedRecipe, draw: Sampler) -> Tensor:
    """Draw changes of gaze (n, 2) in eye widths for landmarks (n, 73, 3); 0 for closed eyes."""
    n = len(points)
    reach = torch.tensor([recipe.gaze, recipe.gaze * _FLAT], device=points.device)
    change = draw.uniform(n, 2, low=-1, high=1) * reach
    gaze = _gaze(points)
    change = (gaze + change).clamp(-_MOST, _MOST) - gaze.clamp(-_MOST, _MOST)
    moved = (draw.uniform(n) < recipe.gaze_share) & (_openness(points) > _OPEN)
    return change * moved[:, None]


def move_irises(pictures: Tensor, points: Tensor, change: Tensor) -> tuple[Tensor, Tensor]:
    """Move the irises of pictures (n, 3, h, w) with landmarks (n, 73, 3) by a change of gaze (n, 2) in eye widths."""
    rows = change.any(1).nonzero()[:, 0]
    if len(rows) == 0:
        return pictures, points
    grid = identity_grid(*pictures.shape[-2:], device=pictures.device)
    flow = pictures.new_zeros(len(rows), 2, *pictures.shape[-2:])
    points, pictures = points.clone(), pictures.clone()
    for iris, corners in enumerate(_EYES, start=POINTS):
        along, down = _axes(points[rows], corners)
        shift = change[rows, :1] * along + change[rows, 1:] * down
        points[rows, iris, :2] += shift
        away = grid - points[rows, None, None, iris, :2]
        squares = sum(
            ((away * axis[:, None, None]).sum(-1) / (axis.square().sum(-1) * spread)[:, None, None]) ** 2
            for axis, spread in zip((along, down), _SPREAD, strict=True)
        )
        flow -= shift[:, :, None, None] * torch.exp(-torch.as_tensor(squares).square())[:, None]
    pictures[rows] = warp(pictures[rows], flow)
    return pictures, points


def _axes(points: Tensor, corners: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Vectors (n, 2) of one eye width along the line of the eye corners and perpendicular to it, downwards."""
    along = points[:, corners[1], :2] - points[:, corners[0], :2]
    return along, torch.stack([-along[:, 1], along[:, 0]], dim=1)


def _gaze(points: Tensor) -> Tensor:
    """The gaze (n, 2) in eye widths, the mean of both eyes, from landmarks with irises (n, 73, 3)."""
    gazes = []
    for iris, corners in enumerate(_EYES, start=POINTS):
        along, down = _axes(points, corners)
        away = points[:, iris, :2] - points[:, list(corners), :2].mean(1)
        size = along.square().sum(1).clamp_min(1e-6)
        gazes.append(torch.stack([(away * along).sum(1) / size, (away * down).sum(1) / size], dim=1))
    return torch.stack(gazes).mean(0)


def _openness(points: Tensor) -> Tensor:
    """(n,) distance between the lids in eye widths, of the eye that is less open."""
    gaps = torch.stack([(points[:, upper, :2] - points[:, lower, :2]).norm(dim=1) for upper, lower in LIDS], dim=1)
    widths = [(points[:, right, :2] - points[:, left, :2]).norm(dim=1) for left, right in _EYES]
    shares = [gaps[:, 2 * eye : 2 * eye + 2].mean(1) / width.clamp_min(1e-6) for eye, width in enumerate(widths)]
    return torch.stack(shares).amin(0)
