"""What the recipes teach."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch.nn import functional as F

from x2face_core.data.bank import Bank
from x2face_core.training.drawing import Sampler, draw_pairs, generator
from x2face_core.training.guided_batches import GuidedBatch, GuidedBatches
from x2face_core.training.recipes import RECIPES, GuidedRecipe

Tensor = torch.Tensor
GUIDED = RECIPES["guided"]
assert isinstance(GUIDED, GuidedRecipe)
PLAIN = replace(GUIDED, turned=0.0, gamma=0.0, gain=0.0, view_gamma=0.0, view_gain=0.0, spline_side=32)
CPU = torch.device("cpu")


def drawn(bank: Bank, layout: Tensor, recipe: GuidedRecipe = PLAIN, count: int = 8) -> GuidedBatch:
    return GuidedBatches(bank, layout, recipe).draw(generator(0, 0, 0, CPU), count)


def rows(bank: Bank, count: int = 8) -> tuple[Tensor, Tensor]:
    """Targets and mirrored, as `drawn` draws them."""
    pairs = draw_pairs(bank, PLAIN, count, Sampler(generator(0, 0, 0, CPU)))
    return pairs.target, pairs.mirrored


def at(flow: Tensor, points: Tensor) -> Tensor:
    """Flows (n, 2, h, w) at points (n, k, 2) in normalised coordinates: (n, k, 2)."""
    return F.grid_sample(flow, points[:, None], align_corners=True)[:, :, 0].transpose(1, 2)
