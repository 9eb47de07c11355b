"""Warping a picture by a flow, and fusing embedded faces: pure functions on tensors."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.pixels import to_bytes


@lru_cache(maxsize=16)
def _axes(height: int, width: int, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    x = torch.linspace(-1, 1, width, device=device, dtype=dtype)
    y = torch.linspace(-1, 1, height, device=device, dtype=dtype)
    return x, y


def identity_grid(height: int, width: int, *, device: torch.device | None = None) -> Tensor:
    """(height, width, 2) float32 x, y of each pixel; -1 and 1 are the centres of the corner pixels."""
    x, y = _axes(height, width, device or torch.device("cpu"), torch.float32)
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=-1)


def resize_flow(flow: Tensor, height: int, width: int) -> Tensor:
    """Resize a flow (n, 2, h, w) to (n, 2, height, width); values are normalised coordinates and do not change."""
    if flow.shape[-2:] == (height, width):
        return flow
    if flow.is_cuda:
        return resize_by_products(flow, height, width)
    return F.interpolate(flow.contiguous(), size=(height, width), mode="bilinear", align_corners=True)


def resize_by_products(flow: Tensor, height: int, width: int) -> Tensor:
    """resize_flow as two matrix products, 10 times faster for large batches of small flows on a GPU.

    torch's CUDA kernel runs one thread for each output pixel, over all pictures and channels.
    """
    rows, columns = (
        _interpolation(before, after, flow.device, flow.dtype)
        for before, after in zip(flow.shape[-2:], (height, width), strict=True)
    )
    with torch.autocast(flow.device.type, enabled=False):
        return rows @ flow @ columns.T


@lru_cache(maxsize=64)
def _interpolation(before: int, after: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """(after, before) weights of linear interpolation with aligned corners."""
    at = torch.linspace(0, before - 1, after, device=device, dtype=torch.float64)
    distance = (at[:, None] - torch.arange(before, device=device)).abs()
    return (1 - distance).clamp_min(0).to(dtype)


def warp(texture: Tensor, flow: Tensor, *, padding: str = "border") -> Tensor:
    """Sample a texture at the positions that a flow gives.

    texture: (n, 3, H, W), any size; one texture serves n flows
    flow: (n, 2, h, w) displacements in normalised coordinates, upsampled to (H, W); +1 in channel 0 samples from half a
        width to the right
    padding: "zeros" (black outside, as released) or "border"
    align_corners=True throughout, as in the version of torch that the released weights were trained with.
    """
    height, width = texture.shape[-2:]
    flow = resize_flow(flow.float(), height, width)
    grid = (flow + _identity(height, width, flow.device)).permute(0, 2, 3, 1)
    textures = texture.expand(len(flow), -1, -1, -1).float()
    return F.grid_sample(textures, grid, mode="bilinear", padding_mode=padding, align_corners=True)


@lru_cache(maxsize=4)
def _identity(height: int, width: int, device: torch.device) -> Tensor:
    """(2, height, width), planes: adding them is faster than adding interleaved coordinates."""
    return identity_grid(height, width, device=device).permute(2, 0, 1).contiguous()


def warp_to_bytes(texture: Tensor, flow: Tensor, *, padding: str = "border") -> Tensor:
    """The same, rounded to bytes, channels last: (n, H, W, 3) uint8.

    texture: (n or 1, 3, H, W) in [0, 1]; values beyond are clipped
    On CPUs one picture at a time: its numbers stay in the cache, and no large memory is asked from the system.
    """
    if flow.is_cuda:
        return torch.stack(to_bytes(warp(texture, flow, padding=padding)).unbind(1), dim=-1)
    height, width = texture.shape[-2:]
    made = torch.empty(len(flow), height, width, texture.shape[1], dtype=torch.uint8, device=flow.device)
    for picture, one, displacement in zip(made, texture.expand(len(flow), -1, -1, -1), flow, strict=True):
        levels = to_bytes(warp(one[None], displacement[None], padding=padding)[0])
        torch.stack(levels.unbind(0), dim=-1, out=picture)  # 4 times as fast as permuting
    return made


def reduce(pictures: Tensor, side: int) -> Tensor:
    """Resize (n, 3, H, W) to (n, 3, side, side): area averaging to reduce, bilinear to enlarge."""
    if pictures.shape[-2:] == (side, side):
        return pictures
    return F.interpolate(pictures, size=(side, side), mode="bilinear", align_corners=False, antialias=True)


def blend(textures: Tensor, confidence: Tensor | None = None, floor: float = 0.1) -> Tensor:
    """Fuse embedded faces of one person: (k, 3, h, w) to (3, h, w).

    confidence: None for the mean (paper section 5), else (k, 1, h, w) logarithms c; weights are exp(c) + floor
    floor: 0.1 in the released UnwrappedFace.forward, 0 in its get_unwrapped
    """
    if confidence is None:
        return textures.mean(dim=0)
    weights = resize_flow(confidence.float(), textures.shape[-2], textures.shape[-1]).exp() + floor
    return (textures * weights).sum(dim=0) / weights.sum(dim=0)
