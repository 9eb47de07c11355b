"""How far sound and lips are apart in time, told by the sync encoder."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_audio.sync.networks import SyncNetworks

REACH = 15
"""Frames of offset that are looked at either way, as SyncNet does."""


@dataclass(frozen=True)
class Offset:
    """How sound and lips lie to one another.

    frames: by which the sound is late (positive) or early
    likeness: (31,) mean cosine at each offset from -15 to 15; confidence: the best likeness less the median one
    """

    frames: int
    likeness: Tensor
    confidence: float


def offset_of(sound: Tensor, lips: Tensor, reach: int = REACH, least: int = 6) -> Offset:
    """Compare places (n, shared) of sound and of lips, a row a frame.

    least: frames that must overlap for an offset to count
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
    """MFCC windows (n, 20, 13) and lower faces (n, 5, side, side) to where the encoder puts them, (n, shared) each."""
    embedded = networks.project_sound(networks.audio(sound))
    return embedded, networks.project_lips(networks.visual(lips))
