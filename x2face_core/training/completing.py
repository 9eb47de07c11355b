"""Training of the completion network on pairs of pictures of one person.

The target shows parts of the face that the source does not.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import LIPS
from x2face_core.geometry.splines import SplineFlows
from x2face_core.geometry.turning import Turner
from x2face_core.networks.completion import log_area, unseen
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.pixels import from_bytes, to_bytes
from x2face_core.training.drawing import Sampler, generator, mirror, random_turns, recolour
from x2face_core.training.recipes import CompletionRecipe
from x2face_core.warping import resize_flow, warp

_CHUNK = 64  # pictures embedded at once
_BACKGROUND = 0.05  # loss weight outside the face
_MARGIN = 0.06  # margin around the lips in the critic's input, in normalised coordinates


@dataclass(frozen=True)
class CompletionBatch:
    """A batch: pairs of embedded faces of one person each, in [0, 1], and their log areas.

    source, target: (n, 3, side, side); source_area, target_area: (n, 1, side, side)
    """

    source: Tensor
    source_area: Tensor
    target: Tensor
    target_area: Tensor


@dataclass(frozen=True)
class _Rows:
    """Row indices of pairs in a bank, whether each source is rotated, and each pair's sampling weight."""

    source: Tensor
    target: Tensor
    turned: Tensor
    weight: Tensor


class CompletionBatches:
    """Draws pairs of embedded faces; the target shows regions that the source does not.

    From each clip: source is the frame with the most closed lips, as it is and rotated by a random pose, target the one
    with the most open lips. From each photograph: source is a rotated version, target the photograph. As the other
    networks are frozen, all faces are embedded once, at the first draw.
    """

    def __init__(self, bank: Bank, layout: Tensor, recipe: CompletionRecipe, networks: X2FaceNetworks) -> None:
        self.bank, self.recipe, self.networks = bank, recipe, networks
        self.turner = Turner(layout)
        self._lock = threading.Lock()
        self._embedded: tuple[_Rows, CompletionBatch] | None = None

    @torch.no_grad()
    def draw(self, rng: torch.Generator, count: int) -> CompletionBatch:
        with self._lock:
            rows, whole = self._embedded = self._embedded or self._embed()
        draw = Sampler(rng)
        indices = torch.searchsorted(rows.weight.cumsum(0), draw.uniform(count).double() * rows.weight.sum())
        indices = indices.clamp_max(len(rows.weight) - 1)
        mirrored = draw.uniform(count) < 0.5
        gamma = torch.exp(draw.uniform(count, 1, low=-0.25, high=0.25))
        gain = draw.uniform(count, 3, low=0.8, high=1.2)
        source, target = (
            recolour(mirror(from_bytes(faces[indices]), mirrored), gamma, gain)
            for faces in (whole.source, whole.target)
        )
        areas = (mirror(area[indices].float(), mirrored) for area in (whole.source_area, whole.target_area))
        source_area, target_area = areas
        return CompletionBatch(source, source_area, target, target_area)

    def _embed(self) -> tuple[_Rows, CompletionBatch]:
        """Embed all pairs; faces are stored as bytes, areas in half precision."""
        rows = self._rows()
        rng = generator(self.recipe.seed, 0, 0, self.bank.pictures.device)
        source, source_area = self._faces(rows.source, rows.turned, Sampler(rng))
        target, target_area = self._faces(rows.target, torch.zeros_like(rows.turned), Sampler(rng))
        return rows, CompletionBatch(source, source_area, target, target_area)

    def _rows(self) -> _Rows:
        """All pairs, weighted by the bank's weights and, for clips, by the range of the lips' opening."""
        assert self.bank.expression is not None
        opening, bank = self.bank.expression[:, 0], self.bank
        starts = torch.unique(bank.first)
        counts = bank.count[starts]
        closed, opened, weights = [], [], []
        for first, count in zip(starts.tolist(), counts.tolist(), strict=True):
            of_clip = opening[first : first + count]
            closed.append(first + int(of_clip.argmin()))
            opened.append(first + int(of_clip.argmax()))
            change = 1.0 if count == 1 else float((of_clip.amax() - of_clip.amin()).clamp(0, 4))
            weights.append(float(bank.weight[first : first + count].sum()) * change)
        source, target = (torch.tensor(found, device=starts.device) for found in (closed, opened))
        weight = torch.tensor(weights, dtype=torch.float64, device=starts.device)
        films = counts > 1
        share = self.recipe.turned
        unrotated = _Rows(source[films], target[films], ~films[films], weight[films] * (1 - share))
        turned = torch.where(films, share, 1.0)
        parts = (unrotated, _Rows(source, target, torch.ones_like(films), weight * turned))
        joined = [
            torch.cat([getattr(part, name) for part in parts]) for name in ("source", "target", "turned", "weight")
        ]
        return _Rows(*joined)

    def _faces(self, rows: Tensor, turned: Tensor, draw: Sampler) -> tuple[Tensor, Tensor]:
        networks, faces, areas = self.networks, [], []
        assert self.bank.landmarks is not None
        training = networks.embedding.training
        networks.embedding.eval()
        for part, turn in zip(torch.split(rows, _CHUNK), torch.split(turned, _CHUNK), strict=True):
            poses = random_turns(self.recipe, len(part), draw)
            pictures, _ = self.turner.turn_rows(self.bank.floats(part), self.bank.landmarks[part], turn, poses)
            flow = networks.embedding(pictures)[0].float()
            faces.append(to_bytes(warp(pictures, flow, padding=networks.dims.padding)))
            areas.append(resize_flow(log_area(flow), *pictures.shape[-2:]).half())
        networks.embedding.train(training)
        return torch.cat(faces), torch.cat(areas)


class Critic(nn.Module):
    """A patch discriminator of real and completed mouths (least-squares GAN, Mao et al., ICCV 2017)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(4, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width * 2, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width * 2, 1, 3, 1, 1),
        )

    def forward(self, faces: Tensor, where: Tensor) -> Tensor:
        """Faces (n, 3, h, w) in [0, 1] within masks (n, 1, h, w) to scores (n, 1, h / 4, w / 4), 1 for real ones."""
        scores: Tensor = self.layers(torch.cat([(faces - 0.5) * where, where], dim=1))
        return scores


class CompletionObjective(nn.Module):
    """The completion network and its critic, which is discarded; embedding and driving network are frozen."""

    def __init__(self, networks: X2FaceNetworks, layout: Tensor, recipe: CompletionRecipe) -> None:
        super().__init__()
        self.networks, self.recipe = networks, recipe
        for network in (networks.embedding, networks.driving):
            network.requires_grad_(False)
        self.critic = Critic(recipe.channels)
        side = networks.dims.side
        splines = SplineFlows(layout[:, :2])
        lips = splines.close_to(layout[None, LIPS, :2])
        weight = _BACKGROUND + (1 - _BACKGROUND) * splines.near(layout[None, :, :2]) * (1 + recipe.lips * lips)
        self.layout_weight: Tensor
        self.register_buffer("layout_weight", resize_flow(weight, side, side), persistent=False)
        low, high = layout[LIPS, :2].amin(0) - _MARGIN, layout[LIPS, :2].amax(0) + _MARGIN
        corners = ((torch.stack([low, high]).clamp(-1, 1) + 1) / 2 * (side - 1)).round().int().tolist()
        self.mouth = slice(corners[0][1], corners[1][1] + 1), slice(corners[0][0], corners[1][0] + 1)

    def train(self, mode: bool = True) -> CompletionObjective:
        """The frozen networks stay in evaluation mode."""
        super().train(mode)
        self.networks.embedding.eval()
        self.networks.driving.eval()
        return self

    def forward(self, batch: CompletionBatch, progress: float) -> dict[str, Tensor]:
        """Losses, each a scalar, "loss" their weighted sum."""
        assert self.networks.completion is not None
        needed = unseen(batch.source_area)
        colours = self.networks.completion(batch.source, batch.source_area)
        completed = batch.source + needed * (colours - batch.source)
        weight = needed * (1 - unseen(batch.target_area)) * self.layout_weight
        error = completed - batch.target
        with torch.autocast(error.device.type, enabled=False):
            losses = {
                "texture": (error.abs() * weight).sum() / weight.sum().clamp_min(1e-3) / 3,
                "edges": _edges(error, weight) / weight.sum().clamp_min(1e-3) / 3,
                **self._criticised(completed, batch, needed),
            }
        recipe = self.recipe
        loss = losses["texture"] + recipe.edges * losses["edges"] + recipe.adversarial * losses["fooled"]
        losses["loss"] = loss + losses["critic"]
        losses["copied"] = (
            ((batch.source - batch.target).abs() * weight).sum() / weight.sum().clamp_min(1e-3) / 3
        ).detach()
        return losses

    def _criticised(self, completed: Tensor, batch: CompletionBatch, needed: Tensor) -> dict[str, Tensor]:
        """The critic's loss, and the adversarial loss of the network with the critic's weights fixed."""
        down, across = self.mouth
        revealed = needed * (1 - unseen(batch.target_area))  # unseen in the source, seen in the target
        painted, real, where = (faces[..., down, across] for faces in (completed, batch.target, revealed))
        fixed = {name: value.detach() for name, value in self.critic.named_parameters()}
        fooled = functional_call(self.critic, fixed, (painted, where))
        fake_scores, real_scores = self.critic(painted.detach(), where), self.critic(real, where)
        weight = F.adaptive_avg_pool2d(where, fake_scores.shape[-2:])
        total = weight.sum().clamp_min(1e-3)
        critic = ((fake_scores**2 + (real_scores - 1) ** 2) * weight).sum() / total / 2
        return {"critic": critic, "fooled": ((fooled - 1) ** 2 * weight).sum() / total}


def _edges(error: Tensor, weight: Tensor) -> Tensor:
    """L1 of the spatial derivatives of the error, summed over both directions."""
    down, across = error.diff(dim=2).abs() * weight[:, :, 1:], error.diff(dim=3).abs() * weight[..., 1:]
    return down.sum() + across.sum()
