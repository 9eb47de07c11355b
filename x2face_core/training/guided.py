"""The guided recipe: flows taught by landmark splines, a vector that knows the face linearly, motion across people."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import INNER_LIPS, LIDS, MIRROR, POINTS
from x2face_core.geometry.motion import Held, angles, hold, relative
from x2face_core.geometry.splines import SplineFlows, seen_at
from x2face_core.geometry.turning import Turner
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import Draw, Pairs, draw_pairs, jitter, mirror, random_turns, recolour
from x2face_core.training.recipes import GuidedRecipe
from x2face_core.warping import resize_flow, warp

_SLACK = 1.25  # splines across people may go so much further


@dataclass(frozen=True)
class GuidedBatch:
    """One part of a step, on the networks' device.

    source, target: (n, 3, side, side), the same person
    views: (2n, 3, side, side), target and source as the driving network sees them
    embedding_flow, driving_flow, across_flow: (n, 2, spline_side, spline_side), what splines say
    focus, focus_across: (n, 1, 32, 32), weights of places; 0 where a spline would fold
    source_points, landmarks, across_points: (n, 71, 2) of the source, the target, and the source moved across people
    sane: (n,), 0 where the spline across people would fold, else 1
    measures: (n, 7) of the target, standardised expression and pose
    partner: (n,), whose motion each source follows across people
    """

    source: Tensor
    target: Tensor
    views: Tensor
    embedding_flow: Tensor
    driving_flow: Tensor
    across_flow: Tensor
    focus: Tensor
    focus_across: Tensor
    source_points: Tensor
    landmarks: Tensor
    across_points: Tensor
    sane: Tensor
    measures: Tensor
    partner: Tensor


class GuidedBatches:
    """Draws, augments and labels batches, all on the device that holds the bank."""

    def __init__(self, bank: Bank, layout: Tensor, recipe: GuidedRecipe) -> None:
        self.bank = bank
        self.recipe = recipe
        self.layout = layout
        self.splines = SplineFlows(layout[:, :2], recipe.spline_side)
        self.turner = Turner(layout)
        self.mirror = torch.as_tensor(MIRROR, device=layout.device)
        self.sign = torch.tensor([-1.0, 1.0, 1.0], device=layout.device)

    @torch.no_grad()
    def draw(self, random: torch.Generator, count: int) -> GuidedBatch:
        draw = Draw(random)
        pairs = draw_pairs(self.bank, self.recipe, count, draw)
        source, source_points = self._view(pairs.source, pairs.mirrored, 0, draw)
        target, target_points = self._view(pairs.target, pairs.mirrored, count // 4, draw)
        gamma = torch.exp(draw.uniform(count, 1, low=-self.recipe.gamma, high=self.recipe.gamma))
        gain = draw.uniform(count, 3, low=1 - self.recipe.gain, high=1 + self.recipe.gain)
        source, target = recolour(source, gamma, gain), recolour(target, gamma, gain)
        views = jitter(torch.cat([target, source]), self.recipe.view_gamma, self.recipe.view_gain, draw)
        return self._labelled(pairs, source, target, views, source_points, target_points)

    def _labelled(
        self, pairs: Pairs, source: Tensor, target: Tensor, views: Tensor, source_points: Tensor, points: Tensor
    ) -> GuidedBatch:
        source_held, target_held = hold(source_points, self.layout), hold(points, self.layout)
        partner = torch.arange(len(source), device=source.device).roll(1)
        across_points = relative(source_held, source_held[partner], target_held[partner], self.recipe.lips_gain)
        reached = angles(hold(across_points, self.layout).rotation)
        sane = (reached.abs() < self.turner.limits * _SLACK).all(1).float()
        across, lips, eyes = across_points[..., :2], self.recipe.lips, self.recipe.eyes
        flows = self.splines.to_layout(torch.cat([points[..., :2], across]))
        return GuidedBatch(
            source=source,
            target=target,
            views=views,
            embedding_flow=self.splines.from_layout(source_points[..., :2]),
            driving_flow=flows[: len(source)],
            across_flow=flows[len(source) :],
            focus=self.turner.splines.focus(points[..., :2], lips, eyes),
            focus_across=self.turner.splines.focus(across, lips, eyes) * sane[:, None, None, None],
            source_points=source_points[..., :2],
            landmarks=points[..., :2],
            across_points=across,
            sane=sane,
            measures=self._measures(pairs, target_held),
            partner=partner,
        )

    def _measures(self, pairs: Pairs, held: Held) -> Tensor:
        assert self.bank.expression is not None
        expression = self.bank.expression[pairs.target]
        swapped = expression[:, [0, 1, 3, 2]]
        expression = torch.where(pairs.mirrored[:, None], swapped, expression)
        return torch.cat([expression, angles(held.rotation) / 0.15], dim=1)

    def _view(self, rows: Tensor, mirrored: Tensor, offset: int, draw: Draw) -> tuple[Tensor, Tensor]:
        """Pictures and landmarks, mirrored where asked, a share of them turned by a random pose."""
        assert self.bank.landmarks is not None
        pictures, points = mirror(self.bank.floats(rows), mirrored), self.bank.landmarks[rows]
        points = torch.where(mirrored[:, None, None], points[:, self.mirror] * self.sign, points)
        count = int(len(rows) * self.recipe.turned)
        if count == 0:
            return pictures, points
        which = (torch.arange(count, device=rows.device) + offset) % len(rows)
        turned = self.turner.turn(points[which], *random_turns(self.recipe, count, draw))
        pictures[which] = self.turner.picture(pictures[which], points[which], turned)
        points = points.clone()
        points[which] = turned
        return pictures, points


class GuidedObjective(nn.Module):
    """Both networks, and two linear heads on the driving vector that are dropped after training."""

    def __init__(self, networks: X2FaceNetworks, layout: Tensor, recipe: GuidedRecipe) -> None:
        super().__init__()
        self.networks = networks
        self.recipe = recipe
        self.landmark_head = nn.Linear(networks.dims.vector, POINTS * 2)
        self.measure_head = nn.Linear(networks.dims.vector, 7)
        for decoder in (networks.embedding.decoder, networks.driving.decoder):  # at first every pixel stays
            nn.init.normal_(decoder.last.conv.weight, 0, 1e-3)
        focus = SplineFlows(layout[:, :2], networks.dims.flow_side).focus(layout[None, :, :2], recipe.eyes, recipe.eyes)
        self.layout_focus: Tensor
        self.layout_points: Tensor
        self.gap_pairs: Tensor
        self.register_buffer("layout_focus", focus, persistent=False)
        self.register_buffer("layout_points", layout[:, :2].clone(), persistent=False)
        self.register_buffer("gap_pairs", torch.tensor((*INNER_LIPS, *LIDS), device=layout.device), persistent=False)

    def forward(self, batch: GuidedBatch, progress: float) -> dict[str, Tensor]:
        """Losses, each a scalar, "loss" their weighted sum. progress: 0 at the start of training, 1 at its end."""
        n, networks = len(batch.source), self.networks
        embedding_flow, _ = networks.embedding(batch.source)
        vectors = networks.driving.encode(batch.views)
        target_v, source_v = vectors[:n], vectors[n:]
        across_v = source_v + target_v[batch.partner] - source_v[batch.partner]
        flows = networks.driving.decode(torch.cat([target_v, across_v])).float()
        landmarks = self.landmark_head(target_v).float().view(n, POINTS, 2)
        measures = self.measure_head(target_v).float()
        with torch.autocast(batch.source.device.type, enabled=False):
            losses = self._flow_losses(batch, embedding_flow.float(), flows)
            losses["photometric"], losses["l1"] = self._photometric(batch, embedding_flow.float(), flows[:n])
            losses["landmarks"] = (landmarks - batch.landmarks).abs().mean()
            losses["expression"] = F.smooth_l1_loss(measures, batch.measures)
        losses["loss"] = self._sum(losses, progress)
        return losses

    def _flow_losses(self, batch: GuidedBatch, embedding_flow: Tensor, flows: Tensor) -> dict[str, Tensor]:
        n, side = len(batch.source), embedding_flow.shape[-1]
        taught = torch.cat([batch.embedding_flow, batch.driving_flow, batch.across_flow])
        errors = torch.cat([embedding_flow, flows]) - resize_flow(taught, side, side)
        focus = resize_flow(torch.cat([batch.focus, batch.focus_across]), side, side)
        focus = torch.cat([self.layout_focus.expand(n, -1, -1, -1), focus])
        weighed = (errors.abs() * focus).mean((1, 2, 3))
        return {
            "embedding_flow": weighed[:n].mean(),
            "driving_flow": weighed[n : 2 * n].mean(),
            "across_flow": weighed[2 * n :].mean(),
            "stretch": _stretch(errors, focus),
            "gaps": self._gaps(batch, embedding_flow, flows),
        }

    def _gaps(self, batch: GuidedBatch, embedding_flow: Tensor, flows: Tensor) -> Tensor:
        """L1 of how far apart the flows see both sides of mouth and eyes, in half-pictures."""
        n, layout = len(batch.source), self.layout_points.expand(len(batch.source), -1, -1)
        embedded = self._apart(seen_at(embedding_flow, layout)) - self._apart(batch.source_points)
        driven = self._apart(seen_at(flows[:n], batch.landmarks)) - self._apart(layout)
        across = self._apart(seen_at(flows[n:], batch.across_points)) - self._apart(layout)
        return embedded.abs().mean() + driven.abs().mean() + (across.abs().mean((1, 2)) * batch.sane).mean()

    def _apart(self, points: Tensor) -> Tensor:
        return points[:, self.gap_pairs[:, 0]] - points[:, self.gap_pairs[:, 1]]

    def _photometric(self, batch: GuidedBatch, embedding_flow: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        padding = self.networks.dims.padding
        out = warp(warp(batch.source, embedding_flow, padding=padding), flow, padding=padding)
        error = (out - batch.target).abs()
        focus = resize_flow(batch.focus, *error.shape[-2:])
        coarse = (F.avg_pool2d(out, 4) - F.avg_pool2d(batch.target, 4)).abs().mean()
        return (error * (1 + focus) / 2).mean() + coarse, error.mean().detach()

    def _sum(self, losses: dict[str, Tensor], progress: float) -> Tensor:
        recipe = self.recipe
        guidance = recipe.guidance * max(recipe.guidance_end, 1 - progress)
        flows = losses["embedding_flow"] + losses["driving_flow"] + recipe.relative * losses["across_flow"]
        flows = flows + recipe.stretch * losses["stretch"] + recipe.gaps * losses["gaps"]
        heads = recipe.landmarks * losses["landmarks"] + recipe.expression * losses["expression"]
        return losses["photometric"] + guidance * flows + heads


def _stretch(errors: Tensor, focus: Tensor) -> Tensor:
    """How wrongly flows stretch: the L1 of the errors' differences between neighbours, per half-picture.

    A mouth opens by moving one lip against the other. In the L1 of the flows that is lost among the errors of the
    whole head's place; in their differences it is not.
    """
    per_half = errors.shape[-1] / 2
    down = (errors.diff(dim=2) * focus[:, :, 1:]).abs().mean()
    across = (errors.diff(dim=3) * focus[..., 1:]).abs().mean()
    return (down + across) * per_half
