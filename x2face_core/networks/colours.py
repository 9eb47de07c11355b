"""Colour matching of several pictures of one face."""

from __future__ import annotations

from torch import Tensor

from x2face_core.networks.places import smoothed

_SIGMA = 2.0  # texels; faces are not aligned yet
_ODD = 0.05  # difference at which a texel's weight is one half
_ROUNDS = 3
_STIFF = 2e-3  # variance that draws the gain towards 1
_STRONGEST = 2.0


def matched(faces: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Gain and offset (n, 3, 1, 1) that map each face's colours to the first one's, by robust regression.

    faces: (n, 3, h, w) embedded faces; seen: (n, 1, h, w) in [0, 1], visibility
    """
    faces = smoothed(faces, _SIGMA)
    first, both = faces[:1], seen * seen[:1]
    gain, offset = faces.new_ones(len(faces), 3, 1, 1), faces.new_zeros(len(faces), 3, 1, 1)
    for _ in range(_ROUNDS):
        differing = (gain * faces + offset - first).abs().mean(1, keepdim=True)
        gain, offset = _fitted(faces, first, both / (1 + (differing / _ODD).square()))
    gain[0], offset[0] = 1, 0
    return gain, offset


def _fitted(faces: Tensor, first: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    weight = weight / (weight.sum((2, 3), keepdim=True) + 1e-6)
    mean, goal = ((weight * one).sum((2, 3), keepdim=True) for one in (faces, first))
    shared = (weight * (faces - mean) * (first - goal)).sum((2, 3), keepdim=True)
    own = (weight * (faces - mean).square()).sum((2, 3), keepdim=True)
    gain = ((shared + _STIFF) / (own + _STIFF)).clamp(1 / _STRONGEST, _STRONGEST)
    return gain, goal - gain * mean
