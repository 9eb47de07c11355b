"""Which part of a face changes of its driving vector move, found from flows alone, without landmarks."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from x2face_core.warping import identity_grid

_SIDE = 64  # cells a side of a region in the embedded face
_LEAST, _FULL = 0.3, 0.6  # of the largest displacement: where a region begins, and where it is complete
_STILL = 1e-4  # half widths of the crop: displacements below it are none
_QUANTILE = 0.9  # of the frames, by displacement, so that single frames do not widen the region
_BATCH = 16


class Flows(Protocol):
    """Decodes driving vectors (n, 128) to flows (n, 2, h, w), as X2Face.flow."""

    def flow(self, vectors: Tensor) -> Tensor: ...


def moved_region(model: Flows, before: Tensor, after: Tensor) -> Tensor:
    """Where the embedded face is sampled otherwise after a change of vectors: (1, side, side) in 0 … 1.

    before, after: (n, 128) driving vectors of the same frames. The region is in coordinates of the embedded face, so it
    moves with the head: see `region_in_frames`.
    """
    pairs = zip(torch.split(before, _BATCH), torch.split(after, _BATCH), strict=True)
    grids = [_moved(model.flow(a), model.flow(b)) for a, b in pairs]
    moved = torch.cat(grids).quantile(_QUANTILE, dim=0)
    spread = functional.avg_pool2d(functional.max_pool2d(moved[None], 5, 1, 2), 5, 1, 2, count_include_pad=False)
    return smoothstep((spread / spread.max().clamp_min(_STILL) - _LEAST) / (_FULL - _LEAST))


def smoothstep(x: Tensor) -> Tensor:
    """0 for x <= 0, 1 for x >= 1, 3x² - 2x³ in between; of any shape."""
    x = x.clamp(0, 1)
    return x * x * (3 - 2 * x)


def _moved(before: Tensor, after: Tensor) -> Tensor:
    """(n, side, side): the largest displacement among the frame's pixels that sample each cell of the embedded face."""
    count, _, height, width = after.shape
    change = (after - before).square().sum(1).sqrt().flatten(1)
    places = identity_grid(height, width).permute(2, 0, 1) + after
    cells = ((places + 1) / 2 * (_SIDE - 1)).round().clamp(0, _SIDE - 1).long()
    index = (cells[:, 1] * _SIDE + cells[:, 0]).flatten(1)
    empty = torch.zeros(count, _SIDE * _SIDE)
    return empty.scatter_reduce(1, index, change, "amax").view(count, _SIDE, _SIDE)


def region_in_frames(region: Tensor, flows: Tensor, side: int) -> Tensor:
    """A region of the embedded face in frames: (n, 1, side, side) in 0 … 1.

    region: (1, h, w); flows: (n, 2, h, w) of the frames
    """
    grid = flows.permute(0, 2, 3, 1) + identity_grid(*flows.shape[-2:])
    drawn = functional.grid_sample(
        region.expand(len(flows), -1, -1, -1), grid, "bilinear", "border", align_corners=True
    )
    return functional.interpolate(drawn, size=(side, side), mode="bilinear", align_corners=True)
