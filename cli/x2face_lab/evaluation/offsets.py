"""Audio-visual synchrony by the sync encoder (after Chung & Zisserman, Out of time, 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from x2face_audio.sync.features import SyncFeatures, stream
from x2face_audio.sync.lips import lower_faces, stacks
from x2face_audio.sync.networks import SyncNetworks
from x2face_audio.sync.offset import FARTHEST, offset_of
from x2face_core.media.sound import read_sound_blocks


class SyncScorer:
    """Estimates the offset of a film's sound, among -15 to 15 frames."""

    def __init__(self, networks: SyncNetworks) -> None:
        self.networks = networks.eval()
        self.features = SyncFeatures(networks.audio)

    @torch.inference_mode()
    def offset(self, sound: Path, pictures: Tensor) -> int:
        """The offset in frames; positive if the sound is late.

        pictures: (n, 3, h, w) in [0, 1], crops at 25 frames a second; sound: file with their sound
        """
        dims = self.networks.dims
        sound_embeddings = self.networks.project_sound(torch.cat(list(stream(read_sound_blocks(sound), self.features))))
        lips = stacks(lower_faces(pictures, dims.side), dims.frames)
        return offset_of(sound_embeddings, self.networks.project_lips(self.networks.visual(lips))).frames


def offset_shares(found: Sequence[tuple[int, int]]) -> dict[str, dict[str, float]]:
    """Shares of clips with an offset of 0 (exact) and at most 1 (within_1): real lips, generated lips, and by chance.

    found: offsets of real and generated lips for each clip
    """
    real, generated = np.abs(np.array(found)).T
    return {
        name: {
            "real": float((real <= most).mean()),
            "generated": float((generated <= most).mean()),
            "chance": (2 * most + 1) / (2 * FARTHEST + 1),
        }
        for most, name in enumerate(("exact", "within_1"))
    }
