"""Low frequencies of several aligned embedded faces: the median over those that agree with the selected ones.

Tones that most sources share are nearer to further frames of the person than those of one source. Detail is not
averaged: contours that do not coincide would appear twice.
"""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.networks.sampling import gaussian_blur
from x2face_core.warping import resize_flow

_SIGMA = 1.5  # of the low-pass filter, texels at 128 a side
_SEAM = 2.0  # standard deviation, texels of the weights, by which they are blurred for low frequencies
_AGREEMENT = 0.1  # colour difference at which a source counts 1 / e


def low_frequency_correction(faces: Tensor, weights: Tensor, visible: Tensor) -> Tensor:
    """(1, 3, side, side): what to add to the weighted sum of the faces, so that low frequencies are those in common.

    faces: (n, 3, side, side), aligned; weights: (n, 1, h, w), summing to 1 over the faces
    visible: (n, 1, h, w) in [0, 1], visibility

    Faces that differ much from the selected ones, or do not show the place, count as if they were equal to them.
    """
    side = faces.shape[-1]
    low = gaussian_blur(faces, _SIGMA * side / 128)
    sharp, soft, visible = (resize_flow(one, side, side) for one in (weights, gaussian_blur(weights, _SEAM), visible))
    blended = (soft * low).sum(0, keepdim=True)
    deviation = low - blended
    agreement = torch.exp(-(deviation.abs().mean(1, keepdim=True) / _AGREEMENT).square())
    return blended - (sharp * low).sum(0, keepdim=True) + median(deviation * agreement * visible)


def median(values: Tensor) -> Tensor:
    """(1, …): median over the first dimension; of an even number, the mean of both middle values."""
    ordered, count = values.sort(0).values, len(values)
    return (ordered[(count - 1) // 2] + ordered[count // 2])[None] / 2
