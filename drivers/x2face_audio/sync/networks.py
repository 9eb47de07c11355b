"""The networks of the sync encoder: an audio stream (0.2 s of sound), a visual stream (five lower faces)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_audio.sync.sounds import COEFFICIENTS, ROWS
from x2face_core.bounds import fault_of
from x2face_core.errors import WeightsError

BOUNDS = dict.fromkeys(("feature", "shared", "context", "width", "side", "frames"), (1, 4096))


@dataclass(frozen=True)
class SyncDims:
    """Sizes of the networks.

    feature: size of the last fully connected layer of both streams (256 in the paper, section 4.2)
    shared: size of the embedding in which sound and lips are compared
    context: size of the features with temporal context
    width: channels of the first audio layers
    side, frames: of the lower face, the input of the visual stream
    """

    feature: int = 256
    shared: int = 128
    context: int = 128
    width: int = 96
    side: int = 48
    frames: int = 5

    def __post_init__(self) -> None:
        """WeightsError for sizes out of bounds."""
        if fault := fault_of(self, BOUNDS):
            raise WeightsError(f"SyncDims.{fault}")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """WeightsError for unknown fields."""
        try:
            return cls(**values)
        except TypeError as error:
            raise WeightsError(f"SyncDims: {error}") from error


def _audio_layer(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm1d(outputs), nn.ReLU())


def _visual_layer(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, 2, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class AudioEncoder(nn.Module):
    """0.2 s of MFCC to a non-negative feature, as the released audio features (paper 4.2)."""

    def __init__(self, dims: SyncDims) -> None:
        super().__init__()
        w = dims.width
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(COEFFICIENTS))
        self.register_buffer("deviation", torch.ones(COEFFICIENTS))
        self.layers = nn.Sequential(
            _audio_layer(COEFFICIENTS, w, 1),
            _audio_layer(w, w, 1),
            _audio_layer(w, 128, 2),
            _audio_layer(128, 128, 1),
            _audio_layer(128, 192, 2),
        )
        self.last = nn.Linear(192 * (ROWS // 4), dims.feature, bias=False)
        self.norm = nn.BatchNorm1d(dims.feature)

    def forward(self, sound: Tensor) -> Tensor:
        """(n, 20, 13) to (n, feature), at least 0."""
        x = (sound - self.mean) / self.deviation
        x = self.layers(x.transpose(1, 2)).flatten(1)
        return F.relu(self.norm(self.last(F.dropout(x, 0.2, self.training))))


REACH = 6
"""Moments of context on either side."""


class Context(nn.Module):
    """Temporal convolutions over the features of 13 moments, as lips depend on preceding and following sounds.

    dropout: of the inputs of the three layers
    """

    def __init__(self, dims: SyncDims, dropout: tuple[float, float, float] = (0.2, 0.2, 0.0)) -> None:
        super().__init__()
        self.size = c = dims.context
        self.dropout = dropout
        self.layers = nn.ModuleList([nn.Conv1d(size, c, 5) for size in (dims.feature, c, c)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(c) for _ in range(2)])

    def forward(self, features: Tensor) -> Tensor:
        """(clips, moments + 12, feature) to (clips, moments, context), at least 0."""
        x = features.transpose(1, 2)
        for layer, norm, share in zip(self.layers[:2], self.norms, self.dropout[:2], strict=True):
            x = F.relu(norm(layer(F.dropout(x, share, self.training))))
        return F.relu(self.layers[2](F.dropout(x, self.dropout[2], self.training))).transpose(1, 2)


class VisualEncoder(nn.Module):
    """Five frames of the lower face to a feature."""

    def __init__(self, dims: SyncDims) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _visual_layer(dims.frames, 32, 5),
            _visual_layer(32, 64, 3),
            _visual_layer(64, 96, 3),
            _visual_layer(96, 128, 3),
        )
        self.last = nn.Linear(128 * (-(-dims.side // 16)) ** 2, dims.feature, bias=False)
        self.norm = nn.BatchNorm1d(dims.feature)

    def forward(self, lips: Tensor) -> Tensor:
        """(n, frames, side, side) grey in [0, 1] to (n, feature), at least 0; normalised for light and contrast."""
        x = lips - lips.mean((1, 2, 3), keepdim=True)
        x = x / (x.std((1, 2, 3), keepdim=True) + 0.05)
        return F.relu(self.norm(self.last(self.layers(x).flatten(1))))


class SyncNetworks(nn.Module):
    """Both streams and their shared embedding: unit vectors that are close for matching sound and lips."""

    def __init__(self, dims: SyncDims) -> None:
        super().__init__()
        self.dims = dims
        self.audio, self.visual, self.context = AudioEncoder(dims), VisualEncoder(dims), Context(dims)
        self.audio_shared = nn.Linear(dims.feature, dims.shared)
        self.visual_shared = nn.Linear(dims.feature, dims.shared)

    def project_sound(self, feature: Tensor) -> Tensor:
        """(n, feature) of the audio stream to (n, shared) unit vectors."""
        return F.normalize(self.audio_shared(feature), dim=1)

    def project_lips(self, feature: Tensor) -> Tensor:
        """(n, feature) of the visual stream to (n, shared) unit vectors."""
        return F.normalize(self.visual_shared(feature), dim=1)
