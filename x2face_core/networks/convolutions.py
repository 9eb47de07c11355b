"""Convolutions with batch norms that can be folded into them, of small networks."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval


class ConvolutionNorm(nn.Module):
    """A convolution without bias and a batch norm, which `fold` joins."""

    norm: nn.Module

    def __init__(self, before: int, after: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.convolution(x))
        return y

    def fold(self) -> None:
        if isinstance(self.norm, nn.BatchNorm2d):
            self.convolution = fuse_conv_bn_eval(self.convolution, self.norm)
            self.norm = nn.Identity()


class Residual(nn.Module):
    """Two convolutions, added to what they read."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = ConvolutionNorm(channels, channels), ConvolutionNorm(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))
