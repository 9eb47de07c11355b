"""The published second stage: losses of an identity network keep the source's identity (paper 3.2, II)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from x2face_core.data.bank import Bank
from x2face_core.networks.identity import OTHER_LAYERS, SAME_LAYERS, IdentityNetwork
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import Pairs, Sampler, draw_pairs, mirror
from x2face_core.training.recipes import StageTwoRecipe
from x2face_core.warping import warp

_LEAST = 1e-6  # of a content loss that is divided by


@dataclass(frozen=True)
class StageTwoBatch:
    """Pictures (n, 3, side, side) float32 in [0, 1].

    source, target: s_A and d_A, two frames of one clip; stranger: d_R, a frame of another person
    """

    source: Tensor
    target: Tensor
    stranger: Tensor


class StageTwoBatches:
    """Draws pairs of frames as stage I does, and a driving frame of another person beside each.

    Where the bank shows one person only, as a batch from shards may, it is another frame of that person.
    """

    def __init__(self, bank: Bank, recipe: StageTwoRecipe) -> None:
        assert bank.person is not None
        self.bank, self.recipe, self.people = bank, recipe, bank.person
        self.order = self.people.argsort(stable=True)  # frames by person
        weights = torch.zeros(int(self.people.max()) + 1, dtype=torch.float64, device=self.people.device)
        self.person_weight = weights.index_add(0, self.people, bank.weight)
        self.person_start = self.person_weight.cumsum(0) - self.person_weight
        self.cumulative = bank.weight[self.order].cumsum(0)

    @torch.no_grad()
    def draw(self, rng: torch.Generator, count: int) -> StageTwoBatch:
        draw = Sampler(rng)
        return self.of_pairs(draw_pairs(self.bank, self.recipe, count, draw), draw)

    def on(self, bank: Bank) -> StageTwoBatches:
        """The same for another bank."""
        return StageTwoBatches(bank, self.recipe)

    @torch.no_grad()
    def of_pairs(self, pairs: Pairs, draw: Sampler) -> StageTwoBatch:
        """The pictures of pairs, each with a random frame of another person."""
        source, target = (mirror(self.bank.floats(rows), pairs.mirrored) for rows in (pairs.source, pairs.target))
        strangers = self.strangers(pairs.target, draw)
        return StageTwoBatch(source, target, mirror(self.bank.floats(strangers), draw.uniform(len(strangers)) < 0.5))

    def strangers(self, rows: Tensor, draw: Sampler) -> Tensor:
        """Rows (n,) of people other than those of the given rows, by the bank's weights."""
        person = self.people[rows]
        start, own = self.person_start[person], self.person_weight[person]
        at = draw.uniform(len(rows)).double() * (self.cumulative[-1] - own)
        at = torch.where(at >= start, at + own, at)
        found = self.order[torch.searchsorted(self.cumulative, at, right=True).clamp_max(len(self.order) - 1)]
        beside = self.order[(torch.searchsorted(self.people[self.order], person, right=True)) % len(self.order)]
        return torch.where(self.people[found] == person, beside, found)  # rounding at the person's bounds


class StageTwoObjective(nn.Module):
    """Both networks, taught by the photometric loss and by content losses of a frozen identity network.

    Each content loss is scaled to the photometric loss of its batch times the recipe's strength, layer by layer: "as
    strong as the photometric L1" for one identity, a tenth of it for two (paper section 5).
    """

    def __init__(self, networks: X2FaceNetworks, recipe: StageTwoRecipe, identity: IdentityNetwork) -> None:
        super().__init__()
        self.networks, self.recipe = networks, recipe
        if networks.completion is not None:
            networks.completion.requires_grad_(False)  # trained by another recipe
        self._identity = (identity.eval().requires_grad_(False),)  # no part of what is trained, saved and shared

    def forward(self, batch: StageTwoBatch, progress: float) -> dict[str, Tensor]:
        """Losses, each a scalar, "loss" their weighted sum; l1, content_same and content_other as they are."""
        networks = self.networks
        textures, _ = networks.embed(batch.source, complete=False)
        flows = networks.driving(torch.cat([batch.target, batch.stranger]))
        generated = warp(textures.repeat(2, 1, 1, 1), flows, padding=networks.dims.padding)
        same, other = generated.chunk(2)
        l1 = (same - batch.target).abs().mean()
        same_losses = self._content(same, batch.target, SAME_LAYERS)
        other_losses = self._content(other, batch.source, OTHER_LAYERS)
        loss = l1 + self.recipe.same * _as_strong(same_losses, l1) + self.recipe.other * _as_strong(other_losses, l1)
        named = {"content_same": same_losses.mean().detach(), "content_other": other_losses.mean().detach()}
        return {"loss": loss, "l1": l1.detach(), **named}

    def _content(self, made: Tensor, true: Tensor, names: Collection[str]) -> Tensor:
        """L1 between the maps of two lots of pictures, (layers,)."""
        (identity,) = self._identity
        found = identity.layers(made, names)
        with torch.no_grad():
            wanted = identity.layers(true, names)
        return torch.stack([(found[name].float() - wanted[name].float()).abs().mean() for name in names])


def _as_strong(losses: Tensor, l1: Tensor) -> Tensor:
    """The sum of losses (layers,), each scaled to the value of l1, by which no gradient flows."""
    return (losses * l1.detach() / losses.detach().clamp_min(_LEAST)).sum()
