"""Whether lips go with sound, as the sync encoder has it (Chung & Zisserman, Out of time, 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from x2face_audio.sync.features import SyncFeatures, stream
from x2face_audio.sync.lips import lower_faces, stacks
from x2face_audio.sync.networks import SyncNetworks
from x2face_audio.sync.offset import REACH, offset_of
from x2face_core.media.sound import read_sound_blocks


class SyncScorer:
    """Finds by how many frames a film's sound is late, among 15 either way."""

    def __init__(self, networks: SyncNetworks) -> None:
        self.networks = networks.eval()
        self.features = SyncFeatures(networks.audio)

    @torch.inference_mode()
    def offset(self, sound: Path, pictures: Tensor) -> int:
        """pictures: (n, 3, h, w) in [0, 1], crops at 25 frames a second; sound: a file whose sound goes with them"""
        dims = self.networks.dims
        heard = self.networks.project_sound(torch.cat(list(stream(read_sound_blocks(sound), self.features))))
        lips = stacks(lower_faces(pictures, dims.side), dims.frames)
        return offset_of(heard, self.networks.project_lips(self.networks.visual(lips))).frames


def offset_shares(found: Sequence[tuple[int, int]]) -> dict[str, dict[str, float]]:
    """exact, within_1: shares of clips whose offset is 0, and 1 at most: of real and generated lips, and by guessing.

    found: offsets of real and generated lips, a pair a clip
    """
    real, generated = np.abs(np.array(found)).T
    return {
        name: {
            "real": float((real <= most).mean()),
            "generated": float((generated <= most).mean()),
            "chance": (2 * most + 1) / (2 * REACH + 1),
        }
        for most, name in enumerate(("exact", "within_1"))
    }
