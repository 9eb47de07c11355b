"""Registration of embedded faces of one person: dense displacements, coarse to fine.

Lucas-Kanade least squares on all colour channels, with robust weights (iteratively reweighted); the displacement is
smoothed after every step.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.networks.sampling import gaussian_blur, sample_at, texel_coordinates
from x2face_core.warping import reduce, resize_flow

_LEVELS = (16, 32, 64, 128)  # side of each pyramid level, texels
_STEPS = 2  # iterations per level
_WINDOW, _SMOOTHNESS, _HIGH_PASS = 2.0, 1.5, 4.0  # standard deviations of Gaussian filters, texels
_DAMPING = 1e-3  # added to the diagonal of the structure tensor; keeps it invertible
_RESIDUAL_SCALE = 0.003  # squared residual, summed over channels, at which the robust weight is one half
_MAX_STEP = 1.0  # texels per iteration


def displacements(reference: Tensor, others: Tensor) -> Tensor:
    """(n, 2, 128, 128) in normalised coordinates: others at x + displacement match the reference at x.

    reference: (1, 3, h, w); others: (n, 3, h, w)
    """
    flow = reference.new_zeros(len(others), 2, _LEVELS[0], _LEVELS[0])
    for side in _LEVELS:
        flow = resize_flow(flow, side, side)
        fixed, moving = (_high_pass(reduce(pictures, side)) for pictures in (reference, others))
        for _ in range(_STEPS):
            flow = gaussian_blur(flow + _step(fixed, moving, flow), _SMOOTHNESS)
    return flow


def _high_pass(pictures: Tensor) -> Tensor:
    """Remove low frequencies, such as differences of lighting."""
    return pictures - gaussian_blur(pictures, _HIGH_PASS)


def _step(fixed: Tensor, moving: Tensor, flow: Tensor) -> Tensor:
    """(n, 2, side, side): update of the flow by one weighted Lucas-Kanade step, in normalised coordinates."""
    side = flow.shape[-1]
    warped = sample_at(moving, texel_coordinates(flow) + flow)
    dx, dy = _gradients((fixed + warped) / 2)
    residual = fixed - warped
    weight = _RESIDUAL_SCALE / (residual.square().sum(1, keepdim=True) + _RESIDUAL_SCALE)
    products = (dx * dx, dx * dy, dy * dy, dx * residual, dy * residual)
    sums = gaussian_blur(torch.stack([product.sum(1) for product in products], dim=1) * weight, _WINDOW)
    xx, xy, yy, xt, yt = sums.unbind(1)
    xx, yy = xx + _DAMPING, yy + _DAMPING
    solved = torch.stack([yy * xt - xy * yt, xx * yt - xy * xt], dim=1) / (xx * yy - xy * xy)[:, None]
    return solved.clamp(-_MAX_STEP, _MAX_STEP) * 2 / (side - 1)


def _gradients(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences along x and y, per texel."""
    padded = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    dx = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    dy = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    return dx / 2, dy / 2
