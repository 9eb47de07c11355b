"""Equalized encoders answer the same, with channels nearer to one another in range."""

from __future__ import annotations

import pytest
import torch

from x2face_core.engines.equalizing import equalized
from x2face_core.networks.dims import Dims, Order
from x2face_core.networks.folding import fold
from x2face_core.networks.x2face import X2FaceNetworks

PICTURES = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def uneven(order: Order = "released") -> X2FaceNetworks:
    """Networks whose second convolution has channels a thousand times apart."""
    torch.manual_seed(0)
    networks = fold(X2FaceNetworks(Dims(side=32, flow_side=16, width=8, vector=16, order=order)).requires_grad_(False))
    networks.driving.encoder.blocks[1].conv.weight *= torch.logspace(-1.5, 1.5, 16)[:, None, None, None]
    return networks


def spread(networks: X2FaceNetworks) -> float:
    """Largest range of a channel after the second convolution, over the smallest."""
    ranges = networks.driving.encoder(PICTURES)[1].abs().amax(dim=(0, 2, 3))
    return float(ranges.max() / ranges.min())


def test_equalized_networks_answer_the_same_and_the_given_ones_stay() -> None:
    networks = uneven()
    before, answer = spread(networks), networks.encode(PICTURES)
    made = equalized(networks, PICTURES)
    torch.testing.assert_close(made.encode(PICTURES), answer, atol=1e-4, rtol=1e-4)
    assert spread(networks) == before > 500
    assert spread(made) < 0.1 * before


@pytest.mark.parametrize("scale", [0.0, 1e-12])
def test_a_dead_channel_does_no_harm(scale: float) -> None:
    networks = uneven()
    networks.driving.encoder.blocks[1].conv.weight[0] *= scale
    made = equalized(networks, PICTURES)
    torch.testing.assert_close(made.encode(PICTURES), networks.encode(PICTURES), atol=1e-4, rtol=1e-4)


def test_networks_with_norms_between_convolutions_are_left_as_they_are() -> None:
    networks = uneven("printed")
    assert torch.equal(equalized(networks, PICTURES).encode(PICTURES), networks.encode(PICTURES))


def test_all_channels_reach_as_far_afterwards() -> None:
    features = equalized(uneven(), PICTURES).driving.encoder(PICTURES)
    for of_channels in (maps.abs().amax(dim=(0, 2, 3)) for maps in features[:-1]):
        assert of_channels.max() / of_channels.min() < 1.01
