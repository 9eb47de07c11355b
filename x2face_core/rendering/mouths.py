"""The mouth in an embedded face: taken over from another one of the same person, and the region that speech changes."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from x2face_core.driving import EmbeddedFace
from x2face_core.rendering.regions import smoothstep
from x2face_core.warping import identity_grid, reduce

# An ellipse around the mouth: its half axes to both sides, up and down, in half widths of the embedded face, and the
# share of its radius over which it fades.
_LIPS = (0.30, 0.22, 0.22, 0.35)
_SPEECH = (0.36, 0.16, 0.30, 0.5)  # between nose and chin, which belong to the head
_LOWER = 0.023  # the middle of the latter, below the anchor of the mouth
_SIDE = 64  # cells a side of a region in the embedded face


def with_mouth(face: EmbeddedFace, other: EmbeddedFace) -> EmbeddedFace:
    """The face with the mouth of another one, in the face's own colours around it; unchanged without anchors.

    Lips are laid out parted in an embedded face whatever the picture shows, but what lay behind them, and how wide they
    were, is still to be seen.
    """
    if "mouth" not in face.anchors:
        return face
    side = face.texture.shape[-1]
    mask = _ellipse(face.anchors["mouth"], side, *_LIPS).to(face.texture)
    mouth = reduce(other.texture[None].to(face.texture), side)[0]
    edge = mask * (1 - mask)
    shade = ((face.texture - mouth) * edge).sum((1, 2), keepdim=True) / edge.sum().clamp_min(1e-6)
    return replace(face, texture=torch.lerp(face.texture, (mouth + shade).clamp(0, 1), mask))


def mouth_region(face: EmbeddedFace) -> Tensor | None:
    """Where speech may change the embedded face, (1, side, side) in 0 … 1; None without anchors.

    A network that opens a mouth lowers the chin and lengthens the cheeks with it; in a film they follow the head, whose
    pose is seen by them.
    """
    if "mouth" not in face.anchors:
        return None
    x, y = face.anchors["mouth"]
    return _ellipse((x, y + _LOWER), _SIDE, *_SPEECH)


def _ellipse(centre: tuple[float, float], side: int, width: float, up: float, down: float, fade: float) -> Tensor:
    """(1, side, side): 1 on the lips, falling to 0 at the ellipse."""
    x, y = (identity_grid(side, side) - torch.tensor(centre, dtype=torch.float32)).unbind(-1)
    radius = torch.hypot(x / width, torch.where(y < 0, y / up, y / down))
    return smoothstep((1 - radius) / fade)[None]
