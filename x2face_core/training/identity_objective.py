"""Training objective of identity networks: people told apart within a batch, and classified."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.networks.identity import IdentityNetwork
from x2face_core.training.drawing import Sampler, jitter, mirror
from x2face_core.training.identity_bank import IdentityBank
from x2face_core.training.identity_recipe import IdentityRecipe


@dataclass(frozen=True)
class IdentityBatch:
    """Two pictures of each of k people, the first of all before the second of all.

    crops: (2k, 3, side, side) in [0, 1]; label: (k,) class of the person, -1 for people with one picture
    person: (k,)
    """

    crops: Tensor
    label: Tensor
    person: Tensor


class IdentityBatches:
    """Draws people, two pictures of each, of different files where there are some, and augments them."""

    def __init__(self, bank: IdentityBank, recipe: IdentityRecipe, network: IdentityNetwork) -> None:
        self.bank, self.recipe = bank, recipe
        self.side, self.crop = network.dims.side, network.dims.crop
        several = bank.count > 1
        self.label = torch.where(several, several.long().cumsum(0) - 1, -1)
        self.classes = int(several.sum())
        share = recipe.singles if self.classes else 1.0
        weight = torch.where(several, (1 - share) / max(1, self.classes), share / max(1, int((~several).sum())))
        self.weight = weight.double() / weight.double().sum()

    @torch.no_grad()
    def draw(self, rng: torch.Generator, count: int) -> IdentityBatch:
        """count: pictures; half as many people, each once, or fewer where there are not so many"""
        draw, bank = Sampler(rng), self.bank
        people = min(max(2, count // 2), bank.people)
        keys = draw.uniform(bank.people).double().clamp_min(1e-12).log() / self.weight.clamp_min(1e-12)
        person = keys.topk(people).indices  # without replacement, by weight (Efraimidis and Spirakis, 2006)
        rows = self._pairs(person, draw)
        return IdentityBatch(self._augmented(bank.floats(rows), draw), self.label[person], person)

    def _pairs(self, person: Tensor, draw: Sampler) -> Tensor:
        """(2k,) two rows of each person; of two rivals for the second, one from another file than the first."""
        first, count = self.bank.first[person], self.bank.count[person]
        one, two, three = (first + (draw.uniform(len(person)) * count).long().clamp_max(count - 1) for _ in range(3))
        two = torch.where(self.bank.file[two] == self.bank.file[one], three, two)
        return torch.cat([one, two])

    def _augmented(self, pictures: Tensor, draw: Sampler) -> Tensor:
        """Random crops (n, 3, side, side) about the middle, mirrored, with other colours and sharpness."""
        recipe, n = self.recipe, len(pictures)
        pictures = mirror(pictures, draw.uniform(n) < 0.5)
        size = self.crop * (1 + draw.uniform(n, low=-recipe.zoom, high=recipe.zoom))
        roll = draw.uniform(n, low=-1, high=1) * math.radians(recipe.tilt)
        grid = torch.zeros(n, 2, 3, device=pictures.device)
        grid[:, 0, 0] = grid[:, 1, 1] = size * roll.cos()
        grid[:, 0, 1], grid[:, 1, 0] = -size * roll.sin(), size * roll.sin()
        grid[:, :, 2] = draw.uniform(n, 2, low=-2 * recipe.shift, high=2 * recipe.shift)
        at = F.affine_grid(grid, [n, 3, self.side, self.side], align_corners=False)
        crops = F.grid_sample(pictures, at, padding_mode="border", align_corners=False)
        soft = F.interpolate(F.avg_pool2d(crops, 3), size=crops.shape[-2:], mode="bilinear", align_corners=False)
        crops = torch.where((draw.uniform(n) < recipe.blur)[:, None, None, None], soft, crops)
        return jitter(crops, recipe.gamma, recipe.gain, draw)


class IdentityObjective(nn.Module):
    """An identity network, and a classifier of the training people, which is discarded after training."""

    def __init__(self, network: IdentityNetwork, recipe: IdentityRecipe, classes: int) -> None:
        super().__init__()
        self.networks, self.recipe = network, recipe
        self.classes = nn.Parameter(torch.randn(classes, network.dims.descriptor) * 0.05) if classes else None

    def forward(self, batch: IdentityBatch, progress: float) -> dict[str, Tensor]:
        """Losses, each a scalar, "loss" their weighted sum."""
        found = F.normalize(self.networks.describe(batch.crops).float(), dim=1)
        one, two = found.chunk(2)
        with torch.autocast(found.device.type, enabled=False):
            table = self.recipe.sharpness * one @ two.T
            right = torch.arange(len(table), device=table.device)
            contrast = (F.cross_entropy(table, right) + F.cross_entropy(table.T, right)) / 2
            losses = {"contrast": contrast, **self._classified(found, batch.label.repeat(2))}
        loss = self.recipe.contrast * contrast
        losses["loss"] = loss + (self.recipe.classify * losses["classify"] if "classify" in losses else 0)
        return losses

    def _classified(self, found: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Softmax over the cosines to the classes, with a margin; people without a class count nothing."""
        if self.classes is None:
            return {}
        known = (label >= 0).float()
        right = F.one_hot(label.clamp_min(0), len(self.classes))
        cosines = found @ F.normalize(self.classes, dim=1).T - self.recipe.margin * right
        errors = F.cross_entropy(self.recipe.sharpness * cosines, label.clamp_min(0), reduction="none")
        return {"classify": (errors * known).sum() / known.sum().clamp_min(1)}
