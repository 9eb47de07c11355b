"""Compact networks of a CycleGAN (Zhu, Park, Isola and Efros 2017, appendix 7.2): fewer channels and residual blocks.

Pictures are (n, 3, side, side) in [-1, 1], side a multiple of 8. The generator halves the side in its first layer
too, so that every layer but the last works on a quarter of the published area; it enlarges by interpolation and
convolution.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

_SLOPE = 0.2


def _conv(before: int, after: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, padding_mode="reflect")
    nn.init.normal_(conv.weight, 0, 0.02)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv


def _step(before: int, after: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    return [_conv(before, after, kernel, stride), nn.InstanceNorm2d(after), nn.ReLU(inplace=True)]


class Residual(nn.Module):
    """x + two convolutions of x."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*_step(channels, channels), _conv(channels, channels, 3), nn.InstanceNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.body(x)
        return x + changed


class Enlarge(nn.Module):
    """Twice the side, by bilinear interpolation."""

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Generator(nn.Module):
    """Translates pictures (n, 3, side, side) in [-1, 1] into the same shape. width: channels at half the side"""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        sizes = (width, 2 * width, 4 * width)
        layers = _step(3, width, 7, stride=2)
        for before, after in pairwise(sizes):
            layers += _step(before, after, stride=2)
        layers += [Residual(sizes[-1]) for _ in range(blocks)]
        for before, after in pairwise(sizes[::-1]):
            layers += [Enlarge(), *_step(before, after)]
        self.layers = nn.Sequential(*layers, Enlarge(), _conv(width, 3, 5), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.layers(x)
        return made


class Discriminator(nn.Module):
    """Judges overlapping patches of pictures: (n, 1, side / 8, side / 8), 1 for real ones."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[Any] = [_conv(3, width, 3, 2), nn.LeakyReLU(_SLOPE, inplace=True)]
        for before, after in pairwise((width, 2 * width, 4 * width)):
            layers += [_conv(before, after, 3, 2), nn.InstanceNorm2d(after), nn.LeakyReLU(_SLOPE, inplace=True)]
        self.layers = nn.Sequential(*layers, _conv(4 * width, 1, 3))

    def forward(self, x: Tensor) -> Tensor:
        judged: Tensor = self.layers(x)
        return judged
