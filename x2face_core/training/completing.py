"""Training of the completion network on pairs of embedded faces of one person."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from x2face_core.geometry.landmarks import EYES, LIPS
from x2face_core.geometry.splines import SplineFlows
from x2face_core.networks.completion import to_paint, unseen
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.completion_batches import CompletionBatch
from x2face_core.training.recipes import CompletionRecipe
from x2face_core.warping import resize_flow

_BACKGROUND = 0.05  # loss weight outside the face
_MARGIN = 0.06  # margin around eyes and lips in the critic's input, in normalised coordinates


class Critic(nn.Module):
    """A patch discriminator of real and completed eyes and mouths (least-squares GAN, Mao et al., ICCV 2017)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(4, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width * 2, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width * 2, width * 2, 3, 1, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width * 2, 1, 3, 1, 1),
        )

    def forward(self, faces: Tensor, where: Tensor) -> Tensor:
        """Faces (n, 3, h, w) in [0, 1], painted within masks (n, 1, h, w) or real, to scores (n, 1, h / 4, w / 4).

        1 for real ones
        """
        scores: Tensor = self.layers(torch.cat([faces - 0.5, where], dim=1))
        return scores


class CompletionObjective(nn.Module):
    """The completion network and its critic, which is discarded; embedding and driving network are frozen."""

    def __init__(self, networks: X2FaceNetworks, layout: Tensor, recipe: CompletionRecipe) -> None:
        super().__init__()
        self.networks, self.recipe = networks, recipe
        for network in (networks.embedding, networks.driving):
            network.requires_grad_(False)
        self.critic = Critic(2 * recipe.channels)
        side = networks.dims.side
        splines = SplineFlows(layout[:, :2])
        lips, eyes = (splines.close_to(layout[None, part, :2]) for part in (LIPS, EYES))
        focus = 1 + recipe.lips * lips + recipe.eyes * eyes
        weight = _BACKGROUND + (1 - _BACKGROUND) * splines.near(layout[None, :, :2]) * focus
        self.layout_weight: Tensor
        self.register_buffer("layout_weight", resize_flow(weight, side, side), persistent=False)
        features = layout[np.concatenate([EYES, LIPS]), :2]
        low, high = features.amin(0) - _MARGIN, features.amax(0) + _MARGIN
        corners = ((torch.stack([low, high]).clamp(-1, 1) + 1) / 2 * (side - 1)).round().int().tolist()
        self.features = slice(corners[0][1], corners[1][1] + 1), slice(corners[0][0], corners[1][0] + 1)

    def train(self, mode: bool = True) -> CompletionObjective:
        """The frozen networks stay in evaluation mode."""
        super().train(mode)
        self.networks.embedding.eval()
        self.networks.driving.eval()
        return self

    def forward(self, batch: CompletionBatch, progress: float) -> dict[str, Tensor]:
        """Losses, each a scalar, "loss" their weighted sum."""
        assert self.networks.completion is not None
        needed = to_paint(batch.source_area)
        colours = self.networks.completion(batch.source, batch.source_area)
        completed = batch.source + needed * (colours - batch.source)
        revealed = needed * (1 - unseen(batch.target_area))  # painted in the source, seen in the target
        weight = revealed * self.layout_weight
        error = completed - batch.target
        with torch.autocast(error.device.type, enabled=False):
            losses = {
                "texture": (error.abs() * weight).sum() / weight.sum().clamp_min(1e-3) / 3,
                "edges": _edges(error, weight) / weight.sum().clamp_min(1e-3) / 3,
                **self._criticised(colours, batch.target, revealed),
            }
        recipe = self.recipe
        loss = losses["texture"] + recipe.edges * losses["edges"] + recipe.adversarial * losses["adversarial"]
        losses["loss"] = loss + losses["critic"]
        losses["copied"] = (
            ((batch.source - batch.target).abs() * weight).sum() / weight.sum().clamp_min(1e-3) / 3
        ).detach()
        return losses

    def _criticised(self, colours: Tensor, target: Tensor, revealed: Tensor) -> dict[str, Tensor]:
        """The critic's loss, and the adversarial loss of the network with the critic's weights fixed.

        The critic sees the target, with the colours where they are painted or without.
        """
        down, across = self.features
        pasted = target + revealed * (colours - target)
        painted, real, where = (faces[..., down, across] for faces in (pasted, target, revealed))
        fixed = {name: value.detach() for name, value in self.critic.named_parameters()}
        fooled = functional_call(self.critic, fixed, (painted, where))
        fake_scores, real_scores = self.critic(painted.detach(), where), self.critic(real, where)
        weight = F.adaptive_avg_pool2d(where, fake_scores.shape[-2:])
        total = weight.sum().clamp_min(1e-3)
        critic = ((fake_scores**2 + (real_scores - 1) ** 2) * weight).sum() / total / 2
        return {"critic": critic, "adversarial": ((fooled - 1) ** 2 * weight).sum() / total}


def _edges(error: Tensor, weight: Tensor) -> Tensor:
    """L1 of the spatial derivatives of the error, summed over both directions."""
    down, across = error.diff(dim=2).abs() * weight[:, :, 1:], error.diff(dim=3).abs() * weight[..., 1:]
    return down.sum() + across.sum()
