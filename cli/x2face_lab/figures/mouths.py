"""Locating a subject's mouth in its frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from x2face_audio.sync.lips import BOTTOM, LEFT, RIGHT, TOP
from x2face_core.driving import EmbeddedFace
from x2face_core.media.pictures import Picture
from x2face_core.sources.source import ModelSource
from x2face_core.warping import identity_grid
from x2face_lab.figures.sheet import Place

WIDE, HIGH = 1.35, 0.95  # relative to the distance between the eyes
_LOWERED = 0.14  # shift down of the centre, as the jaw goes down when the mouth opens


def find_points(subject: ModelSource, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Positions x, y in pixels of anchors in a frame of the undriven subject.

    A texture whose colours are its own coordinates is rendered; the frame then shows where each pixel is sampled.
    """
    height, width = subject.face.texture.shape[-2:]
    grid = identity_grid(height, width).permute(2, 0, 1)  # (2, h, w)
    chart = EmbeddedFace(torch.cat([grid / 2 + 0.5, torch.zeros(1, height, width)]))
    origin = subject.model.render(chart, subject.vector[None])[0, :2] * 2 - 1
    found = {}
    for name in names:
        anchor = torch.tensor(subject.face.anchors[name])[:, None, None]
        nearest = int((origin - anchor.to(origin)).square().sum(0).argmin())
        found[name] = (float(nearest % width), float(nearest // width))
    return found


def find_mouth(subject: ModelSource) -> Place:
    """The rectangle of the mouth in frames; a fixed part of the lower face for weights without anchors."""
    height, width = subject.face.texture.shape[-2:]
    if not {"left_eye", "right_eye", "mouth"} <= set(subject.face.anchors):
        wide, high = width * (RIGHT - LEFT), height * (BOTTOM - TOP)
        return within(width * LEFT, height * TOP, wide, high, (width, height))
    points = find_points(subject, ("left_eye", "right_eye", "mouth"))
    apart = float(np.hypot(*np.subtract(points["left_eye"], points["right_eye"])))
    apart = min(max(apart, width / 8), width / 2)  # limits for untrained weights
    x, y = points["mouth"]
    return within(x - WIDE / 2 * apart, y - (HIGH / 2 - _LOWERED) * apart, WIDE * apart, HIGH * apart, (width, height))


def within(x: float, y: float, wide: float, high: float, size: tuple[int, int]) -> Place:
    """A rectangle in whole pixels, shifted into a picture of the given size (width, height)."""
    width, height = min(round(wide), size[0]), min(round(high), size[1])
    left, top = min(max(round(x), 0), size[0] - width), min(max(round(y), 0), size[1] - height)
    return Place(left, top, width, height)


def cut(picture: Picture, place: Place) -> Picture:
    """Crop a picture to a place: (place.height, place.width, 3)."""
    return picture[place.y : place.bottom, place.x : place.right]
