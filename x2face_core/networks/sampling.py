"""Sampling and Gaussian filtering of fields over the embedded face (textures, flows, masks)."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.warping import identity_grid

_TRUNCATE = 2.5  # radius of the kernel in standard deviations


def texel_coordinates(field: Tensor) -> Tensor:
    """(1, 2, h, w): normalised coordinates x, y of every texel of a field (n, c, h, w)."""
    height, width = field.shape[-2:]
    return identity_grid(height, width, device=field.device).permute(2, 0, 1)[None]


def sample_at(field: Tensor, coordinates: Tensor, *, padding: str = "border", mode: str = "bilinear") -> Tensor:
    """Sample a field (n or 1, c, H, W) at normalised coordinates (n, 2, h, w): (n, c, h, w)."""
    fields = field.expand(len(coordinates), -1, -1, -1)
    return F.grid_sample(fields, coordinates.permute(0, 2, 3, 1), mode=mode, padding_mode=padding, align_corners=True)


def gaussian_blur(field: Tensor, sigma: float) -> Tensor:
    """Convolve a field (n, c, h, w) with a Gaussian; sigma in texels; the border is replicated."""
    channels = field.shape[1]
    kernel = _gaussian(sigma, field.device)
    radius = len(kernel) // 2
    horizontal, vertical = (kernel.view(shape).expand(channels, 1, -1, -1) for shape in ((1, 1, 1, -1), (1, 1, -1, 1)))
    field = F.conv2d(F.pad(field, (radius, radius, 0, 0), mode="replicate"), horizontal, groups=channels)
    return F.conv2d(F.pad(field, (0, 0, radius, radius), mode="replicate"), vertical, groups=channels)


def gaussian_bump(field: Tensor, centre: tuple[float, float], sigma: float) -> Tensor:
    """(1, 1, h, w): a Gaussian of peak 1; centre (x, y) and standard deviation sigma in normalised coordinates."""
    offset = texel_coordinates(field) - torch.tensor(centre, device=field.device).view(1, 2, 1, 1)
    return torch.exp(-offset.square().sum(1, keepdim=True) / (2 * sigma**2))


@lru_cache(maxsize=32)
def _gaussian(sigma: float, device: torch.device) -> Tensor:
    radius = int(_TRUNCATE * sigma + 0.5)
    kernel = torch.exp(-torch.arange(-radius, radius + 1, device=device).square() / (2 * sigma**2))
    return kernel / kernel.sum()
