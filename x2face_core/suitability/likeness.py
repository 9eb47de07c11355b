"""Similarity of embedded faces, to detect sources that show different people.

Embedded faces are aligned, so that they can be compared cell by cell. Histograms of oriented gradients (HOG), eight
orientations in 8 × 8 cells of the inner face, are projected onto learned discriminant directions, in which differences
between people are large and those by expression, pose, kind of picture (studio, webcam), light and sharpness are small.
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
SIDE = 128  # to which textures are resized, pixels
ROWS, COLUMNS = slice(38, 111), slice(32, 95)  # of these: from the brows to the chin, from ear to ear
CELLS, BINS = 8, 8
FEATURES = BINS * CELLS * CELLS
_GREY = torch.tensor([0.299, 0.587, 0.114])


@dataclass(frozen=True, eq=False)
class Likeness:
    """Learned projection of features for some weights (benchmarks/likeness.py).

    mean: (512,) of features; projection: (d, 512), discriminant directions
    """

    mean: Tensor
    projection: Tensor

    def cosines(self, textures: Tensor) -> Tensor:
        """(k, 3, h, w) in [0, 1], embedded faces, to cosine similarities (k, k): about 0 for different people."""
        found = functional.normalize((features(textures) - self.mean) @ self.projection.T, dim=1)
        return found @ found.T


@cache
def likeness_of(fingerprint: str) -> Likeness | None:
    """The learned projection for some weights; None if there is none."""
    path = FOLDER / f"{fingerprint}.safetensors"
    if not path.is_file():
        return None
    tensors = load_file(path)
    return Likeness(tensors["mean"].float(), tensors["ways"].float())


def features(textures: Tensor) -> Tensor:
    """HOG features (k, 512) of textures (k, 3, h, w), normalised per cell.

    The mean over the face and its mirror image, which reduces the effect of light from one side and of mirroring.
    """
    return (_one_sided(textures) + _one_sided(textures.flip(3))) / 2


def _one_sided(textures: Tensor) -> Tensor:
    grey = (reduce(textures.float(), SIDE) * _GREY[:, None, None]).sum(1)[:, ROWS, COLUMNS]
    magnitude, orientation = _gradients(grey)
    cells = [
        functional.adaptive_avg_pool2d((_bin_weight(orientation, k) * magnitude)[:, None], CELLS) for k in range(BINS)
    ]
    histograms = torch.cat(cells, dim=1).sqrt()  # (k, bins, cells, cells)
    norm = histograms.square().sum(1, keepdim=True).sqrt()
    return (histograms / (norm + 0.3 * norm.mean((2, 3), keepdim=True) + 1e-4)).flatten(1)


def _gradients(grey: Tensor) -> tuple[Tensor, Tensor]:
    """Magnitude and orientation, in bins, of the gradient: (k, h, w) each."""
    wide, high = functional.pad(grey, (1, 1)), functional.pad(grey, (0, 0, 1, 1))
    x, y = wide[:, :, 2:] - wide[:, :, :-2], high[:, 2:] - high[:, :-2]
    return torch.hypot(x, y), torch.atan2(y, x).remainder(2 * math.pi) * (BINS / (2 * math.pi))


def _bin_weight(orientation: Tensor, number: int) -> Tensor:
    """Linear interpolation weight of a bin: 1 at its centre, 0 at the centres of its neighbours."""
    distance = (orientation - number).abs()
    return (1 - torch.minimum(distance, BINS - distance)).clamp_min(0)
