"""Face paint for the demo: a star, a heart and a flower, and the preset that places them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE = 160
FINER = 4  # supersampling factor, for smooth edges

Points = list[tuple[float, float]]
Colour = tuple[int, int, int]

LAYERS = (
    {"layer": "star.png", "at": "left_cheek", "scale": 0.13, "rotate": -12, "opacity": 0.9},
    {"layer": "heart.png", "at": "right_cheek", "scale": 0.12, "rotate": 10, "opacity": 0.9},
    {"layer": "flower.png", "at": "forehead", "scale": 0.15, "opacity": 0.9},
)

SCAR = {"layer": "scar.png", "at": "forehead", "scale": 0.11, "rotate": 8, "opacity": 0.85}


def write_paint(folder: Path) -> Path:
    """Draw the layers into a folder; returns the preset for the edit overlay."""
    star().save(folder / "star.png")
    heart().save(folder / "heart.png")
    flower().save(folder / "flower.png")
    preset = folder / "paint.json"
    preset.write_text(json.dumps({"layers": LAYERS}, indent=2) + "\n")
    return preset


def write_scar(folder: Path) -> Path:
    """Draw a scar into a folder; returns the preset that places it (paper, Fig. 13 and 14)."""
    scar().save(folder / "scar.png")
    preset = folder / "scar.json"
    preset.write_text(json.dumps({"layers": [SCAR]}, indent=2) + "\n")
    return preset


def scar() -> Image.Image:
    """(SIDE, SIDE) RGBA: a bolt of lightning."""
    bolt = [(0.25, -0.95), (-0.45, 0.1), (-0.02, 0.1), (-0.3, 0.95), (0.5, -0.2), (0.05, -0.2), (0.5, -0.95)]
    inner = [(0.84 * x, 0.84 * y) for x, y in bolt]
    return drawn([(bolt, (96, 18, 22)), (inner, (178, 44, 44))])


def star() -> Image.Image:
    """(SIDE, SIDE) RGBA."""
    return drawn([(ring(0.95, 0.4), (36, 84, 196)), (ring(0.5, 0.2), (250, 214, 80))])


def heart() -> Image.Image:
    """(SIDE, SIDE) RGBA."""
    turns = np.linspace(0, 2 * np.pi, 200)
    x = 16 * np.sin(turns) ** 3
    y = 2 + 13 * np.cos(turns) - 5 * np.cos(2 * turns) - 2 * np.cos(3 * turns) - np.cos(4 * turns)
    return drawn([([(a / 18, -b / 18) for a, b in zip(x.tolist(), y.tolist(), strict=True)], (206, 26, 58))])


def flower() -> Image.Image:
    """(SIDE, SIDE) RGBA: six petals."""
    angles = [math.radians(60 * k) for k in range(6)]
    petals = [(disc(0.58 * math.sin(a), -0.58 * math.cos(a), 0.34), (244, 240, 250)) for a in angles]
    return drawn([*petals, (disc(0, 0, 0.34), (240, 158, 30))])


def ring(far: float, near: float) -> Points:
    """Corners of a five-pointed star. far, near: radii of the points and of the notches"""
    ends = [(far if k % 2 == 0 else near, math.radians(36 * k)) for k in range(10)]
    return [(r * math.sin(a), -r * math.cos(a)) for r, a in ends]


def disc(x: float, y: float, radius: float) -> Points:
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in np.linspace(0, 2 * np.pi, 64).tolist()]


def drawn(shapes: list[tuple[Points, Colour]]) -> Image.Image:
    """Draw polygons in normalised coordinates (-1..1, y downwards) in order, on a transparent background."""
    side = SIDE * FINER
    colours, opaque = Image.new("RGB", (side, side), shapes[0][1]), Image.new("L", (side, side), 0)
    for points, colour in shapes:
        corners = [((x + 1) * side / 2, (y + 1) * side / 2) for x, y in points]
        ImageDraw.Draw(colours).polygon(corners, fill=colour)
        ImageDraw.Draw(opaque).polygon(corners, fill=255)
    colours.putalpha(opaque)
    return colours.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
