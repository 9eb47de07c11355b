"""Embedding flows made consistent with the driving network, so that a source's own vector reproduces the source."""

from __future__ import annotations

from torch import Tensor

from x2face_core.networks.places import bump, own_places, sampled, smoothed
from x2face_core.warping import resize_flow

_STEPS, _RATE = 2, 0.7
_SIGMA = 2.0  # texels of 64: finer errors are left as they are
_MOUTH, _SPREAD = (0.0, 0.35), 0.25  # in normalised coordinates, of the layouts used in training


def settled(flow: Tensor, driving: Tensor) -> Tensor:
    """Embedding flows (n, 2, h, w), moved towards the inverse of the driving flows of the same sources.

    driving: (n, 2, h', w'), decoded from each source's own vector

    The driving flow samples pixel x of the source at y = x + driving(x) of the embedded face, which in turn was
    sampled at y + flow(y) of the source. That should be x, but is off by an error that differs between sources. A few
    fixed-point steps remove it; not at the mouth, whose shape the embedding network sees better than a vector tells.
    """
    side = flow.shape[-1]
    driving = resize_flow(driving, side, side)
    places, free = own_places(flow), 1 - bump(flow, _MOUTH, _SPREAD)
    for _ in range(_STEPS):
        error = flow + sampled(driving, places + flow)
        flow = flow - _RATE * free * smoothed(error, _SIGMA * side / 64)
    return flow
