"""The measuring network: pose, mouth, lids and gaze of the face in a crop."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.networks.convolutions import ConvolutionNorm, Residual
from x2face_core.networks.details import PLACES, DetailNetwork, closer
from x2face_core.warping import reduce

MEASURES = (
    "roll", "pitch", "yaw", "mouth_open", "mouth_width", "eye_left", "eye_right", "gaze_x", "gaze_y",
)  # fmt: skip
"""What it measures: degrees, shares of the face's height and of the eyes' width (docs/data.md)."""
SIDE = 128
"""Pixels a side of what it reads."""
_CHANNELS = 16, 32, 64, 96, 160  # at 64, 32, 16, 8 and 4 cells a side
_BLOCKS = 0, 1, 1, 2, 1  # residual blocks there
_LAST, FEATURES = 96, 256  # channels before the fully connected layer, and numbers after it
_MEAN = 0.0, 0.0, 0.0, 0.04, 0.36, 0.28, 0.28, 0.0, -0.03  # of the measures in the training data, roughly
_SCALE = 4.0, 7.0, 10.0, 0.06, 0.05, 0.08, 0.08, 0.08, 0.06
POSE = 3
"""Number of MEASURES that are the head's pose; the others are read a second time from nearer."""
_NEARER = 0.6  # share of the second reading


class MeasuringNetwork(nn.Module):
    """A residual network of 1.9 million numbers (benchmarks/measuring.py trains it).

    It reads the whole crop, and finds eyes and mouth in it; a DetailNetwork reads these again from nearer, and both
    answers are averaged.

    dropout: in training, on its features

    mean, scale: (9,) of MEASURES, by which its last layer's answer is made theirs
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        down = [ConvolutionNorm(3, _CHANNELS[0], 5, 2), *(ConvolutionNorm(a, b, 3, 2) for a, b in pairwise(_CHANNELS))]
        self.down = nn.ModuleList(down)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(Residual(channels) for _ in range(count)))
            for channels, count in zip(_CHANNELS, _BLOCKS, strict=True)
        )
        self.reduce = ConvolutionNorm(_CHANNELS[-1], _LAST, 1)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(_LAST * (SIDE // 2 ** len(_CHANNELS)) ** 2, FEATURES)
        self.last = nn.Linear(FEATURES, len(MEASURES))
        self.places = nn.Linear(FEATURES, 2 * len(PLACES))
        self.details = DetailNetwork(len(MEASURES) - POSE)
        self.register_buffer("mean", torch.tensor(_MEAN))
        self.register_buffer("scale", torch.tensor(_SCALE))

    def features(self, pictures: Tensor) -> Tensor:
        """Crops (n, 3, h, w) in [0, 1] to features (n, 256)."""
        x = reduce(pictures, SIDE) - 0.5
        for down, blocks in zip(self.down, self.blocks, strict=True):
            x = blocks(F.relu(down(x)))
        x = F.relu(self.reduce(x)).flatten(1)
        y: Tensor = self.hidden(self.dropout(x))
        return F.silu(y)

    def forward(self, pictures: Tensor) -> Tensor:
        """Crops (n, 3, h, w) in [0, 1], as driving networks read them, to MEASURES (n, 9)."""
        pictures = reduce(pictures, SIDE)
        features = self.features(pictures)
        found = self.of_features(features)
        pose, rest = found[:, :POSE], found[:, POSE:]
        nearer = self.of_patches(closer(pictures, self.placed(features)), pose)
        return torch.cat([pose, torch.lerp(rest, nearer, _NEARER)], dim=1)

    def whole(self, pictures: Tensor) -> Tensor:
        """MEASURES (n, 9) of crops (n, 3, h, w) without the second look."""
        return self.of_features(self.features(pictures))

    def placed(self, features: Tensor) -> Tensor:
        """(n, 256) to the landmarks PLACES (n, 8, 2) in normalised coordinates."""
        places: Tensor = self.places(features)
        return places.float().view(-1, len(PLACES), 2)

    def of_patches(self, patches: Tensor, pose: Tensor) -> Tensor:
        """MEASURES after the pose (n, 6), of patches (n, 3, 3, 48, 64) of details.closer and pose (n, 3) in degrees."""
        standardised: Tensor = self.details(patches, pose / self.scale[:POSE])
        numbers: Tensor = self.mean[POSE:] + self.scale[POSE:] * standardised.float()
        return numbers

    def of_features(self, features: Tensor) -> Tensor:
        """(n, 256) to MEASURES (n, 9)."""
        standardised: Tensor = self.last(features)
        return self.mean + self.scale * standardised.float()

    def fold(self) -> MeasuringNetwork:
        """For inference: fold batch norms into convolutions, in place."""
        self.eval()
        for part in self.modules():
            if isinstance(part, ConvolutionNorm):
                part.fold()
        return self
