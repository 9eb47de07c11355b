"""The published first stage: L1 between generated and driving frame (paper 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from x2face_core.data.bank import Bank
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import Pairs, Sampler, draw_pairs, mirror
from x2face_core.training.recipes import Recipe
from x2face_core.warping import warp


@dataclass(frozen=True)
class PhotometricBatch:
    """source, target: (n, 3, side, side) float32 in [0, 1], two frames of one clip."""

    source: Tensor
    target: Tensor


class PhotometricBatches:
    """Draws pairs of frames; both are mirrored or neither."""

    def __init__(self, bank: Bank, recipe: Recipe) -> None:
        self.bank = bank
        self.recipe = recipe

    @torch.no_grad()
    def draw(self, rng: torch.Generator, count: int) -> PhotometricBatch:
        draw = Sampler(rng)
        return self.of_pairs(draw_pairs(self.bank, self.recipe, count, draw), draw)

    def on(self, bank: Bank) -> PhotometricBatches:
        """The same for another bank."""
        return PhotometricBatches(bank, self.recipe)

    @torch.no_grad()
    def of_pairs(self, pairs: Pairs, draw: Sampler) -> PhotometricBatch:
        pictures = [mirror(self.bank.floats(rows), pairs.mirrored) for rows in (pairs.source, pairs.target)]
        return PhotometricBatch(*pictures)


class PhotometricObjective(nn.Module):
    """Both networks and the photometric loss."""

    def __init__(self, networks: X2FaceNetworks) -> None:
        super().__init__()
        self.networks = networks

    def forward(self, batch: PhotometricBatch, progress: float) -> dict[str, Tensor]:
        """Losses, each a scalar; the target is also the driving picture."""
        textures, _ = self.networks.embed(batch.source)
        flow = self.networks.driving(batch.target)
        generated = warp(textures, flow, padding=self.networks.dims.padding)
        l1 = (generated - batch.target).abs().mean()
        return {"loss": l1, "l1": l1.detach()}
