"""Sampling and smoothing of fields over the embedded face."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.warping import identity_grid

_REACH = 2.5  # standard deviations at which a Gaussian is cut off


def own_places(field: Tensor) -> Tensor:
    """(1, 2, h, w): coordinates x, y of every texel of a field (n, c, h, w), in normalised coordinates."""
    height, width = field.shape[-2:]
    return identity_grid(height, width, device=field.device).permute(2, 0, 1)[None]


def sampled(field: Tensor, places: Tensor, *, padding: str = "border", mode: str = "bilinear") -> Tensor:
    """Sample a field (n or 1, c, H, W) at places (n, 2, h, w) in normalised coordinates: (n, c, h, w)."""
    fields = field.expand(len(places), -1, -1, -1)
    return F.grid_sample(fields, places.permute(0, 2, 3, 1), mode=mode, padding_mode=padding, align_corners=True)


def smoothed(field: Tensor, sigma: float) -> Tensor:
    """A field (n, c, h, w) convolved with a Gaussian of sigma texels; the border is replicated."""
    channels = field.shape[1]
    line = _gaussian(sigma, field.device)
    half = len(line) // 2
    along, down = (line.view(shape).expand(channels, 1, -1, -1) for shape in ((1, 1, 1, -1), (1, 1, -1, 1)))
    field = F.conv2d(F.pad(field, (half, half, 0, 0), mode="replicate"), along, groups=channels)
    return F.conv2d(F.pad(field, (0, 0, half, half), mode="replicate"), down, groups=channels)


def bump(field: Tensor, centre: tuple[float, float], sigma: float) -> Tensor:
    """(1, 1, h, w): a Gaussian of peak 1; centre (x, y) and standard deviation sigma in normalised coordinates."""
    away = own_places(field) - torch.tensor(centre, device=field.device).view(1, 2, 1, 1)
    return torch.exp(-away.square().sum(1, keepdim=True) / (2 * sigma**2))


@lru_cache(maxsize=32)
def _gaussian(sigma: float, device: torch.device) -> Tensor:
    half = int(_REACH * sigma + 0.5)
    line = torch.exp(-torch.arange(-half, half + 1, device=device).square() / (2 * sigma**2))
    return line / line.sum()
