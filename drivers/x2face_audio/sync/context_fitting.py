"""Fitting the temporal context to the labelled mouths of many people, with the audio stream as it is.

The loss includes the correlation over a second of speech; strong dropout and noise are against overfitting to voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_audio.sync.networks import REACH, Context, SyncDims

STEPS = 400
PEOPLE = 8
"""Least number of labelled speakers; a context fitted to fewer would know their voices only."""
CLIPS, MOMENTS = 48, 30
"""Sequences of a batch, and their length in moments."""
_RATE, _WARMUP, _DECAY, _CLIP_NORM = 2e-3, 50, 0.05, 5.0
_DROPOUT = (0.5, 0.5, 0.5)
_GAIN, _NOISE = 0.1, 0.25  # deviation of each feature's random factor, and of the noise added to its own deviations
_OPENING, _WIDTH, _OTHERS = 3.0, 1.0, 2.0  # weights in the loss; the last one of all blendshapes together
_STILL = (1e-2, 1.0)  # added to the sums of squares of prediction and truth: still mouths have no correlation


@dataclass(frozen=True, eq=False)
class Spoken:
    """A clip.

    identity: of the speaker
    versions: features (n + 12, feature) of n moments and six on either side, for each version of the sound
    measures: (n, m) as sync.measures.measures_of, the opening and the width first; NaN where unknown
    """

    identity: str
    versions: tuple[Tensor, ...]
    measures: Tensor


def fit_context(clips: Sequence[Spoken], dims: SyncDims, seed: int = 0) -> Context | None:
    """Fit a context from scratch; people count by the root of their moments. None with fewer than PEOPLE labelled."""
    known = [clip for clip in clips if not clip.measures.isnan().any(1).all()]
    if len({clip.identity for clip in known}) < PEOPLE:
        return None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _fitted(_Sequences(known), dims, np.random.default_rng(seed))


class _Sequences:
    """Draws sequences of moments from clips."""

    def __init__(self, clips: Sequence[Spoken]) -> None:
        self.clips = clips
        moments: dict[str, int] = {}
        for clip in clips:
            moments[clip.identity] = moments.get(clip.identity, 0) + len(clip.measures)
        shares = np.array([len(clip.measures) * moments[clip.identity] ** -0.5 for clip in clips])
        self.shares = shares / shares.sum()
        self.deviation = torch.cat([clip.versions[0] for clip in clips[::10]]).float().std(0)

    def draw(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Noisy features (CLIPS, MOMENTS + 12, feature), and measures (CLIPS, MOMENTS, m), NaN behind a clip's end."""
        drawn = [self._sequence(self.clips[k], rng) for k in rng.choice(len(self.clips), CLIPS, p=self.shares)]
        features, measures = (torch.stack(column) for column in zip(*drawn, strict=True))
        factor = 1 + _GAIN * torch.randn(CLIPS, 1, features.shape[2])
        noise = _NOISE * self.deviation * torch.randn(features.shape)
        return (features * factor + noise).clamp_min(0), measures

    def _sequence(self, clip: Spoken, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        version, n = clip.versions[rng.integers(len(clip.versions))], len(clip.measures)
        start = int(rng.integers(max(n - MOMENTS, 0) + 1))
        at = (start + torch.arange(MOMENTS + 2 * REACH)).clamp_max(len(version) - 1)
        measures = clip.measures[start : start + MOMENTS]
        missing = measures.new_full((MOMENTS - len(measures), measures.shape[1]), torch.nan)
        return version[at].float(), torch.cat([measures, missing])


def _fitted(sequences: _Sequences, dims: SyncDims, rng: np.random.Generator) -> Context:
    context = Context(dims, _DROPOUT)
    head = nn.Linear(dims.context, sequences.clips[0].measures.shape[1])
    network = nn.Sequential(context, head)
    average = torch.optim.swa_utils.get_ema_multi_avg_fn(0.99)
    mean = torch.optim.swa_utils.AveragedModel(context, multi_avg_fn=average, use_buffers=True)
    descent = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(descent, _learning_rate)
    for _ in range(STEPS):
        features, measures = sequences.draw(rng)
        descent.zero_grad()
        loss_of(network(features), measures).backward()
        nn.utils.clip_grad_norm_(network.parameters(), _CLIP_NORM)
        descent.step()
        schedule.step()
        mean.update_parameters(context)
    context.load_state_dict(mean.module.state_dict())
    return context.eval()


def _learning_rate(step: int) -> float:
    return min(1.0, (step + 1) / _WARMUP) * (0.5 + 0.5 * float(np.cos(np.pi * step / STEPS)))


def loss_of(found: Tensor, true: Tensor) -> Tensor:
    """Weighted sum over measures of smooth L1 and of 1 - correlation, both of deviations from a sequence's mean.

    found, true: (clips, moments, m); moments with a NaN in `true` do not count
    """
    known = (~true.isnan()).all(2, keepdim=True).float()
    found, true = _centred(found, known), _centred(true.nan_to_num(), known)
    errors = F.smooth_l1_loss(found, true, reduction="none").sum((0, 1)) / known.sum().clamp_min(1)
    power = [one.square().sum(1) + least for one, least in zip((found, true), _STILL, strict=True)]
    correlations = ((found * true).sum(1) / (power[0] * power[1]).sqrt()).mean(0)
    others = found.shape[2] - 2
    weight = torch.tensor([_OPENING, _WIDTH] + [_OTHERS / max(others, 1)] * others)
    return (weight * (errors + 1 - correlations)).sum()


def _centred(values: Tensor, known: Tensor) -> Tensor:
    """Deviations from the mean of known moments; 0 at others."""
    mean = (values * known).sum(1, keepdim=True) / known.sum(1, keepdim=True).clamp_min(1)
    return (values - mean) * known
