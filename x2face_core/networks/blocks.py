"""The building blocks of both networks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.networks.dims import Dims, Order


class Down(nn.Module):
    """Halve a feature map by a 4x4 convolution of stride 2 without bias, leaky ReLU 0.2 and batch norm.

    Released order (SkipNet.py, NoSkipNet_X2Face.py): activation, convolution, norm. Printed (paper A.1): convolution,
    activation, norm.
    """

    def __init__(self, channels_in: int, channels_out: int, order: Order, *, first: bool, norm: bool) -> None:
        super().__init__()
        self.before = order == "released" and not first
        self.after = order == "printed"
        self.conv = nn.Conv2d(channels_in, channels_out, 4, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels_out) if norm else nn.Identity()
        self.in_float = False  # whether autocast leaves the convolution in float32

    def forward(self, x: Tensor) -> Tensor:
        """(n, c_in, h, w) to (n, c_out, h / 2, w / 2)."""
        with torch.autocast(x.device.type, enabled=False) if self.in_float else nullcontext():
            x = self.conv(F.leaky_relu(x, 0.2) if self.before else x)
        y: Tensor = self.norm(F.leaky_relu(x, 0.2) if self.after else x)
        return y


class Up(nn.Module):
    """Double a feature map by bilinear upsampling (aligned corners), ReLU, a 3x3 convolution without bias, batch norm.

    Released order: ReLU, upsampling, convolution, norm. Printed: convolution, ReLU, upsampling, norm; the last block,
    whose output is signed, without ReLU.
    """

    def __init__(self, channels_in: int, channels_out: int, order: Order, *, last: bool) -> None:
        super().__init__()
        self.released, self.last = order == "released", last
        self.conv = nn.Conv2d(channels_in, channels_out, 3, 1, 1, bias=False)
        self.norm = nn.Identity() if last else nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c_in, h, w) to (n, c_out, 2 h, 2 w)."""
        if self.released:
            x = self.conv(_doubled(F.relu(x)))
        else:
            x = self.conv(x)
            x = _doubled(x if self.last else F.relu(x))
        y: Tensor = self.norm(x)
        return y


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)


class Encoder(nn.Module):
    """From a picture to one pixel; in the released order the innermost convolution has no activation."""

    def __init__(self, dims: Dims, inner: int) -> None:
        super().__init__()
        channels = (3, *dims.channels[:-1], inner)
        last = dims.levels - 1
        self.blocks = nn.ModuleList(
            Down(channels[i], channels[i + 1], dims.order, first=i == 0, norm=0 < i < last + dims.inner_norm)
            for i in range(dims.levels)
        )

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (n, 3, side, side) to the features of all blocks, the last (n, inner, 1, 1)."""
        features = []
        x = pictures
        for block in self.blocks:
            x = block(x)
            features.append(x)
        return features


class Decoder(nn.Module):
    """From one pixel to a flow; with skip connections from the encoder's features of the same size."""

    def __init__(self, dims: Dims, inner: int, channels_out: int, *, skips: bool) -> None:
        super().__init__()
        steps = dims.flow_side.bit_length() - 1
        encoded = (*dims.channels[:-1], inner)
        self.skips = skips
        blocks = []
        for step in range(steps):
            level = dims.levels - 1 - step
            doubled = 2 if skips and step > 0 else 1
            last = step == steps - 1
            out = channels_out if last else encoded[level - 1]
            blocks.append(Up(encoded[level] * doubled, out, dims.order, last=last))
        self.blocks = nn.ModuleList(blocks)

    @property
    def last(self) -> Up:
        """The block that outputs the flow."""
        block = self.blocks[-1]
        assert isinstance(block, Up)
        return block

    def forward(self, inner: Tensor, features: Sequence[Tensor] = ()) -> Tensor:
        """(n, inner, 1, 1) to (n, channels_out, flow_side, flow_side). features: of the encoder, for skips"""
        x = inner
        for step, block in enumerate(self.blocks):
            if self.skips and step > 0:
                x = torch.cat([x, features[-1 - step]], dim=1)  # decoder first, then skip
            x = block(x)
        return x


def initialise(network: nn.Module) -> None:
    """Xavier-normal convolutions and batch norm weights of N(1, 0.02).

    The released code's `init.uniform(1.0, 0.02)` for the latter is taken as a typo for `normal`.
    Networks on the device `meta` stay as they are: they have no values yet, and torch would import its compiler.
    """
    if any(parameter.is_meta for parameter in network.parameters()):
        return
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.xavier_normal_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)
