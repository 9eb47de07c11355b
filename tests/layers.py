"""Layers to paint with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

Colour = tuple[int, int, int]
MAGENTA = (255, 0, 255)


def plain(
    path: Path, colour: Colour = (255, 0, 255), size: tuple[int, int] = (20, 20), alpha: int | None = None
) -> Path:
    """A picture of one colour; size: width and height; alpha: None for a picture without."""
    pixels = np.full((size[1], size[0], 3 if alpha is None else 4), (*colour, alpha or 0)[: 3 if alpha is None else 4])
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def disc(path: Path, colour: Colour = MAGENTA, side: int = 64, around: Colour = (0, 0, 0)) -> Path:
    """A disc, transparent around it, where the colour that nobody shall see is `around`."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    pixels = np.empty((side, side, 4), np.uint8)
    inside = np.hypot(x, y) < side / 2 - 1
    pixels[..., :3] = np.where(inside[..., None], colour, around)
    pixels[..., 3] = 255 * inside
    Image.fromarray(pixels).save(path)
    return path


def gif(path: Path, colours: list[Colour], milliseconds: list[int]) -> Path:
    """A frame a colour in the left half; the right half is transparent."""
    frames = []
    for colour in colours:
        pixels = np.zeros((16, 16, 4), np.uint8)
        pixels[:, :8] = (*colour, 255)
        frames.append(Image.fromarray(pixels))
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0, disposal=2)
    return path
