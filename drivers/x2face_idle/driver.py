"""The idle driver: blinks and a swaying head as offsets, for ever."""

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

if TYPE_CHECKING:
    from x2face_idle.settings import Settings

DEPTH = 1.0  # blinks as films show them; with light-2 more of it draws lids over lids
DEEPEST = 2.5  # beyond this brows and nose come along, which looks like pain
ROWS = 25


class IdleDriver:
    """Repeats itself with the same seed, whatever the frame rate; at rest in the first row."""

    def __init__(self, settings: Settings) -> None:
        self.amount = settings.amount

    def drive(self, source: Source) -> Iterator[Chunk]:
        pose, lids = source.factor("pose"), source.mapping("lids")
        own = pose.read(source.vector[None])
        level, open_eyes = pose.write(own), lids.write(torch.zeros(1, 1))
        rngs = np.random.default_rng(source.seed).spawn(2)
        blinks, sway = Blinks(rngs[0]), Sway(rngs[1])
        depth = min(DEPTH * self.amount, DEEPEST)
        for start in count(0, ROWS):
            times = np.arange(start, start + ROWS) / source.fps
            turned = pose.write(own + self.amount * _tensor(sway.angles(times))) - level
            blinked = lids.write(depth * _tensor(blinks.closed(times))[:, None]) - open_eyes
            yield Chunk(turned + blinked, source.fps)


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values).float()
