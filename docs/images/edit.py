"""The picture of docs/edit.md, with a drawn stamp and moustache: `python docs/images/edit.py`."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from concepts import REST, Stage
from PIL import Image

from x2face_core.pixels import to_pictures
from x2face_edit.overlay import EditOverlay
from x2face_edit.presets import read_preset
from x2face_lab.demo.paint import Points, disc, drawn, ring

HERE = Path(__file__).parent
SIDE, GAP = 160, 4  # pixels
MOMENTS = (REST, 22, 64, 89, 120, 154)  # right, left, up, tipped to either side; the mouth is shut
RED, WHITE, BLACK = (186, 24, 44), (246, 240, 232), (34, 24, 22)
LAYERS = (
    {"layer": "stamp.png", "at": "forehead", "scale": 0.11},
    {"layer": "moustache.png", "at": [0, 0.265], "scale": 0.26},
)


def stamp() -> Image.Image:
    """A star in a ring."""
    return drawn([(disc(0, 0, 0.97), RED), (disc(0, 0, 0.8), WHITE), (ring(0.7, 0.3), RED)])


def moustache() -> Image.Image:
    """Two strands that curl upwards."""
    x = np.linspace(0.0, 0.97, 60)
    upper = 0.1 - 0.32 * np.sin(np.pi * x) ** 2 - 0.35 * x**4
    lower = 0.28 - 0.1 * np.sin(np.pi * x) - 0.7 * x**4
    half: Points = [*zip(x, upper, strict=True), *zip(x[::-1], lower[::-1], strict=True)]
    return drawn([(half, BLACK), ([(-a, b) for a, b in half], BLACK)])


def preset(folder: Path) -> Path:
    """The preset that the page shows."""
    stamp().save(folder / "stamp.png")
    moustache().save(folder / "moustache.png")
    path = folder / "preset.json"
    path.write_text(json.dumps({"layers": LAYERS}))
    return path


def main() -> None:
    stage = Stage(MOMENTS)
    with TemporaryDirectory() as folder:
        overlay = EditOverlay(read_preset(preset(Path(folder))))
        strips = []
        for source in stage.faces.values():
            face = overlay.edit(source.face, 0.0)
            frames = stage.model.render(face, source.vector + stage.offsets[1:])
            parts = [*to_pictures(source.pictures), *to_pictures(face.texture[None]), *to_pictures(frames)]
            strips.append(_strip([Image.fromarray(one) for one in parts]))
    whole = np.concatenate([strips[0], np.full((GAP, strips[0].shape[1], 3), 255, np.uint8), strips[1]])
    few = Image.fromarray(whole).quantize(256, Image.Quantize.MAXCOVERAGE, 3, dither=Image.Dither.NONE)
    few.save(HERE / "edit.png", optimize=True)


def _strip(pictures: list[Image.Image]) -> np.ndarray:
    gap = np.full((SIDE, GAP, 3), 255, np.uint8)
    cells = [np.asarray(one.resize((SIDE, SIDE), Image.Resampling.LANCZOS)) for one in pictures]
    return np.concatenate([part for cell in cells for part in (cell, gap)][:-1], axis=1)


if __name__ == "__main__":
    with torch.inference_mode():
        main()
