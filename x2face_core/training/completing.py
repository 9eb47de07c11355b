"""The completion network's training: another frame of the same film shows what the source does not."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import LIPS, MIRROR_WITH_IRISES
from x2face_core.geometry.splines import SplineFlows
from x2face_core.geometry.turning import Turner
from x2face_core.networks.completion import log_area
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import Draw, draw_pairs, mirror, random_turns
from x2face_core.training.recipes import CompletionRecipe
from x2face_core.warping import resize_flow, warp

_VISIBLE, _STEEP = -1.2, 4.0  # log areas about which a place of the embedded face counts as seen, and how abruptly


@dataclass(frozen=True)
class CompletionBatch:
    """One part of a step.

    source, target: (n, 3, side, side), the same person; sources have closed lips, or are turned, more often than not
    weight: (n, 1, side, side), of places of the target: more about the mouth, little where a turned picture was bent
    """

    source: Tensor
    target: Tensor
    weight: Tensor


class CompletionBatches:
    """Draws pairs of which the target shows what the source does not."""

    def __init__(self, bank: Bank, layout: Tensor, recipe: CompletionRecipe) -> None:
        self.bank, self.recipe = bank, recipe
        self.turner = Turner(layout)
        self.mirror = torch.as_tensor(MIRROR_WITH_IRISES, device=layout.device)
        self.sign = torch.tensor([-1.0, 1.0, 1.0], device=layout.device)

    @torch.no_grad()
    def draw(self, random: torch.Generator, count: int) -> CompletionBatch:
        draw = Draw(random)
        pairs, rivals = (draw_pairs(self.bank, self.recipe, count, draw) for _ in range(2))
        closed = self._closed(pairs.target, pairs.source, draw)
        source, points = self._view(torch.where(rivals.mirrored, closed, pairs.source), pairs.mirrored)
        target, target_points = self._view(pairs.target, pairs.mirrored)
        turned = (pairs.source == pairs.target) | (draw.uniform(count) < self.recipe.turned)
        source = self._turned(source, points, turned, draw)
        side = target.shape[-1]
        splines = self.turner.splines
        lips = splines.close_to(target_points[:, LIPS, :2])
        near = splines.near(target_points[..., :2])
        ground = torch.where(turned[:, None, None, None], near, torch.ones_like(near))
        return CompletionBatch(source, target, resize_flow(ground + self.recipe.lips * lips, side, side))

    def _closed(self, target: Tensor, source: Tensor, draw: Draw) -> Tensor:
        """Of each clip's frames the one, of four drawn, whose lips are nearest together."""
        assert self.bank.expression is not None
        first, count = self.bank.first[target], self.bank.count[target]
        for _ in range(4):
            rival = first + (draw.uniform(len(target)) * count).long().clamp_max(count - 1)
            better = self.bank.expression[rival, 0] < self.bank.expression[source, 0]
            source = torch.where(better, rival, source)
        return source

    def _view(self, rows: Tensor, mirrored: Tensor) -> tuple[Tensor, Tensor]:
        assert self.bank.landmarks is not None
        points = self.bank.landmarks[rows]
        points = torch.where(mirrored[:, None, None], points[:, self.mirror] * self.sign, points)
        return mirror(self.bank.floats(rows), mirrored), points

    def _turned(self, pictures: Tensor, points: Tensor, turned: Tensor, draw: Draw) -> Tensor:
        poses = random_turns(self.recipe, len(pictures), draw)
        which = turned.nonzero()[:, 0]
        if len(which):
            moved = self.turner.turn(points[which], *(part[which] for part in poses))
            pictures[which] = self.turner.picture(pictures[which], points[which], moved)
        return pictures


class CompletionObjective(nn.Module):
    """The completion network; embedding and driving network stay as they are."""

    def __init__(self, networks: X2FaceNetworks, layout: Tensor, recipe: CompletionRecipe) -> None:
        super().__init__()
        self.networks, self.recipe = networks, recipe
        for network in (networks.embedding, networks.driving):
            network.requires_grad_(False)
        splines = SplineFlows(layout[:, :2])
        side = networks.dims.side
        lips = splines.close_to(layout[None, LIPS, :2])
        weight = resize_flow(splines.near(layout[None, :, :2]) * (1 + recipe.lips * lips), side, side)
        self.layout_weight: Tensor
        self.register_buffer("layout_weight", weight, persistent=False)

    def train(self, mode: bool = True) -> CompletionObjective:
        """The networks that are done keep their batch norm statistics."""
        super().train(mode)
        self.networks.embedding.eval()
        self.networks.driving.eval()
        return self

    def forward(self, batch: CompletionBatch, progress: float) -> dict[str, Tensor]:
        """Losses, each a scalar, "loss" their weighted sum."""
        networks, padding = self.networks, self.networks.dims.padding
        assert networks.completion is not None
        n, side = len(batch.source), networks.dims.side
        with torch.no_grad():
            flows, _ = networks.embedding(torch.cat([batch.source, batch.target]))
            textures = warp(torch.cat([batch.source, batch.target]), flows, padding=padding)
            areas = resize_flow(log_area(flows.float()), side, side)
            driving = networks.driving(batch.target)
        colours, opacity = networks.completion(textures[:n], areas[:n])
        completed = textures[:n] + opacity * (colours - textures[:n])
        generated = warp(completed, driving, padding=padding)
        seen = torch.sigmoid((areas[n:] - _VISIBLE) * _STEEP) * self.layout_weight
        losses = {
            "rendered": ((generated - batch.target).abs() * batch.weight).mean(),
            "texture": ((completed - textures[n:]).abs() * seen).mean(),
            "edges": _edges(generated - batch.target, batch.weight),
            "opacity": opacity.mean(),
        }
        recipe = self.recipe
        loss = losses["rendered"] + recipe.texture * losses["texture"]
        losses["loss"] = loss + recipe.edges * losses["edges"] + recipe.opacity * losses["opacity"]
        losses["l1"] = (generated - batch.target).abs().mean().detach()
        return losses


def _edges(error: Tensor, weight: Tensor) -> Tensor:
    """L1 of the error's differences between neighbours."""
    down, across = error.diff(dim=2).abs() * weight[:, :, 1:], error.diff(dim=3).abs() * weight[..., 1:]
    return down.mean() + across.mean()
