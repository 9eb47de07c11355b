"""A second look at both eyes and the mouth of a face, once it is known about where they are."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.networks.convolutions import ConvolutionNorm

PLACES = (36, 39, 42, 45, 48, 54, 51, 57)
"""Of the 68 landmarks: corners of the left and the right eye of the picture and of the mouth; middle of the lips."""
HEIGHT, WIDTH = 48, 64
"""Cells of a patch."""
EYE, MOUTH = 2.0, 0.85
"""Width of a patch: of an eye's in widths of the eye, of the mouth's in distances of the eyes' outer corners."""
_CHANNELS = 16, 32, 48, 64, 64
_STRIDES = 2, 2, 1, 2, 1
_LAST, _FEATURES = 24, 96  # channels before the fully connected layer, numbers after it
_HIDDEN = 96
_MOUTH = 2  # of the numbers, opening and width, which come before those of the eyes


def closer(pictures: Tensor, places: Tensor) -> Tensor:
    """Patches (n, 3, 3, 48, 64) of the left eye, the right eye and the mouth, turned upright.

    pictures: (n, 3, h, w); places: (n, 8, 2) PLACES in normalised coordinates
    """
    return patches_by(patch_matrices(places), pictures)


def patches_by(matrices: Tensor, pictures: Tensor) -> Tensor:
    """Patches (n, 3, 3, 48, 64) of pictures (n, 3, h, w) by matrices (n, 3, 2, 3) of patch_matrices."""
    n = len(pictures)
    grid = F.affine_grid(matrices.flatten(0, 1), [3 * n, 3, HEIGHT, WIDTH], align_corners=False)
    together = grid.view(n, 3 * HEIGHT, WIDTH, 2)
    patches = F.grid_sample(pictures.float(), together, padding_mode="border", align_corners=False)
    return patches.view(n, -1, 3, HEIGHT, WIDTH).transpose(1, 2)


def patch_matrices(places: Tensor) -> Tensor:
    """(n, 3, 2, 3): from normalised coordinates of the patches to those of the picture with PLACES (n, 8, 2)."""
    left, right, mouth = places[:, 0:2], places[:, 2:4], places[:, 4:]
    outer = places[:, 3] - places[:, 0]
    eyes = [_matrix(eye[:, 1] - eye[:, 0], eye.mean(1), EYE) for eye in (left, right)]
    return torch.stack([*eyes, _matrix(outer, mouth.mean(1), MOUTH)], dim=1)


def _matrix(along: Tensor, middle: Tensor, width: float) -> Tensor:
    """(n, 2, 3) of a patch that is `width` times as wide as the vectors along (n, 2) are long."""
    right = along * (width / 2)
    down = torch.stack([-right[:, 1], right[:, 0]], dim=1) * (HEIGHT / WIDTH)
    return torch.stack([right, down, middle], dim=2)


class DetailNetwork(nn.Module):
    """Patches to standardised numbers of mouth and eyes; 0.4 million numbers.

    count: of the numbers, the mouth's opening and width first; dropout: in training, on the features
    """

    def __init__(self, count: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.eye, self.mouth = _Encoder(dropout), _Encoder(dropout)
        self.lips = _head(_FEATURES, _MOUTH)
        self.eyes = _head(2 * _FEATURES, count - _MOUTH)

    def forward(self, patches: Tensor, pose: Tensor) -> Tensor:
        """(n, 3, 3, 48, 64) in [0, 1] of `closer` and a standardised pose (n, 3) to (n, count)."""
        pose = pose.to(patches)
        eyes = torch.stack([patches[:, 0], patches[:, 1].flip(-1)], dim=1)  # the right eye as a left one
        looks = self.eye(eyes.flatten(0, 1)).unflatten(0, (-1, 2)).flatten(1)
        numbers = [
            self.lips(torch.cat([self.mouth(patches[:, 2]), pose], dim=1)),
            self.eyes(torch.cat([looks, pose], 1)),
        ]
        return torch.cat(numbers, dim=1)


class _Encoder(nn.Module):
    """A patch (n, 3, 48, 64) to features (n, 96)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        channels = pairwise((3, *_CHANNELS))
        layers = [ConvolutionNorm(a, b, 3, stride) for (a, b), stride in zip(channels, _STRIDES, strict=True)]
        self.layers = nn.ModuleList([*layers, ConvolutionNorm(_CHANNELS[-1], _LAST, 1)])
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(_LAST * (HEIGHT // 8) * (WIDTH // 8), _FEATURES)

    def forward(self, patches: Tensor) -> Tensor:
        x = (patches - 0.5).contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            x = F.relu(layer(x))
        y: Tensor = self.last(self.dropout(x.flatten(1)))
        return F.silu(y)


def _head(features: int, count: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features + 3, _HIDDEN), nn.SiLU(), nn.Linear(_HIDDEN, count))
