"""Fusion of several pictures of one person into one embedded face without double contours.

Flows are made consistent with the driving network (consistency), colours are matched (colour_matching), embedded faces
are registered (registration), one of them is selected at each texel (texel_selection), and its low frequencies are
replaced by those in common (low_frequencies).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.networks.colour_matching import match_colours
from x2face_core.networks.completion import log_area
from x2face_core.networks.consistency import make_consistent
from x2face_core.networks.low_frequencies import low_frequency_correction, median
from x2face_core.networks.registration import displacements
from x2face_core.networks.sampling import gaussian_blur, sample_at, texel_coordinates
from x2face_core.networks.texel_selection import SIDE, find_reference, selection_weights, visibility
from x2face_core.warping import reduce, resize_flow, warp

_SIDE = 128  # side at which faces are registered, texels
_COLOUR_SCALE = 0.1  # colour difference at which the confidence in a displacement is 1 / e


@dataclass(frozen=True, eq=False)
class Fused:
    """texture: (3, H, W), the embedded face; area: (1, 1, h, w) log_area of the selected sources."""

    texture: Tensor
    area: Tensor


@dataclass(frozen=True, eq=False)
class _Sources:
    """Pictures (n, 3, H, W), the reference first; gain and offset (n, 3, 1, 1) match their colours to it."""

    pictures: Tensor
    gain: Tensor
    offset: Tensor
    padding: str

    def all_at(self, coordinates: Tensor) -> Tensor:
        """All pictures, reduced to _SIDE, sampled at coordinates (n, 2, h, w): (n, 3, h, w)."""
        return sample_at(reduce(self.pictures, _SIDE), coordinates, padding=self.padding) * self.gain + self.offset

    def one_at(self, k: int, coordinates: Tensor) -> Tensor:
        """One picture sampled at its full size: (1, 3, H, W)."""
        coordinates = resize_flow(coordinates[k : k + 1], *self.pictures.shape[-2:])
        face = sample_at(self.pictures[k : k + 1], coordinates, padding=self.padding, mode="bicubic")
        return face * self.gain[k] + self.offset[k]


def fuse(pictures: Tensor, flow: Tensor, driving: Tensor, *, padding: str, favour: Tensor | None = None) -> Fused:
    """Fuse pictures of one person.

    pictures: (n, 3, H, W) in [0, 1], square crops of one size
    flow, driving: (n, 2, h, w) embedding flows, and driving flows decoded from the pictures' own vectors
    padding: as in warp; favour: (n,), preference for each as the reference, in differences of colour
    """
    flow = resize_flow(make_consistent(flow, driving), _SIDE, _SIDE)
    faces = warp(reduce(pictures, _SIDE), flow, padding=padding)
    area = _area(flow)
    reference = find_reference(faces, area, favour)
    order = [reference, *(number for number in range(len(pictures)) if number != reference)]
    faces, area = faces[order], area[order]
    gain, offset = match_colours(reduce(faces, SIDE), visibility(area))
    coordinates = _sampling_coordinates(flow[order], faces * gain + offset, area)
    return _compose(_Sources(pictures[order], gain, offset, padding), coordinates)


def _area(flow: Tensor) -> Tensor:
    return log_area(resize_flow(flow, SIDE, SIDE))


def _sampling_coordinates(flow: Tensor, faces: Tensor, area: Tensor) -> Tensor:
    """(n, 2, _SIDE, _SIDE): where each picture is sampled for each texel of the fused face.

    The fused shape is the median of the sources' displacements, each weighted by its confidence.
    """
    identity = texel_coordinates(flow)
    displacement = torch.cat([torch.zeros_like(flow[:1]), displacements(faces[:1], faces[1:])])
    median_shape = median(displacement * _confidence(faces, area, identity + displacement))
    shifted = (identity - median_shape).expand(len(flow), -1, -1, -1)
    aligned = shifted + sample_at(displacement, shifted)
    return aligned + sample_at(flow, aligned)


def _confidence(faces: Tensor, area: Tensor, coordinates: Tensor) -> Tensor:
    """(n, 1, _SIDE, _SIDE) in [0, 1]: confidence in displacements, from visibility and colour residual."""
    difference = gaussian_blur((sample_at(faces, coordinates) - faces[:1]).abs().mean(1, keepdim=True), 2.0)
    visible = visibility(resize_flow(area, _SIDE, _SIDE))
    similarity = torch.exp(-(difference / _COLOUR_SCALE).square())
    return gaussian_blur(similarity * sample_at(visible, coordinates) * visible[:1], 2.0)


def _compose(sources: _Sources, coordinates: Tensor) -> Fused:
    """Add up the selected sources, and correct their low frequencies."""
    area = _area(coordinates - texel_coordinates(coordinates))
    faces = sources.all_at(coordinates)
    weights = selection_weights(faces, area)
    height, width = sources.pictures.shape[-2:]
    texture = resize_flow(low_frequency_correction(faces, weights, visibility(area)), height, width)
    for k in range(len(coordinates)):  # one at a time, as pictures may be large and many
        texture = texture + resize_flow(weights[k : k + 1], height, width) * sources.one_at(k, coordinates)
    return Fused(texture[0].clamp(0, 1), (weights * area).sum(0, keepdim=True))
