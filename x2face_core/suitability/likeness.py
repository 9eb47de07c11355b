"""How alike two embedded faces are: sources that look like different people make a ghost.

Faces laid out flat lie alike, so their shades can be compared place by place. Eight directions of slopes in 8 × 8 cells
of the face's inside are weighed by learned ways: what differs between people counts, and what differs within one person
(expression, pose), within one sort of pictures (studio, webcam) or by light and sharpness counts little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from x2face_core.warping import reduce

FOLDER = Path(__file__).parents[1] / "assets" / "likeness"
SIDE = 128  # pixels at which textures are looked at
ROWS, COLUMNS = slice(38, 111), slice(32, 95)  # of these: from the brows to the chin, from ear to ear
CELLS, BINS = 8, 8
NUMBERS = BINS * CELLS * CELLS
_GREY = torch.tensor([0.299, 0.587, 0.114])


@dataclass(frozen=True, eq=False)
class Likeness:
    """What was learned for some weights (benchmarks/likeness.py).

    mean: (512,) of features; ways: (d, 512), along which they are compared
    """

    mean: Tensor
    ways: Tensor

    def between(self, textures: Tensor) -> Tensor:
        """(k, 3, h, w) in [0, 1], embedded faces, to (k, k) cosines: about 0 for two people, above for one."""
        found = functional.normalize((features(textures) - self.mean) @ self.ways.T, dim=1)
        return found @ found.T


@cache
def likeness_of(fingerprint: str) -> Likeness | None:
    """What fits some weights, None where none was learned for them."""
    path = FOLDER / f"{fingerprint}.safetensors"
    if not path.is_file():
        return None
    tensors = load_file(path)
    return Likeness(tensors["mean"].float(), tensors["ways"].float())


def features(textures: Tensor) -> Tensor:
    """(k, 3, h, w) to (k, 512): how strong slopes of each direction are in each cell, beside all of the cell's.

    The mean of the face and its mirror image, so that light from one side, and a mirrored photograph, count little.
    """
    return (_one_sided(textures) + _one_sided(textures.flip(3))) / 2


def _one_sided(textures: Tensor) -> Tensor:
    grey = (reduce(textures.float(), SIDE) * _GREY[:, None, None]).sum(1)[:, ROWS, COLUMNS]
    strong, turn = _slopes(grey)
    cells = [functional.adaptive_avg_pool2d((_nearness(turn, k) * strong)[:, None], CELLS) for k in range(BINS)]
    table = torch.cat(cells, dim=1).sqrt()  # (k, bins, cells, cells)
    size = table.square().sum(1, keepdim=True).sqrt()
    return (table / (size + 0.3 * size.mean((2, 3), keepdim=True) + 1e-4)).flatten(1)


def _slopes(grey: Tensor) -> tuple[Tensor, Tensor]:
    """How steep (k, h, w), and where to, in bins."""
    wide, high = functional.pad(grey, (1, 1)), functional.pad(grey, (0, 0, 1, 1))
    x, y = wide[:, :, 2:] - wide[:, :, :-2], high[:, 2:] - high[:, :-2]
    return torch.hypot(x, y), torch.atan2(y, x).remainder(2 * math.pi) * (BINS / (2 * math.pi))


def _nearness(turn: Tensor, number: int) -> Tensor:
    """1 at a bin's middle, 0 from the next ones' on."""
    off = (turn - number).abs()
    return (1 - torch.minimum(off, BINS - off)).clamp_min(0)
