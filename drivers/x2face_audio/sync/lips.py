"""The lower face as input of the visual stream."""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.warping import reduce

LEFT, TOP, RIGHT, BOTTOM = 0.3125, 0.515625, 0.6875, 0.890625
"""The lower face in a crop of scale 1.6, in shares of its side: around the mouth of nearly frontal faces."""
_GREY = torch.tensor([0.299, 0.587, 0.114])


def lower_faces(pictures: Tensor, side: int = 48) -> Tensor:
    """(n, 3, h, w) crops in [0, 1] to (n, side, side) grey."""
    height, width = pictures.shape[-2:]
    part = pictures[:, :, round(TOP * height) : round(BOTTOM * height), round(LEFT * width) : round(RIGHT * width)]
    grey = (part * _GREY.to(part)[:, None, None]).sum(1, keepdim=True)
    return reduce(grey, side)[:, 0]


def stacks(lips: Tensor, frames: int = 5) -> Tensor:
    """(n, side, side) to windows (n, frames, side, side) around each frame; the ends are repeated."""
    n, half = len(lips), frames // 2
    at = torch.arange(n)[:, None] + torch.arange(-half, frames - half)
    return lips[at.clamp(0, n - 1)]
