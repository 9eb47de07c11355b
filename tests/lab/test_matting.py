"""The matte network learns, and is measured as it should be."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from x2face_core.networks.matte import SIDE, MatteNetwork
from x2face_lab.matting import Labelled, learn, overlap


def discs(count: int) -> Labelled:
    """Bright discs before dark grounds."""
    rng = torch.Generator().manual_seed(1)
    at = torch.linspace(-1, 1, SIDE)
    x, y = torch.rand(2, count, 1, 1, generator=rng) - 0.5
    inside = ((at - x).square() + (at[:, None] - y).square() < 0.25)[:, None]
    grounds = torch.rand(count, 3, 1, 1, generator=rng) * 60
    pictures = torch.where(inside, 200.0, grounds).to(torch.uint8)
    return Labelled(pictures, (255 * inside).to(torch.uint8))


def test_the_network_learns_who_is_before_what() -> None:
    labelled = discs(12)
    *_, (network, loss) = learn(labelled, 40)
    assert overlap(MatteNetwork(), labelled) < 0.5
    assert overlap(network, labelled) > 0.9
    assert loss < 0.3


class Left(MatteNetwork):
    """Says that the left half is the person."""

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.where(torch.arange(SIDE) < SIDE // 2, 1.0, -1.0).expand(len(pictures), 1, SIDE, SIDE)


def test_overlap_is_the_intersection_over_the_union() -> None:
    masks = torch.zeros(2, 1, SIDE, SIDE, dtype=torch.uint8)
    masks[0, ..., : SIDE // 2] = 255
    masks[1, :, : SIDE // 2] = 255
    labelled = Labelled(torch.zeros(2, 3, SIDE, SIDE, dtype=torch.uint8), masks)
    assert overlap(Left(), labelled) == pytest.approx((1 + 1 / 3) / 2)
