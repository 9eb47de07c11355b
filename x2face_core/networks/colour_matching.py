"""Colour matching of several pictures of one face."""

from __future__ import annotations

from torch import Tensor

from x2face_core.networks.sampling import gaussian_blur

_SIGMA = 2.0  # texels; blurs away misalignment, as faces are not registered yet
_RESIDUAL_SCALE = 0.05  # colour difference at which the robust weight is one half
_ITERATIONS = 3  # of reweighted least squares
_RIDGE = 2e-3  # added to variance and covariance; pulls the gain towards 1
_MAX_GAIN = 2.0  # and 1 / _MAX_GAIN at least


def match_colours(faces: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """Gain and offset (n, 3, 1, 1) that map each face's colours to the first one's, by robust linear regression.

    faces: (n, 3, h, w) embedded faces; visible: (n, 1, h, w) in [0, 1], visibility
    """
    faces = gaussian_blur(faces, _SIGMA)
    first, common = faces[:1], visible * visible[:1]
    gain, offset = faces.new_ones(len(faces), 3, 1, 1), faces.new_zeros(len(faces), 3, 1, 1)
    for _ in range(_ITERATIONS):
        residual = (gain * faces + offset - first).abs().mean(1, keepdim=True)
        gain, offset = _regress(faces, first, common / (1 + (residual / _RESIDUAL_SCALE).square()))
    gain[0], offset[0] = 1, 0
    return gain, offset


def _regress(faces: Tensor, first: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Gain and offset of the weighted least-squares fit of the first face by each face."""
    weight = weight / (weight.sum((2, 3), keepdim=True) + 1e-6)
    mean, target_mean = ((weight * one).sum((2, 3), keepdim=True) for one in (faces, first))
    covariance = (weight * (faces - mean) * (first - target_mean)).sum((2, 3), keepdim=True)
    variance = (weight * (faces - mean).square()).sum((2, 3), keepdim=True)
    gain = ((covariance + _RIDGE) / (variance + _RIDGE)).clamp(1 / _MAX_GAIN, _MAX_GAIN)
    return gain, target_mean - gain * mean
