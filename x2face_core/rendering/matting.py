"""Which part of a source's picture shows the person, and how that part moves with the driven face."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from x2face_core.networks.matte import MatteNetwork
from x2face_core.rendering.filling import filled
from x2face_core.rendering.regions import Flows, smoothstep
from x2face_core.warping import identity_grid, reduce, resize_flow

WEIGHTS = Path(__file__).parents[1] / "assets" / "matte" / "matte-1.safetensors"
_SHARP = 4e-4  # variance of colours in a window of the guided filter above which its edges are followed
_WINDOW = 1 / 32  # of the picture's side: half of the window's side
_FROM, _FULL = 0.25, 0.65  # of the filtered matte: where the person begins, and where it is opaque
_APART = 4  # pixels of the network's answer by which parts that are not the person are left out with their edges
_LAYOUT = 160  # cells a side of a matte laid out as an embedded face


@cache
def matte_network() -> MatteNetwork:
    """The packaged network (benchmarks/matte.py fits it)."""
    network = MatteNetwork()
    network.load_state_dict({name: value.float() for name, value in load_file(WEIGHTS).items()})
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def person_matte(picture: Tensor) -> Tensor:
    """Opacity of the person (1, h, w) in [0, 1]; its edge lies just outside hair and shoulders, and is soft.

    picture: (3, h, w) in [0, 1], a crop as sources have it
    """
    coarse = in_one_piece(torch.sigmoid(matte_network()(picture[None]))[0])
    matte = guided(resize_flow(coarse[None], *picture.shape[-2:])[0], picture)
    return smoothstep((matte - _FROM) / (_FULL - _FROM))


def in_one_piece(matte: Tensor) -> Tensor:
    """A matte (1, h, w) of its largest part alone, without holes; one that is nowhere above one half stays."""
    from scipy.ndimage import binary_fill_holes, label  # which only kept backgrounds need

    parts, count = label(np.asarray(matte[0] > 0.5))
    if not count:
        return matte
    largest = parts == 1 + np.bincount(parts.ravel())[1:].argmax()
    others = torch.from_numpy((parts > 0) & ~largest)[None].float()
    holes = torch.from_numpy(binary_fill_holes(largest) & ~largest)[None]
    apart = F.max_pool2d(others[None], 2 * _APART + 1, 1, _APART)[0] > 0  # with the soft edges of the other parts
    beside = apart & ~torch.from_numpy(largest)[None]
    return matte.masked_fill(beside, 0.0).masked_fill(holes, 1.0)


def guided(matte: Tensor, picture: Tensor) -> Tensor:
    """A matte (1, h, w) with the edges of a picture (3, h, w): the guided filter, by its grey (He et al. 2010)."""
    grey = picture.mean(0, keepdim=True)
    radius = max(1, round(_WINDOW * picture.shape[-1]))
    mean, value, square, product = _box(torch.stack([grey, matte, grey * grey, grey * matte]), radius)
    slope = (product - mean * value) / (square - mean * mean + _SHARP)
    slope, offset = _box(torch.stack([slope, value - slope * mean]), radius)
    followed: Tensor = (slope * grey + offset).clamp(0, 1)
    return followed


def _box(fields: Tensor, radius: int) -> Tensor:
    """Means over square windows of fields (n, 1, h, w)."""
    return F.avg_pool2d(fields, 2 * radius + 1, 1, radius, count_include_pad=False)


@torch.inference_mode()
def laid_out(matte: Tensor, model: Flows, vector: Tensor) -> Tensor:
    """A matte of the source's crop, laid out as its embedded face is: (1, h, w).

    matte: (1, H, W); vector: (128,) of the same crop. The flow of the source's own vector shows the crop; each of its
    pixels is put where that flow samples it.
    """
    flow = model.flow(vector[None])
    side = 2 * _LAYOUT
    places = identity_grid(side, side).permute(2, 0, 1) + resize_flow(flow, side, side)[0]
    weights = torch.ones(1, side, side)
    put = _splat(torch.cat([reduce(matte[None], side)[0], weights]), places)
    return filled(put[:1], put[1:])


def _splat(values: Tensor, places: Tensor) -> Tensor:
    """Sums (c, cells, cells) of values (c, h, w), shared by the cells around their places (2, h, w)."""
    at = (places.flatten(1).clamp(-1, 1) + 1) / 2 * (_LAYOUT - 1)
    low = at.floor().clamp(0, _LAYOUT - 2)
    part = at - low
    total = torch.zeros(len(values), _LAYOUT * _LAYOUT)
    for down in (0, 1):
        for right in (0, 1):
            share = (part[0] if right else 1 - part[0]) * (part[1] if down else 1 - part[1])
            cell = ((low[1] + down) * _LAYOUT + low[0] + right).long()
            total.index_add_(1, cell, values.flatten(1) * share)
    return total.view(len(values), _LAYOUT, _LAYOUT)
