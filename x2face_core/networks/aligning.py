"""Registration of embedded faces of one person: dense displacements, coarse to fine.

Lucas and Kanade's windowed least squares on all colour channels, with robust weights and a displacement that is
smoothed after every step.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.networks.places import own_places, sampled, smoothed
from x2face_core.warping import reduce, resize_flow

_LEVELS = (16, 32, 64, 128)  # texels a side
_STEPS = 2
_WINDOW, _SMOOTHNESS, _FLATTENED = 2.0, 1.5, 4.0  # standard deviations of Gaussians, texels
_STIFF = 1e-3  # squared gradient that regularises the solution
_ODD = 0.003  # squared residual, summed over colours, at which a texel's weight is one half
_FARTHEST = 1.0  # texels a step


def displacements(reference: Tensor, others: Tensor) -> Tensor:
    """(n, 2, 128, 128) in normalised coordinates: others at x + displacement match the reference at x.

    reference: (1, 3, h, w); others: (n, 3, h, w)
    """
    found = reference.new_zeros(len(others), 2, _LEVELS[0], _LEVELS[0])
    for side in _LEVELS:
        found = resize_flow(found, side, side)
        still, moving = (_flattened(reduce(pictures, side)) for pictures in (reference, others))
        for _ in range(_STEPS):
            found = smoothed(found + _step(still, moving, found), _SMOOTHNESS)
    return found


def _flattened(pictures: Tensor) -> Tensor:
    """High-pass: without slow changes of light."""
    return pictures - smoothed(pictures, _FLATTENED)


def _step(still: Tensor, moving: Tensor, found: Tensor) -> Tensor:
    """(n, 2, side, side): least-squares displacement of the residual."""
    side = found.shape[-1]
    moved = sampled(moving, own_places(found) + found)
    across, down = _gradients((still + moved) / 2)
    left = still - moved
    trust = _ODD / (left.square().sum(1, keepdim=True) + _ODD)
    products = (across * across, across * down, down * down, across * left, down * left)
    sums = smoothed(torch.stack([product.sum(1) for product in products], dim=1) * trust, _WINDOW)
    xx, xy, yy, xt, yt = sums.unbind(1)
    xx, yy = xx + _STIFF, yy + _STIFF
    solved = torch.stack([yy * xt - xy * yt, xx * yt - xy * xt], dim=1) / (xx * yy - xy * xy)[:, None]
    return solved.clamp(-_FARTHEST, _FARTHEST) * 2 / (side - 1)


def _gradients(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences a texel along x and y."""
    padded = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    across = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    down = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    return across / 2, down / 2
