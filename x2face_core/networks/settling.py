"""Embedding flows settled with the driving network, so that each source's own vector gives that source again."""

from __future__ import annotations

from torch import Tensor

from x2face_core.networks.places import bump, own_places, sampled, smoothed
from x2face_core.warping import resize_flow

_STEPS, _RATE = 2, 0.7
_SIGMA = 2.0  # texels of 64: what is finer is left to the embedding network
_MOUTH, _SPREAD = (0.0, 0.35), 0.25  # of the layouts that were trained here; half-pictures


def settled(flow: Tensor, driving: Tensor) -> Tensor:
    """Embedding flows (n, 2, h, w), nearer to the inverse of their sources' own driving flows.

    driving: (n, 2, h', w'), decoded from each source's own vector

    A source's pixel x is sampled from the embedded face at x + driving(x), where x + driving(x) + flow(there) of the
    source lies; that should be x again. The two networks are trained to meet there but do not quite, each source by
    an error of its own. A few fixed-point steps take it away, but not at the mouth, where a vector may tell less of
    the lips than the embedding network sees.
    """
    side = flow.shape[-1]
    driving = resize_flow(driving, side, side)
    places, free = own_places(flow), 1 - bump(flow, _MOUTH, _SPREAD)
    for _ in range(_STEPS):
        error = flow + sampled(driving, places + flow)
        flow = flow - _RATE * free * smoothed(error, _SIGMA * side / 64)
    return flow
