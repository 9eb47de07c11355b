"""Rasterising a layer onto the embedded face: position, resampling and blending."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_edit.pictures import Pixels
from x2face_edit.presets import Layer
from x2face_plugins.media import to_tensor


@dataclass(frozen=True, eq=False)
class Spot:
    """The part of the embedded face that a layer touches.

    rows, columns: of the texture, which has h times w pixels there
    size: height and width of the layer in the texture's pixels
    grid: (1, h, w, 2), sampling positions in the layer's picture, -1..1 from edge to edge
    coverage: (h, w), share of each pixel that the layer's rectangle covers
    """

    rows: slice
    columns: slice
    size: tuple[float, float]
    grid: Tensor
    coverage: Tensor


def find_spot(layer: Layer, centre: tuple[float, float], aspect: float, texture: tuple[int, int]) -> Spot | None:
    """The position of a layer; None if it touches no pixel.

    centre: x, y in normalised coordinates; -1 and 1 are the centres of the texture's corner pixels
    aspect: the layer's height over its width; texture: height and width
    """
    height, width = texture
    middle = ((centre[0] + 1) / 2 * (width - 1), (centre[1] + 1) / 2 * (height - 1))
    wide = layer.scale * width
    high = wide * aspect
    cos, sin = math.cos(math.radians(layer.rotate)), math.sin(math.radians(layer.rotate))
    columns = _within(middle[0], abs(cos) * wide / 2 + abs(sin) * high / 2, width)
    rows = _within(middle[1], abs(sin) * wide / 2 + abs(cos) * high / 2, height)
    if columns.start >= columns.stop or rows.start >= rows.stop:
        return None
    x = torch.arange(columns.start, columns.stop, dtype=torch.float64)[None] - middle[0]
    y = torch.arange(rows.start, rows.stop, dtype=torch.float64)[:, None] - middle[1]
    along, down = x * cos + y * sin + wide / 2, y * cos - x * sin + high / 2  # pixels from the layer's own edges
    mirrored = -1 if layer.flip else 1
    grid = torch.stack([mirrored * (2 * along / wide - 1), 2 * down / high - 1], dim=-1)
    coverage = _overlap(along, wide) * _overlap(down, high)
    return Spot(rows, columns, (high, wide), grid[None].float(), coverage.float())


def _within(middle: float, reach: float, pixels: int) -> slice:
    """The range of pixels up to `reach` around `middle`, within the texture."""
    low, high = math.floor(middle - reach), math.ceil(middle + reach)
    return slice(max(0, low), min(pixels, high + 1))


def _overlap(place: Tensor, length: float) -> Tensor:
    """The share of a pixel centred at `place` that is between 0 and length."""
    return ((place + 0.5).clamp(max=length) - (place - 0.5).clamp(min=0)).clamp(0, 1)


def is_outside(layer: Layer, centre: tuple[float, float], aspect: float) -> bool:
    """Whether a layer's rectangle and the face, -1..1, are disjoint (separating axis theorem)."""
    wide, high = layer.scale, layer.scale * aspect  # half of each, in normalised coordinates
    cos, sin = math.cos(math.radians(layer.rotate)), math.sin(math.radians(layer.rotate))
    x, y = centre
    return (
        abs(x) >= 1 + wide * abs(cos) + high * abs(sin)
        or abs(y) >= 1 + wide * abs(sin) + high * abs(cos)
        or abs(x * cos + y * sin) >= wide + abs(cos) + abs(sin)
        or abs(y * cos - x * sin) >= high + abs(cos) + abs(sin)
    )


def stamp(spot: Spot, pixels: Pixels) -> Tensor:
    """Resample the layer's picture to (4, h, w): premultiplied red, green, blue, and alpha.

    The picture is first reduced to the spot's size, against aliasing. Colours are premultiplied, so that those of
    transparent pixels do not show.
    """
    values = to_tensor([pixels])[0]
    values = torch.cat([values[:3] * values[3:], values[3:]])
    size = [max(1, min(there, round(needed))) for there, needed in zip(pixels.shape[:2], spot.size, strict=True)]
    if tuple(size) != pixels.shape[:2]:
        values = F.interpolate(values[None], size=size, mode="bilinear", align_corners=False, antialias=True)[0]
    seen = F.grid_sample(values[None], spot.grid, mode="bilinear", padding_mode="border", align_corners=False)[0]
    return seen * spot.coverage


def paint(texture: Tensor, spot: Spot, stamped: Tensor, opacity: float, blend: str) -> Tensor:
    """A new texture (3, H, W) with the stamp blended in, without gamma correction.

    stamped: (4, h, w) from `stamp`
    """
    stamped = (stamped * opacity).to(texture.device)
    colour, alpha = stamped[:3], stamped[3:]
    below = texture[:, spot.rows, spot.columns]
    if blend == "multiply":
        mixed = below * (1 - alpha + colour)
    elif blend == "screen":
        mixed = below + colour - below * colour
    else:
        mixed = below * (1 - alpha) + colour
    painted = texture.clone()
    painted[:, spot.rows, spot.columns] = mixed.clamp(0, 1)
    return painted
