"""The matte network: which part of a crop shows the person, hair and shoulders included."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.warping import reduce

SIDE = 128
"""Pixels a side of what it reads and answers."""
_CHANNELS = 12, 24, 32, 48, 64  # at 64, 32, 16, 8 and 4 cells a side
_SLOPE = 0.1


class MatteNetwork(nn.Module):
    """A small U-Net, 0.2 million numbers. It works at half resolution, and shuffles 4 channels into pixels."""

    def __init__(self) -> None:
        super().__init__()
        first, last = _CHANNELS[0], _CHANNELS[-1]
        self.first = nn.Conv2d(3, first, 4, 2, 1)
        pairs = list(zip(_CHANNELS[:-1], _CHANNELS[1:], strict=True))
        self.down = nn.ModuleList(nn.Conv2d(before, after, 4, 2, 1) for before, after in pairs)
        self.deep = nn.Conv2d(last, last, 3, 1, 1)
        self.up = nn.ModuleList(nn.Conv2d(after + before, before, 3, 1, 1) for before, after in reversed(pairs))
        self.last = nn.Conv2d(first, 4, 3, 1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (n, 1, 128, 128) that each pixel shows the person. pictures: (n, 3, h, w) in [0, 1], square crops"""
        x = F.leaky_relu(self.first(reduce(pictures, SIDE) - 0.5), _SLOPE)
        skips = []
        for block in self.down:
            skips.append(x)
            x = F.leaky_relu(block(x), _SLOPE)
        x = F.leaky_relu(self.deep(x), _SLOPE)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = F.leaky_relu(block(torch.cat([x, skip], dim=1)), _SLOPE)
        return F.pixel_shuffle(self.last(x), 2)
