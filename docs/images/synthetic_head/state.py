"""What a rendered head does at one moment, and how it looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from synthetic_head.shapes import Array, Place, Point

NECK: Point = (0.0, -0.75, -0.2)  # the head turns about this place


@dataclass(frozen=True)
class State:
    """One moment of a head. Angles in degrees, the rest from 0 to 1 (width from -1, pursed, to 1, stretched).

    roll: positive tips the head clockwise in the picture
    pitch: positive looks up; yaw: positive looks to the picture's right
    """

    roll: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    mouth_open: float = 0.0
    mouth_width: float = 0.0
    smile: float = 0.0
    blink: float = 0.0
    brows: float = 0.0


def rotation(state: State) -> Array:
    """(3, 3) from the head's own axes to the picture's: pitch first, then yaw, then roll."""
    r, p, w = (math.radians(a) for a in (state.roll, state.pitch, state.yaw))
    roll = np.array([[math.cos(r), math.sin(r), 0], [-math.sin(r), math.cos(r), 0], [0, 0, 1]])
    pitch = np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
    yaw = np.array([[math.cos(w), 0, math.sin(w)], [0, 1, 0], [-math.sin(w), 0, math.cos(w)]])
    turn: Array = (roll @ yaw @ pitch).astype(np.float32)
    return turn


def to_head(p: Place, turn: Array) -> Place:
    """Places of the picture's axes in the head's own."""
    x, y, z = (p[i] - np.float32(NECK[i]) for i in range(3))
    u, v, w = (turn[0, i] * x + turn[1, i] * y + turn[2, i] * z + np.float32(NECK[i]) for i in range(3))
    return u, v, w
