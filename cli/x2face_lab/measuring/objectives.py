"""What the measuring network is taught: all of it at once, then its second look at eyes and mouth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.networks.details import PLACES, patch_matrices, patches_by
from x2face_core.networks.measuring import FEATURES, POSE, MeasuringNetwork
from x2face_lab.measuring.varying import Batch

_POINTS = 70
_BETA, _FURTHEST = 0.2, 5.0  # of smooth L1, and of targets, in deviations
_WEIGHT = (1.5, 1.5, 1.5, 1.5, 1.5, 1.0, 1.0, 2.0, 1.0)
_LANDMARKS = 5.0
_ERROR = 2.0, 3.0, 3.0  # deviation of the head's pose as it is told to the second look, in degrees
_GROWTH, _ANGLE, _SHIFT = (0.08, 0.06), (4.0, 4.0), (0.05, 0.09)
"""Errors of places, the largest of a group and of a picture: log size, degrees, halves of a patch."""


class Objective(nn.Module, ABC):
    """A network and what it loses on batches."""

    network: MeasuringNetwork

    @abstractmethod
    def forward(self, batch: Batch, each: int) -> Tensor:
        """The loss on groups of `each` pictures."""

    @staticmethod
    def taught(network: MeasuringNetwork) -> Callable[[Tensor], Tensor]:
        """What it teaches: from crops (n, 3, h, w) to MEASURES (n, 9)."""
        return network


class WholeFace(Objective):
    """The reading of the whole crop, with a head for landmarks, which only training has."""

    def __init__(self, network: MeasuringNetwork) -> None:
        super().__init__()
        self.network = network
        self.landmarks = nn.Linear(FEATURES, 2 * _POINTS)

    def forward(self, batch: Batch, each: int) -> Tensor:
        """Of the measures, of how they differ within each group, and of the landmarks."""
        network = self.network
        features = network.features(batch.pictures)
        points: Tensor = self.landmarks(features).float().view(-1, _POINTS, 2)
        both = _both(network, network.of_features(features), batch.measures, each, 0)
        return both + _LANDMARKS * (points - batch.points).abs().mean()

    @staticmethod
    def taught(network: MeasuringNetwork) -> Callable[[Tensor], Tensor]:
        return network.whole


class SecondLook(Objective):
    """The reading of eyes and mouth from nearer, and where they are; the rest of the network stays as it is."""

    def __init__(self, network: MeasuringNetwork) -> None:
        super().__init__()
        self.network = network
        self._still = (deepcopy(network).requires_grad_(False).fold(),)  # in a tuple: no part of this module

    def forward(self, batch: Batch, each: int) -> Tensor:
        """Of the measures after the pose, of how they differ within each group, and of the places."""
        network = self.network
        with torch.no_grad():
            features = self._still[0].features(batch.pictures)
        true = batch.points[:, list(PLACES)]
        missed = (network.placed(features) - true).abs().mean()
        patches = patches_by(patch_matrices(true) @ _errors(len(true), each), batch.pictures)
        pose = batch.measures[:, :POSE] + torch.randn(len(true), POSE) * torch.tensor(_ERROR)
        found = network.of_patches(patches, pose)
        return _both(network, found, batch.measures[:, POSE:], each, POSE) + _LANDMARKS * missed


def _errors(n: int, each: int) -> Tensor:
    """(n, 3, 3, 3): random similarities of each patch, in its normalised coordinates."""
    sizes, angles = _spread(n, each, _GROWTH).exp(), _spread(n, each, _ANGLE).deg2rad()
    matrices = torch.eye(3).repeat(n, 3, 1, 1)
    cos, sin = angles.cos() * sizes, angles.sin() * sizes
    matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 1, 0], matrices[..., 1, 1] = cos, -sin, sin, cos
    matrices[..., 0, 2], matrices[..., 1, 2] = _spread(n, each, _SHIFT), _spread(n, each, _SHIFT)
    return matrices


def _spread(n: int, each: int, most: tuple[float, float]) -> Tensor:
    """(n, 3) uniform numbers, the sum of one of each group and one of each patch."""
    group, patch = (torch.rand(shape) * 2 - 1 for shape in ((n // each, 1), (n, 3)))
    return most[0] * group.repeat_interleave(each, 0) + most[1] * patch


def _both(network: MeasuringNetwork, found: Tensor, wanted: Tensor, each: int, first: int) -> Tensor:
    """Loss of measures (n, k), of which `first` is the first, and of how they differ within each group."""
    mean, scale = network.mean[first:], network.scale[first:]
    found = (found - mean) / scale
    wanted = ((wanted - mean) / scale).clamp(-_FURTHEST, _FURTHEST)
    weight = torch.tensor(_WEIGHT[first:])
    return _distance(found, wanted, weight) + _distance(_deviations(found, each), _deviations(wanted, each), weight)


def _deviations(values: Tensor, each: int) -> Tensor:
    """(n, k) from the mean of its group of `each`."""
    groups = values.view(-1, each, values.shape[1])
    return (groups - groups.mean(1, keepdim=True)).flatten(0, 1)


def _distance(found: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    losses = F.smooth_l1_loss(found, wanted, beta=_BETA, reduction="none")
    return (losses * weight).mean()
