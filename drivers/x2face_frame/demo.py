"""Demo input: a few drawn pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from x2face_plugins.media import write_picture


def write_demo(folder: Path, frames: int = 4, side: int = 48) -> Path:
    """Write pictures of a bright disc that moves to the right."""
    folder.mkdir(parents=True)
    y, x = np.mgrid[:side, :side]
    for k in range(frames):
        disc = (x - side / 2 - k) ** 2 + (y - side / 2) ** 2 < (side / 3) ** 2
        picture = np.full((side, side, 3), 40, np.uint8)
        picture[disc] = (220, 180, 150)
        write_picture(folder / f"{k}.png", picture)
    return folder
