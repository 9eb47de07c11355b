"""The idle driver: endless offsets with blinks and sway of the head."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_idle.blinking import Blinks
from x2face_idle.swaying import Sway
from x2face_plugins import Chunk, Source
from x2face_plugins.mappings.affine import offset_of

if TYPE_CHECKING:
    from x2face_idle.settings import Settings

DEPTH = 0.7  # of the source's lid opening: the closure that is written; about half of it shows in the frames
DEEPEST = 1.0  # largest closure: an opening cannot be negative
LIDS = torch.tensor([1.0, 1.0, 0.0, 0.0])  # of the factor eyes: the lids, not the gaze
ROWS = 25


class IdleDriver:
    """Deterministic for a seed, independent of the frame rate; the first row is 0."""

    def __init__(self, settings: Settings) -> None:
        self.amount = settings.amount
        self.blinks = settings.amount if settings.blinks is None else settings.blinks

    def drive(self, source: Source) -> Iterator[Chunk]:
        pose, eyes = source.factor("pose"), source.factor("eyes")
        own, seeing = pose.read(source.vector[None]), eyes.read(source.vector[None])
        gap = min(DEPTH * self.blinks, DEEPEST) * seeing.clamp_min(0) * LIDS
        rngs = np.random.default_rng(source.seed).spawn(2)
        blinks, sway = Blinks(rngs[0]), Sway(rngs[1])
        for start in count(0, ROWS):
            times = np.arange(start, start + ROWS) / source.fps
            turned = offset_of(pose, own, self.amount * _tensor(sway.angles(times)))
            blinked = offset_of(eyes, seeing, -gap * _tensor(blinks.closed(times))[:, None])
            yield Chunk(turned + blinked, source.fps)


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values).float()
