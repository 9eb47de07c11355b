"""Fusion of several pictures of one person into one embedded face without double contours.

Their flows are made consistent with the driving network (settling), their colours matched, their embedded faces
registered (aligning), and one of them is chosen at each texel (believing).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.networks.aligning import displacements
from x2face_core.networks.believing import SIDE, beliefs, best, seen
from x2face_core.networks.colours import matched
from x2face_core.networks.completion import log_area
from x2face_core.networks.places import own_places, sampled, smoothed
from x2face_core.networks.settling import settled
from x2face_core.warping import reduce, resize_flow, warp

_WORK = 128  # texels a side at which faces are aligned
_AGREEING = 0.1  # difference of colours at which a displacement is trusted by 1 / e
_SOFT = 2.0  # texels of SIDE: wider seams for low frequencies than for detail


@dataclass(frozen=True, eq=False)
class Fused:
    """texture: (3, H, W), the embedded face; area: (1, 1, h, w) of log_area, of the sources used."""

    texture: Tensor
    area: Tensor


@dataclass(frozen=True, eq=False)
class _Sources:
    """Pictures (n, 3, H, W), the reference first; gain and offset (n, 3, 1, 1) match their colours to it."""

    pictures: Tensor
    gain: Tensor
    offset: Tensor
    padding: str

    def all_at(self, places: Tensor) -> Tensor:
        """All pictures, reduced to _WORK, sampled at places (n, 2, h, w): (n, 3, h, w)."""
        return sampled(reduce(self.pictures, _WORK), places, padding=self.padding) * self.gain + self.offset

    def one_at(self, k: int, places: Tensor) -> Tensor:
        """One picture sampled at its own size: (1, 3, H, W)."""
        places = resize_flow(places[k : k + 1], *self.pictures.shape[-2:])
        face = sampled(self.pictures[k : k + 1], places, padding=self.padding, mode="bicubic")
        return face * self.gain[k] + self.offset[k]


def fuse(pictures: Tensor, flow: Tensor, driving: Tensor, *, padding: str, favour: Tensor | None = None) -> Fused:
    """Fuse pictures of one person.

    pictures: (n, 3, H, W) in [0, 1], square crops of one size
    flow, driving: (n, 2, h, w) embedding flows, and driving flows decoded from the pictures' own vectors
    padding: as in warp; favour: (n,), preference for each as the reference, in differences of colour
    """
    flow = resize_flow(settled(flow, driving), _WORK, _WORK)
    faces = warp(reduce(pictures, _WORK), flow, padding=padding)
    area = _area(flow)
    first = best(faces, area, favour)
    order = [first, *(number for number in range(len(pictures)) if number != first)]
    faces, area = faces[order], area[order]
    gain, offset = matched(reduce(faces, SIDE), seen(area))
    places = _places(flow[order], faces * gain + offset, area)
    return _composed(_Sources(pictures[order], gain, offset, padding), places)


def _area(flow: Tensor) -> Tensor:
    return log_area(resize_flow(flow, SIDE, SIDE))


def _places(flow: Tensor, faces: Tensor, area: Tensor) -> Tensor:
    """(n, 2, _WORK, _WORK): where each picture is sampled for each texel of the fused face.

    Its shape is the median of the sources' shapes, as far as they match the reference once aligned.
    """
    own = own_places(flow)
    towards = torch.cat([torch.zeros_like(flow[:1]), displacements(faces[:1], faces[1:])])
    trusted = towards * _trust(faces, area, own + towards)
    middle = trusted.median(0, keepdim=True).values if len(flow) > 2 else trusted.mean(0, keepdim=True)
    shifted = (own - middle).expand(len(flow), -1, -1, -1)
    aligned = shifted + sampled(towards, shifted)
    return aligned + sampled(flow, aligned)


def _trust(faces: Tensor, area: Tensor, places: Tensor) -> Tensor:
    """(n, 1, _WORK, _WORK) in [0, 1]: trust in each displacement, from visibility and the difference that remains."""
    apart = smoothed((sampled(faces, places) - faces[:1]).abs().mean(1, keepdim=True), 2.0)
    visible = seen(resize_flow(area, _WORK, _WORK))
    return smoothed(torch.exp(-(apart / _AGREEING).square()) * sampled(visible, places) * visible[:1], 2.0)


def _composed(sources: _Sources, places: Tensor) -> Fused:
    area = _area(places - own_places(places))
    small = reduce(sources.all_at(places), SIDE)
    belief = beliefs(small, area)
    height, width = sources.pictures.shape[-2:]
    tones = ((smoothed(belief, _SOFT) - belief) * smoothed(small, _SOFT)).sum(0, keepdim=True)
    texture = resize_flow(tones, height, width)
    for k in range(len(places)):  # one at a time, as pictures may be large and many
        texture = texture + resize_flow(belief[k : k + 1], height, width) * sources.one_at(k, places)
    return Fused(texture[0].clamp(0, 1), (belief * area).sum(0, keepdim=True))
