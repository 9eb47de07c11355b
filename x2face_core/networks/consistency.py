"""Embedding flows made consistent with the driving network, so that a source's own vector reproduces the source."""

from __future__ import annotations

from torch import Tensor

from x2face_core.networks.sampling import gaussian_blur, gaussian_bump, sample_at, texel_coordinates
from x2face_core.warping import resize_flow

_STEPS, _RATE = 2, 0.7  # of the fixed-point iteration
_SIGMA = 2.0  # of the low-pass filter of the error, in texels at 64 a side
_MOUTH, _MOUTH_SIGMA = (0.0, 0.35), 0.25  # in normalised coordinates


def make_consistent(flow: Tensor, driving: Tensor) -> Tensor:
    """Embedding flows (n, 2, h, w), moved towards the inverse of the driving flows of the same sources.

    driving: (n, 2, h', w'), decoded from each source's own vector

    Cycle consistency: pixel x of the source is rendered from y = x + driving(x) of the embedded face, which was sampled
    from y + flow(y) of the source. The difference of that from x is the error, and differs between sources. A few
    fixed-point steps reduce it, except at the mouth, where the embedding network is more exact than a driving vector.
    """
    side = flow.shape[-1]
    driving = resize_flow(driving, side, side)
    coordinates, weight = texel_coordinates(flow), 1 - gaussian_bump(flow, _MOUTH, _MOUTH_SIGMA)
    for _ in range(_STEPS):
        error = flow + sample_at(driving, coordinates + flow)
        flow = flow - _RATE * weight * gaussian_blur(error, _SIGMA * side / 64)
    return flow
