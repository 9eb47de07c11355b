"""Estimation of the time offset between sound and lips with the sync encoder."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_audio.sync.networks import SyncNetworks

FARTHEST = 15
"""Largest offset in frames that is tried, as by SyncNet."""
LEAST = 6
"""Frames of sound and lips that have to overlap for an offset to count."""


@dataclass(frozen=True)
class Offset:
    """The estimated offset.

    frames: number of frames by which the sound is late; negative: early
    likeness: (31,) mean cosine similarity at offsets from -15 to 15; confidence: largest minus median likeness
    """

    frames: int
    likeness: Tensor
    confidence: float


def offset_of(sound: Tensor, lips: Tensor, reach: int = FARTHEST, least: int = LEAST) -> Offset:
    """Compare embeddings (n, shared) of sound and of lips, one row for each frame.

    least: least number of overlapping frames for an offset to count
    """
    likeness = lips @ sound.T
    means = [
        float(likeness.diagonal(k).mean()) if len(lips) - abs(k) >= least else -torch.inf
        for k in range(-reach, reach + 1)
    ]
    found = torch.tensor(means)
    best = int(found.argmax())
    return Offset(best - reach, found, float(found[best] - found[found.isfinite()].median()))


@torch.no_grad()
def embed_pairs(networks: SyncNetworks, sound: Tensor, lips: Tensor) -> tuple[Tensor, Tensor]:
    """Embed MFCC windows (n, 20, 13) and lower faces (n, 5, side, side) to (n, shared) each."""
    embedded = networks.project_sound(networks.audio(sound))
    return embedded, networks.project_lips(networks.visual(lips))
