"""The mouth of one embedded face in another of the same person, so that lips lose the shape they were pictured in."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from x2face_core.driving import EmbeddedFace
from x2face_core.warping import identity_grid, reduce

_WIDTH, _HEIGHT = 0.30, 0.22  # half axes of the ellipse around lips, in half widths of the embedded face
_FADE = 0.35  # of its radius, over which the two are blended


def with_mouth(face: EmbeddedFace, other: EmbeddedFace) -> EmbeddedFace:
    """The face with the mouth of another one, in the face's own colours around it; unchanged without anchors.

    Lips are laid out parted in an embedded face whatever the picture shows, but what lay behind them, and how wide they
    were, is still to be seen.
    """
    if "mouth" not in face.anchors:
        return face
    side = face.texture.shape[-1]
    mask = _ellipse(face.anchors["mouth"], side).to(face.texture)
    mouth = reduce(other.texture[None].to(face.texture), side)[0]
    edge = mask * (1 - mask)
    shade = ((face.texture - mouth) * edge).sum((1, 2), keepdim=True) / edge.sum().clamp_min(1e-6)
    return replace(face, texture=torch.lerp(face.texture, (mouth + shade).clamp(0, 1), mask))


def _ellipse(centre: tuple[float, float], side: int) -> Tensor:
    """(1, side, side): 1 on the lips, falling to 0 at the ellipse."""
    away = identity_grid(side, side) - torch.tensor(centre, dtype=torch.float32)
    radius = torch.hypot(away[..., 0] / _WIDTH, away[..., 1] / _HEIGHT)
    share = ((1 - radius) / _FADE).clamp(0, 1)
    return (share * share * (3 - 2 * share))[None]
