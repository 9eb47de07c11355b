"""Contact sheets and the training curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from x2face_core.media.images import write_picture
from x2face_core.pixels import to_pictures

_SIZE, _MARGIN = (900, 420), 60
Colour = tuple[int, int, int]
_COLOURS: dict[str, Colour] = {"l1": (40, 90, 200), "held_ratio": (200, 60, 40)}


def write_sheet(path: Path, sheet: Tensor) -> None:
    """Write a picture. sheet: (3, h, w) float in [0, 1]"""
    write_picture(path, to_pictures(sheet[None])[0])


def write_curve(path: Path, history: Sequence[dict[str, float]], colours: Mapping[str, Colour] = _COLOURS) -> None:
    """Plot figures of a run's history over the steps, each on its own scale.

    colours: of the curves, by name of the figure

    By default the photometric L1 in training, and held-out L1 relative to copying.
    """
    picture = Image.new("RGB", _SIZE, "white")
    pen = ImageDraw.Draw(picture)
    width, height = _SIZE
    pen.rectangle((_MARGIN, 20, width - _MARGIN, height - _MARGIN), outline=(150, 150, 150))
    for number, (name, colour) in enumerate(colours.items()):
        points = [(row["step"], row[name]) for row in history if name in row]
        if len(points) >= 2:
            _draw(pen, points, colour, name, number)
    write_picture(path, np.asarray(picture))


def _draw(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: Colour, name: str, number: int) -> None:
    width, height = _SIZE
    steps, values = [p[0] for p in points], [p[1] for p in points]
    low, high = min(values), max(values)
    across, up = (width - 2 * _MARGIN) / max(1, max(steps)), (height - _MARGIN - 40) / max(1e-9, high - low)
    pen.line([(_MARGIN + s * across, height - _MARGIN - 10 - (v - low) * up) for s, v in points], fill=colour, width=2)
    label = f"{name}: {values[-1]:.4f}  (from {values[0]:.4f}; least {low:.4f})  {int(steps[-1])} steps"
    pen.text((_MARGIN, height - _MARGIN + 8 + 18 * number), label, fill=colour)
