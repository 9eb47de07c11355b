"""Equalization across layers: channels of an encoder are scaled so that 8 bits suit all of them; the answers stay."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from x2face_core.networks.blocks import Down
from x2face_core.networks.x2face import X2FaceNetworks

_MOST = 64.0  # factor of a channel


@torch.no_grad()
def equalized(networks: X2FaceNetworks, pictures: Tensor) -> X2FaceNetworks:
    """A copy that computes the same, with channels of the driving encoder nearer to one another in range.

    networks: folded, on the CPU; pictures: typical ones, (n, 3, side, side)
    A leaky ReLU passes positive factors on, so what divides a convolution's channel multiplies the next one's weights.
    In the printed order a norm lies between them, and the copy is left as it is.
    """
    made = copy.deepcopy(networks)
    if made.dims.order == "released":
        encoder = made.driving.encoder
        ranges = [features.abs().amax(dim=(0, 2, 3)) for features in encoder(pictures)]
        blocks = [block for block in encoder.blocks if isinstance(block, Down)]
        for before, after, largest in zip(blocks, blocks[1:], ranges, strict=False):
            _move(before, after, _factors(largest))
    return made


def _factors(activations: Tensor) -> Tensor:
    """(channels,) of geometric mean 1, by the largest activation of each channel.

    Kernels take all differences between channels: their 8 bits are chosen for each output channel, those of
    activations for a whole feature map.
    """
    factors = activations.clamp(min=1e-6)
    return (factors / factors.log().mean().exp()).clamp(1 / _MOST, _MOST)


def _move(before: Down, after: Down, factors: Tensor) -> None:
    before.conv.weight /= factors[:, None, None, None]
    if before.conv.bias is not None:
        before.conv.bias /= factors
    after.conv.weight *= factors[None, :, None, None]
