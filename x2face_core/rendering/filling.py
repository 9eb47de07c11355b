"""Filling of holes: smooth interpolation over a pyramid, and texture mirrored across the edge of a hole."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_tensor

_LEAST = 1e-3  # weight below which a cell's own value is none
_KNOWN = 0.5  # weight from which a cell keeps its own value
_EVEN = 1 / 48  # of the picture's side: by which ways out of a hole are smoothed, as its edge is ragged
_DEEP = 1 / 5  # of the picture's side: depth from which a hole shows the smooth interpolation alone


def filled(values: Tensor, weights: Tensor) -> Tensor:
    """Means (c, h, w) of weighted sums (c, h, w); cells without weight take those of coarser levels (pull-push).

    weights: (1, h, w), what was summed; Gortler et al., The Lumigraph (1996), section 3.4
    """
    if min(values.shape[-2:]) > 2:
        halves = (F.avg_pool2d(one[None], 2, ceil_mode=True, count_include_pad=False)[0] for one in (values, weights))
        around = F.interpolate(filled(*halves)[None], size=values.shape[-2:], mode="bilinear")[0]
    else:
        around = (values.sum((1, 2), keepdim=True) / weights.sum().clamp_min(_LEAST)).expand_as(values)
    own = values / weights.clamp_min(_LEAST)
    return torch.lerp(around, own, (weights / _KNOWN).clamp(0, 1))


def without_hole(picture: Picture, hole: NDArray[np.bool_]) -> Picture:
    """The picture (h, w, 3) with a hole (h, w) filled from around it.

    Texture is mirrored across the hole's edge, so that it goes on, and goes over into a smooth interpolation inside. A
    hole that is the whole picture stays as it is.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter  # which no run without holes needs

    if hole.all() or not hole.any():
        return picture
    known = torch.from_numpy(~hole)[None].float()
    smooth = filled(to_tensor([picture])[0] * known, known).permute(1, 2, 0).numpy() * 255
    depth, nearest = distance_transform_edt(hole, return_indices=True)
    places, sides = np.indices(hole.shape), np.array(hole.shape)[:, None, None]
    out = gaussian_filter((nearest - places).astype(np.float32), (0, _EVEN * len(hole), _EVEN * len(hole)))
    across = np.clip(np.round(places + 2 * out).astype(int), 0, sides - 1)
    mirrored = picture[across[0], across[1]].astype(np.float32)
    there = ~hole[across[0], across[1]]
    share = (np.clip(1 - depth / (_DEEP * len(hole)), 0, 1) * there)[..., None]
    answer = np.where(hole[..., None], smooth + share * (mirrored - smooth), picture)
    return np.clip(np.round(answer), 0, 255).astype(np.uint8)
