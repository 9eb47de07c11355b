"""Training objective of the sync encoder: contrastive loss of sound and lips, and regression of the mouth's labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_audio.sync.bank import SyncBank
from x2face_audio.sync.networks import REACH, SyncNetworks
from x2face_audio.sync.recipe import SyncRecipe
from x2face_core.training.drawing import Sampler


@dataclass(frozen=True)
class SyncBatch:
    """Sequences of consecutive moments from clips.

    sound: (clips, moments + 2 * REACH, 20, 13); lips: (clips, moments, frames, side, side)
    measures: (clips, moments, 2 + b) standardised mouth opening, width and blendshapes, NaN where unknown
    """

    sound: Tensor
    lips: Tensor
    measures: Tensor


class SyncBatches:
    """Draws sequences of clips and augments them, on the device of the bank."""

    def __init__(self, bank: SyncBank, recipe: SyncRecipe) -> None:
        self.bank, self.recipe = bank, recipe
        self.deviation = bank.rows[0].std(0)

    @torch.no_grad()
    def draw(self, rng: torch.Generator, count: int) -> SyncBatch:
        """Draw a batch. count: number of moments; each clip gives recipe.moments of them"""
        draw, moments, bank = Sampler(rng), self.recipe.moments, self.bank
        clips = max(2, count // moments)
        drawn = torch.searchsorted(bank.weight.cumsum(0), draw.uniform(clips).double())
        clip = drawn.clamp_max(len(bank) - 1)
        start = (draw.uniform(clips) * (bank.count[clip] - moments + 1)).long()
        frame = start[:, None] + torch.arange(moments, device=start.device)
        rows = (bank.first[clip][:, None] + frame).flatten()
        lips = bank.lip_windows(clip.repeat_interleave(moments), frame.flatten())
        return SyncBatch(
            self._augmented_sound(clip, start, draw),
            self._augmented_lips(lips.view(clips, moments, *lips.shape[1:]), draw),
            bank.measures[rows].view(clips, moments, -1),
        )

    def _augmented_sound(self, clip: Tensor, start: Tensor, draw: Sampler) -> Tensor:
        """Augment MFCC: a random version of each clip (the recorded one twice as often), offsets, noise, masking."""
        frame = start[:, None] + torch.arange(-REACH, self.recipe.moments + REACH, device=start.device)
        augmentation = (draw.uniform(len(clip)) * (1 + len(self.bank.rows)) - 1).clamp_min(0).long().tolist()
        audio = [self.bank.sound(clip[k].expand(frame.shape[1]), frame[k], v) for k, v in enumerate(augmentation)]
        sound = torch.stack(audio)
        n, device = len(sound), sound.device
        colour = torch.randn(n, 1, 1, sound.shape[-1], generator=draw.rng, device=device) * 0.25
        colour[..., 0] *= 2
        hiss = torch.randn(sound.shape, generator=draw.rng, device=device) * 0.1
        sound = sound + (colour + hiss) * self.deviation
        first = 1 + (draw.uniform(n) * (sound.shape[-1] - 2)).long()
        masked = F.one_hot(first, sound.shape[-1]) + F.one_hot(first + 1, sound.shape[-1])
        masked = masked * (draw.uniform(n, 1) < 0.5)
        mean = self.bank.rows[0].mean(0)
        return torch.where(masked[:, None, None].bool(), mean, sound)

    def _augmented_lips(self, lips: Tensor, draw: Sampler) -> Tensor:
        """Augment lips, the same for all frames of a clip: mirroring, brightness, shift by a few pixels."""
        n, side = len(lips), lips.shape[-1]
        lips = torch.where(draw.uniform(n, 1, 1, 1, 1) < 0.5, lips.flip(-1), lips)
        lips = lips * torch.exp(draw.uniform(n, 1, 1, 1, 1, low=-0.35, high=0.35))
        shift = (draw.uniform(n, 2, low=-0.08, high=0.08) * side).round().int().tolist()
        return torch.stack([one.roll((dy, dx), (-2, -1)) for one, (dy, dx) in zip(lips, shift, strict=True)])


class SyncObjective(nn.Module):
    """Both streams, and linear heads for the mouth's measures, which are discarded after training.

    measures: number of measures: opening, width and blendshapes
    """

    def __init__(self, networks: SyncNetworks, recipe: SyncRecipe, measures: int = 2) -> None:
        super().__init__()
        self.networks, self.recipe = networks, recipe
        feature, context = networks.dims.feature, networks.dims.context
        self.heads = nn.ModuleDict(
            {
                name: nn.Linear(size, measures)
                for name, size in (("sound", feature), ("lips", feature), ("context", context))
            }
        )
        self.sharpness = nn.Parameter(torch.tensor(10.0).log())

    def forward(self, batch: SyncBatch, progress: float) -> dict[str, Tensor]:
        clips, moments = batch.lips.shape[:2]
        audio = self.networks.audio(batch.sound.flatten(0, 1)).float().unflatten(0, (clips, -1))
        lips = self.networks.visual(batch.lips.flatten(0, 1)).float()
        sound = audio[:, REACH:-REACH].flatten(0, 1)
        context = self.networks.context(audio).flatten(0, 1)
        losses = {"contrast": self._contrast(sound, lips, clips, moments)}
        for name, feature in (("sound", sound), ("lips", lips), ("context", context)):
            losses[name] = self._measured(self.heads[name](feature).unflatten(0, (clips, moments)), batch.measures)
        regression = losses["sound"] + losses["lips"] / 3 + losses["context"]
        return losses | {"loss": self.recipe.contrast * losses["contrast"] + self.recipe.measures * regression}

    def _measured(self, found: Tensor, true: Tensor) -> Tensor:
        """Loss of opening and width, and of blendshapes by recipe.blend."""
        loss = _measure_loss(found[..., :2], true[..., :2])
        if true.shape[2] > 2:
            loss = loss + self.recipe.blend * _measure_loss(found[..., 2:], true[..., 2:])
        return loss

    def _contrast(self, sound: Tensor, lips: Tensor, clips: int, moments: int) -> Tensor:
        """Symmetric InfoNCE over all moments and over those of the same clip; adjacent moments are not negatives."""
        with torch.autocast(sound.device.type, enabled=False):
            likeness = self.networks.project_sound(sound) @ self.networks.project_lips(lips).T * self.sharpness.exp()
        clip = torch.arange(clips, device=sound.device).repeat_interleave(moments)
        frame = torch.arange(moments, device=sound.device).repeat(clips)
        same = clip[:, None] == clip
        near = same & ((frame[:, None] - frame).abs() == 1)
        among_all = likeness.masked_fill(near, -1e4)
        among_own = among_all.masked_fill(~same, -1e4)
        right = torch.arange(len(sound), device=sound.device)
        tables = (among_all, among_all.T, among_own, among_own.T)
        return torch.stack([F.cross_entropy(table, right) for table in tables]).mean()


def _measure_loss(found: Tensor, true: Tensor) -> Tensor:
    """Smooth L1 of (clips, moments, k), both centred for each clip; clips without labels are ignored."""
    known = (~true.isnan()).all(2, keepdim=True).all(1, keepdim=True).expand_as(found)
    true = true.nan_to_num()
    errors = F.smooth_l1_loss(found - found.mean(1, keepdim=True), true - true.mean(1, keepdim=True), reduction="none")
    return (errors * known).sum() / known.sum().clamp_min(1)
