"""Several pictures of one person as one embedded face, without ghosts.

Averaging shows every feature as often as there are pictures. Here their flows are settled, their colours matched,
their embedded faces laid over one another, and at each place one of them is believed.
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
_AGREEING = 0.1  # difference of colours over which a displacement loses its say
_SOFT = 2.0  # texels of SIDE over which tones go from one face to the next; detail changes at once


@dataclass(frozen=True, eq=False)
class Fused:
    """One embedded face (3, H, W), and (1, 1, h, w) of log_area: how much of its sources a place got."""

    texture: Tensor
    area: Tensor


@dataclass(frozen=True, eq=False)
class _Sources:
    """Pictures (n, 3, H, W), the best single one first; gain and offset (n, 3, 1, 1) give them its colours."""

    pictures: Tensor
    gain: Tensor
    offset: Tensor
    padding: str

    def all_at(self, places: Tensor) -> Tensor:
        """(n, 3, h, w): reduced to _WORK, at places (n, 2, h, w)."""
        return sampled(reduce(self.pictures, _WORK), places, padding=self.padding) * self.gain + self.offset

    def one_at(self, k: int, places: Tensor) -> Tensor:
        """(1, 3, H, W): one of them at its own size."""
        places = resize_flow(places[k : k + 1], *self.pictures.shape[-2:])
        face = sampled(self.pictures[k : k + 1], places, padding=self.padding, mode="bicubic")
        return face * self.gain[k] + self.offset[k]


def fuse(pictures: Tensor, flow: Tensor, driving: Tensor, *, padding: str, favour: Tensor | None = None) -> Fused:
    """Lay pictures of one person out flat, as one face.

    pictures: (n, 3, H, W) in [0, 1]; flow: (n, 2, h, w) embedding flows; driving: (n, 2, h, w), decoded from the
    pictures' own vectors; padding: as of warp; favour: (n,), by how much each is preferred as the best single one
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
    """(n, 2, _WORK, _WORK): where in each picture a place of the fused face is looked up.

    The face's shape is the median one of the sources', as far as they agree with the first once they are aligned.
    """
    own = own_places(flow)
    towards = torch.cat([torch.zeros_like(flow[:1]), displacements(faces[:1], faces[1:])])
    told = towards * _trust(faces, area, own + towards)
    middle = told.median(0, keepdim=True).values if len(flow) > 2 else told.mean(0, keepdim=True)
    shifted = (own - middle).expand(len(flow), -1, -1, -1)
    aligned = shifted + sampled(towards, shifted)
    return aligned + sampled(flow, aligned)


def _trust(faces: Tensor, area: Tensor, places: Tensor) -> Tensor:
    """(n, 1, _WORK, _WORK) in [0, 1]: how far each displacement is believed."""
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
