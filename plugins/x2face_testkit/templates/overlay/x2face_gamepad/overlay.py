"""The overlay: soft spots of colour on the embedded face, which move with the face."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from x2face_plugins import EmbeddedFace, MissingError
from x2face_plugins.media import to_tensor

if TYPE_CHECKING:
    from x2face_gamepad.settings import Settings


class GamepadOverlay:
    """Returns a new face; the given one is shared and must not be modified."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        """The face with its spots, the same at all times."""
        texture = face.texture
        colour = to_tensor(np.array([[[[*self.settings.rgb]]]], np.uint8))[0].to(texture.device)  # (3, 1, 1) in [0, 1]
        for place in self.settings.at:
            seen = self.settings.strength * spot(texture, where(face, place), self.settings.size)
            texture = texture + seen * (colour - texture)
        return replace(face, texture=texture)


def where(face: EmbeddedFace, place: str) -> tuple[float, float]:
    """x and y of an anchor, from -1 to 1. MissingError if the weights do not know it."""
    if place not in face.anchors:
        raise MissingError(
            f"These weights do not know where {place} is; they know {', '.join(face.anchors) or 'none'}."
        )
    return face.anchors[place]


def spot(texture: torch.Tensor, at: tuple[float, float], size: float) -> torch.Tensor:
    """(h, w): 1 at a point, falling off smoothly around it."""
    height, width = texture.shape[1:]
    y = torch.linspace(-1, 1, height, device=texture.device)[:, None]
    x = torch.linspace(-1, 1, width, device=texture.device)
    return torch.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / size**2)
