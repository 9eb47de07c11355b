"""What is painted on the canvas: layers become one picture with transparency, and a preset."""

from __future__ import annotations

import json
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from x2face_core.errors import InputError, UsageError
from x2face_core.media.pictures import Picture
from x2face_edit.archives import unpack
from x2face_edit.presets import read_preset

SIDE = 512
"""Pixels a side of the canvas."""
LARGEST = 4096
_PAINT = "paint.png"


def merged(layers: Sequence[NDArray[np.uint8]]) -> Image.Image | None:
    """Layers (h, w, 4) as one picture of SIDE pixels; None where nothing is painted.

    Larger and smaller square layers are fitted to the face. InputError for one that is not square, or too large.
    """
    below = Image.new("RGBA", (SIDE, SIDE))
    for layer in layers:
        below.alpha_composite(_fitted(layer))
    return below if below.getbbox() else None


def _fitted(layer: NDArray[np.uint8]) -> Image.Image:
    if layer.ndim != 3 or layer.shape[2] != 4:
        raise InputError(f"The canvas sent a layer of shape {layer.shape}; clear it and paint again.")
    height, width = layer.shape[:2]
    if height != width:
        raise InputError(f"The canvas has {width}x{height} pixels and the face is square; clear it and paint again.")
    if width > LARGEST:
        raise InputError(f"The canvas has {width}x{height} pixels; {LARGEST}x{LARGEST} are the most. Clear it.")
    picture = Image.fromarray(layer, "RGBA")
    return picture if width == SIDE else picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def ground(face: Picture, anchors: Mapping[str, tuple[float, float]] | None = None) -> Picture:
    """The embedded face (h, w, 3) as the ground of the canvas, SIDE pixels a side.

    anchors: x and y from -1 to 1 of named places, which are marked
    """
    picture = Image.fromarray(face).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    if anchors:
        draw = ImageDraw.Draw(picture)
        for name, (x, y) in anchors.items():
            _mark(draw, name.replace("_", " "), (x + 1) / 2 * (SIDE - 1), (y + 1) / 2 * (SIDE - 1))
    return np.asarray(picture)


def _mark(draw: ImageDraw.ImageDraw, name: str, x: float, y: float) -> None:
    draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill="white", outline="black", width=2)
    draw.text((x, y + 8), name, fill="white", stroke_width=2, stroke_fill="black", anchor="ma", font_size=16)


def save_paint(picture: Image.Image, folder: Path) -> Path:
    """Write the paint as a picture with transparency; at any time, readers find one that is whole."""
    path, hidden = folder / _PAINT, folder / f".{secrets.token_hex(8)}.png"
    try:
        picture.save(hidden)
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
    return path


def refuse_unpacked_preset(given: Mapping[str, Any]) -> None:
    """UsageError for the settings of an overlay that name a preset whose pictures would be read from the server."""
    path = given.get("input")
    if path is not None and Path(path).suffix.lower() == ".json":
        raise UsageError(
            f"{Path(path).name}: names pictures that were not uploaded with it; pack preset and pictures into one .zip."
        )


def packed_layers(path: Path, folder: Path) -> list[dict[str, Any]]:
    """The layers of a packed preset as write_preset takes them; its pictures are unpacked into a folder.

    InputError for what is no such preset.
    """
    preset = unpack(path, folder)
    read_preset(preset, shown=path)
    layers: list[dict[str, Any]] = json.loads(preset.read_text(encoding="utf-8-sig"))["layers"]
    return [{**one, "layer": preset.parent / one["layer"]} for one in layers]


def write_preset(path: Path, paint: Path | None, stamps: Sequence[Mapping[str, Any]]) -> None:
    """Write a .zip with preset.json and its pictures, for `--edit preset.zip` (docs/edit.md).

    paint: of the whole canvas, undermost; stamps: layers whose `layer` is the path of a picture or film
    """
    layers: list[dict[str, Any]] = [{"layer": paint, "at": [0, 0], "scale": 1}] if paint else []
    layers += [dict(stamp) for stamp in stamps]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, layer in enumerate(layers):
            file = Path(layer["layer"])
            layer["layer"] = file.name if file == paint else f"{number}-{file.name}"
            archive.write(file, layer["layer"])
        archive.writestr("preset.json", json.dumps({"layers": layers}, indent=2) + "\n")
