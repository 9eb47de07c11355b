"""Losses of the guided recipe: flows supervised by splines and optical flow, linear heads on the driving vector."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.geometry.landmarks import INNER_LIPS, IRIS_CORNERS, LIDS, POINTS_WITH_IRISES
from x2face_core.geometry.splines import SplineFlows, seen_at
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.guided_batches import GuidedBatch
from x2face_core.training.optical import compose
from x2face_core.training.recipes import GuidedRecipe
from x2face_core.training.regression import ridge
from x2face_core.warping import resize_flow, warp


class GuidedObjective(nn.Module):
    """Both networks, and linear heads on the driving vector, which are discarded after training.

    layout: (73, 3), with irises; measures, scores: number of measures and of blendshape scores in a batch
    """

    def __init__(
        self, networks: X2FaceNetworks, layout: Tensor, recipe: GuidedRecipe, measures: int = 7, scores: int = 0
    ) -> None:
        super().__init__()
        self.networks = networks
        self.recipe = recipe
        if networks.completion is not None:
            networks.completion.requires_grad_(False)  # trained by another recipe
        self.landmark_head = nn.Linear(networks.dims.vector, POINTS_WITH_IRISES * 2)
        self.measure_head = nn.Linear(networks.dims.vector, measures)
        self.blend_head = nn.Linear(networks.dims.vector, scores) if scores else None
        for decoder in (networks.embedding.decoder, networks.driving.decoder):  # initial flows are the identity
            nn.init.normal_(decoder.last.conv.weight, 0, 1e-3)
        splines = SplineFlows(layout[:, :2], networks.dims.flow_side)
        focus = splines.focus(layout[None, :, :2], recipe.eyes, recipe.eyes, floor=recipe.outside)
        self.layout_focus: Tensor
        self.layout_points: Tensor
        self.gap_pairs: Tensor
        self.register_buffer("layout_focus", focus, persistent=False)
        self.register_buffer("layout_points", layout[:, :2].clone(), persistent=False)
        pairs = (*INNER_LIPS, *LIDS, *IRIS_CORNERS)
        self.register_buffer("gap_pairs", torch.tensor(pairs, device=layout.device), persistent=False)
        weights = [1.0] * len(INNER_LIPS) + [recipe.lids] * len(LIDS) + [recipe.irises] * len(IRIS_CORNERS)
        gap_weights = torch.tensor(weights, device=layout.device) / len(INNER_LIPS + LIDS)
        self.gap_weights: Tensor
        self.register_buffer("gap_weights", gap_weights[:, None], persistent=False)

    def forward(self, batch: GuidedBatch, progress: float) -> dict[str, Tensor]:
        """Losses, each a scalar, "loss" their weighted sum. progress: 0 at the start of training, 1 at its end."""
        n, networks = len(batch.source), self.networks
        embedding_flow, _ = networks.embedding(batch.source)
        vectors = networks.driving.encode(batch.views)
        target_v, source_v = vectors[:n], vectors[n:]
        across_v = source_v + target_v[batch.partner] - source_v[batch.partner]
        flows = networks.driving.decode(torch.cat([target_v, across_v])).float()
        landmarks = self.landmark_head(target_v).float().view(n, POINTS_WITH_IRISES, 2)
        measures = self.measure_head(target_v).float()
        scores = None if self.blend_head is None else self.blend_head(target_v).float()
        with torch.autocast(batch.source.device.type, enabled=False):
            losses = self._flow_losses(batch, embedding_flow.float(), flows)
            losses["photometric"], losses["l1"] = self._photometric(batch, embedding_flow.float(), flows[:n])
            losses["landmarks"] = (landmarks - batch.landmarks).abs().mean()
            losses["expression"] = F.smooth_l1_loss(measures, batch.measures)
            if scores is not None and batch.blend is not None:
                losses["blend"] = F.smooth_l1_loss(scores, batch.blend)
        losses["loss"] = self._sum(losses, progress)
        return losses

    @torch.no_grad()
    def fit_heads(self, batches: Iterable[GuidedBatch]) -> None:
        """Fit the linear heads to the vectors of trained networks, which random heads would disturb at first."""
        self.eval()
        vectors, labels = [], []
        for batch in batches:
            scores = [] if self.blend_head is None or batch.blend is None else [batch.blend]
            vectors.append(self.networks.encode(batch.views[: len(batch.target)]))
            labels.append(torch.cat([batch.landmarks.flatten(1), batch.measures, *scores], dim=1))
        weight, bias = ridge(torch.cat(vectors), torch.cat(labels))
        heads = [head for head in (self.landmark_head, self.measure_head, self.blend_head) if head is not None]
        sizes = [head.out_features for head in heads]
        for head, w, b in zip(heads, torch.split(weight, sizes), torch.split(bias, sizes), strict=True):
            head.weight.copy_(w)
            head.bias.copy_(b)

    def _flow_losses(self, batch: GuidedBatch, embedding_flow: Tensor, flows: Tensor) -> dict[str, Tensor]:
        n, side = len(batch.source), embedding_flow.shape[-1]
        targets = torch.cat([batch.embedding_flow, batch.driving_flow, batch.across_flow])
        errors = torch.cat([embedding_flow, flows]) - resize_flow(targets, side, side)
        focus = resize_flow(torch.cat([batch.focus, batch.focus_across]), side, side)
        focus = torch.cat([self.layout_focus.expand(n, -1, -1, -1), focus])
        weighed = (errors.abs() * focus).mean((1, 2, 3))
        return {
            "embedding_flow": weighed[:n].mean(),
            "driving_flow": weighed[n : 2 * n].mean(),
            "across_flow": weighed[2 * n :].mean(),
            "stretch": _stretch(errors, focus),
            "gaps": self._gaps(batch, embedding_flow, flows),
            **self._optical(batch, compose(flows[:n], embedding_flow)),
        }

    def _optical(self, batch: GuidedBatch, composed: Tensor) -> dict[str, Tensor]:
        """L1 between composed and optical flow, for pictures with optical flow, weighted by its trust."""
        if batch.optical_flow is None or batch.optical_trust is None:
            return {}
        side = batch.optical_flow.shape[-1]
        errors = (resize_flow(composed, side, side) - batch.optical_flow).abs() * batch.optical_trust
        pictures = (batch.optical_trust.amax((1, 2, 3)) > 0).sum().clamp_min(1)
        return {"optical": errors.mean((1, 2, 3)).sum() / pictures}

    def _gaps(self, batch: GuidedBatch, embedding_flow: Tensor, flows: Tensor) -> Tensor:
        """L1 of the distances between lips, between lids, and from irises to eye corners, as warped by the flows."""
        n, layout = len(batch.source), self.layout_points.expand(len(batch.source), -1, -1)
        embedded = self._apart(seen_at(embedding_flow, layout)) - self._apart(batch.source_points)
        driven = self._apart(seen_at(flows[:n], batch.landmarks)) - self._apart(layout)
        across = self._apart(seen_at(flows[n:], batch.across_points)) - self._apart(layout)
        sums = [(apart.abs() * self.gap_weights).sum(1).mean(1) for apart in (embedded, driven, across)]
        return sums[0].mean() + sums[1].mean() + (sums[2] * batch.sane).mean()

    def _apart(self, points: Tensor) -> Tensor:
        return points[:, self.gap_pairs[:, 0]] - points[:, self.gap_pairs[:, 1]]

    def _photometric(self, batch: GuidedBatch, embedding_flow: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        padding = self.networks.dims.padding
        out = warp(warp(batch.source, embedding_flow, padding=padding), flow, padding=padding)
        error = (out - batch.target).abs()
        focus, seen = (resize_flow(weights, *error.shape[-2:]) for weights in (batch.focus, batch.seen))
        coarse = (F.avg_pool2d(out, 4) - F.avg_pool2d(batch.target, 4)).abs() * F.avg_pool2d(seen, 4)
        return (error * seen * (1 + focus) / 2).mean() + coarse.mean(), error.mean().detach()

    def _sum(self, losses: dict[str, Tensor], progress: float) -> Tensor:
        recipe = self.recipe
        falling = max(recipe.guidance_end, 1 - progress)
        flows = losses["embedding_flow"] + losses["driving_flow"] + recipe.relative * losses["across_flow"]
        flows = flows + recipe.stretch * losses["stretch"] + recipe.gaps * losses["gaps"]
        heads = recipe.landmarks * losses["landmarks"] + recipe.expression * losses["expression"]
        heads = heads + (recipe.blend * losses["blend"] if "blend" in losses else 0)
        supervised = recipe.guidance * flows + (recipe.optical * losses["optical"] if "optical" in losses else 0)
        photometric = recipe.photometric + progress * (recipe.photometric_end - recipe.photometric)
        return photometric * losses["photometric"] + falling * supervised + heads


def _stretch(errors: Tensor, focus: Tensor) -> Tensor:
    """L1 of the spatial derivatives of the flow errors, in normalised coordinates.

    A mouth opens by relative motion of the lips, which is small in the L1 of the flows against errors of the head's
    position, but not in the L1 of their derivatives.
    """
    per_half = errors.shape[-1] / 2
    down = (errors.diff(dim=2) * focus[:, :, 1:]).abs().mean()
    across = (errors.diff(dim=3) * focus[..., 1:]).abs().mean()
    return (down + across) * per_half
