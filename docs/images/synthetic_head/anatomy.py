"""A head as signed distances: skull, face, features, hair, neck and clothes.

A unit is a decimetre and the eyes lie at y = 0. The proportions are those of an average adult. The mouth opens and its
corners lift by bending the space that the resting head is measured in; the lids are an opening that closes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from synthetic_head.shapes import Array, Place, Point, ball, bump, cut, egg, join, limb, ramp
from synthetic_head.state import NECK, State, rotation, to_head

EYE: Point = (0.315, 0.0, 0.615)
EYE_RADIUS = 0.17
LIPS = -0.755  # where the lips meet
MOUTH = 0.235  # half the mouth's width
GAPE = 0.27  # how far the lower lip falls at mouth_open = 1


@dataclass(frozen=True)
class Face:
    """Places in the resting face, and how far the moving openings are from them."""

    rest: Place  # where the skin here is at rest
    mouth: Array  # distance to the opening between the lips
    lids: Array  # distance to the opening between the lids
    gap: Array  # how far the lips are apart at this x


def relax(p: Place, state: State) -> tuple[Place, Array, Array]:
    """Undo smile and jaw: the resting places, the distance to the mouth's opening, the lips' gap."""
    x, y, z = p
    near = bump(y, LIPS, 0.34) * ramp(0.3, 0.6, z)
    stretch = 1 + (0.2 * state.smile + 0.22 * state.mouth_width) * near
    x = x / stretch
    across = np.minimum((x / MOUTH) ** 2, 2.5)
    y = y - 0.10 * state.smile * across * bump(y, LIPS, 0.22) * ramp(0.3, 0.6, z)
    z = z - 0.05 * max(-state.mouth_width, 0) * bump(y, LIPS, 0.15) * bump(x, 0, 0.2)
    apart = GAPE * (0.9 * state.mouth_open + 0.1 * (1 - math.exp(-state.mouth_open / 0.06)))
    gap = apart * np.maximum(1 - across, 0) * (1 + 0.6 * across)
    below = LIPS - y
    jaw = state.mouth_open * GAPE * 0.9 * ramp(-0.35, 0.4, z)
    fall = gap + (jaw - gap) * ramp(0.0, 0.3, below - gap)
    rest = np.where(below > gap, y + fall, np.maximum(y, np.float32(LIPS)))
    opening = np.maximum(np.maximum(-below, below - gap), np.abs(x) - MOUTH)
    return (x, rest, z), opening, gap


def lid_opening(p: Place, state: State) -> Array:
    """Distance to the almond between the lids, in front of either eye."""
    u, y, z = np.abs(p[0]) - EYE[0], p[1], p[2]
    y = y - 0.07 * u
    almond = np.maximum(1 - (u / 0.148) ** 2, 0)
    low = -0.042 * (1 - 0.35 * state.smile) * almond
    high = 0.07 * almond * (1 + 0.12 * state.brows - 0.1 * state.smile)
    high = high + (low - high) * min(1.12 * state.blink, 1.03)
    almond_edge = np.maximum(y - high, low - y) * 0.9
    edge: Array = np.maximum(np.maximum(almond_edge, np.abs(u) - 0.148), 0.6 - z)
    return edge


def skull(p: Place) -> Array:
    """Cranium, jaw, cheeks, brow: the head without features. x is taken as |x|."""
    d = egg(p, (0, 0.32, -0.08), (0.73, 0.80, 0.92))
    d = join(d, egg(p, (0, -0.34, 0.23), (0.595, 0.78, 0.60)), 0.16)
    d = join(d, limb(p, (0.41, -0.66, 0.04), (0.09, -1.00, 0.60), 0.13, 0.155), 0.22)
    d = join(d, limb(p, (0.47, -0.22, 0.16), (0.385, -0.68, 0.16), 0.15, 0.13), 0.22)
    d = join(d, ball(p, (0, -1.0, 0.69), 0.15), 0.14)
    d = join(d, ball(p, (0.38, -0.31, 0.50), 0.225), 0.22)
    d = join(d, limb(p, (0.0, 0.17, 0.785), (0.40, 0.18, 0.62), 0.085, 0.085), 0.12)
    d = join(d, egg(p, (0, -0.72, 0.64), (0.30, 0.27, 0.235)), 0.13)
    return cut(d, egg(p, (0.31, -0.01, 0.93), (0.19, 0.10, 0.155)), 0.11)


def nose(d: Array, p: Place) -> Array:
    """Add the nose to the head. x is taken as |x|."""
    d = join(d, limb(p, (0, 0.08, 0.815), (0, -0.38, 0.985), 0.028, 0.06), 0.17)
    d = join(d, egg(p, (0, -0.445, 1.0), (0.088, 0.085, 0.09)), 0.08)
    d = join(d, egg(p, (0.10, -0.475, 0.915), (0.066, 0.06, 0.085)), 0.085)
    return cut(d, egg(p, (0.055, -0.545, 0.955), (0.03, 0.026, 0.045)), 0.03)


def lips(d: Array, p: Place) -> Array:
    """Add the lips to the head. x is taken as |x|."""
    x, y, z = p
    bent = (x, y, z + 0.95 * x * x)
    bow = (x, y + 0.022 * bump(x, 0, 0.045) + 0.08 * x * x, bent[2])
    d = cut(d, egg(p, (0, -0.62, 0.925), (0.022, 0.06, 0.03)), 0.04)  # philtrum
    d = join(d, egg(bow, (0, LIPS + 0.035, 0.868), (0.235, 0.05, 0.062)), 0.03)
    return join(d, egg(bent, (0, LIPS - 0.048, 0.862), (0.195, 0.055, 0.072)), 0.035)


def ears(d: Array, p: Place) -> Array:
    """Add the ears to the head. x is taken as |x|."""
    x, y, z = p
    leaned = (x + 0.3 * (z + 0.05), y - 0.15 * (z + 0.05), z)
    shell = egg(leaned, (0.705, -0.11, -0.05), (0.07, 0.21, 0.14))
    return join(d, cut(shell, egg(leaned, (0.79, -0.08, 0.0), (0.05, 0.12, 0.07)), 0.04), 0.07)


def skin(p: Place, state: State) -> tuple[Array, Face]:
    """The head's skin, with its openings cut, in the head's own axes."""
    rest, mouth, gap = relax(p, state)
    lids = lid_opening(p, state)
    half = (np.abs(rest[0]), rest[1], rest[2])
    d = ears(lips(nose(skull(half), half), half), half)
    d = join(d, ball(half, EYE, EYE_RADIUS + 0.02), 0.03)
    d = np.maximum(d, -lids)
    d = cut(d, np.maximum(mouth, 0.62 - p[2]), 0.03)
    return d, Face(rest, mouth, lids, gap)


def eyes(p: Place) -> Array:
    """Both eyeballs."""
    return ball((np.abs(p[0]), p[1], p[2]), EYE, EYE_RADIUS)


def teeth(p: Place, state: State) -> Array:
    """The upper and the lower row."""
    x, y, z = p
    z = z + 0.95 * x * x
    drop = state.mouth_open * GAPE * 0.95
    upper = egg((x, y, z), (0, LIPS + 0.02, 0.80), (0.17, 0.075, 0.05))
    lower = egg((x, y, z), (0, LIPS - 0.105 - drop, 0.765), (0.15, 0.065, 0.045))
    return np.minimum(upper, lower)


def tongue(p: Place, state: State) -> Array:
    """The tongue lies on the floor of the mouth."""
    return egg(p, (0, LIPS - 0.07 - state.mouth_open * GAPE * 0.75, 0.64), (0.14, 0.07, 0.16))


def hair(p: Place, long: float) -> Array:
    """Hair: a shell over the skull with the face left free; long = 1 falls to the jaw."""
    x, y, z = p
    half = (np.abs(x), y, z)
    around = np.arctan2(x, z + 0.4)
    wave = 0.006 * np.sin(23 * around + 4 * y + 2 * np.sin(3 * y + x)) + 0.004 * np.sin(57 * around - 3 * y)
    d = egg(half, (0, 0.36, -0.12), (0.78, 0.83, 0.95))
    d = join(d, egg(p, (0.06, 0.82, 0.28), (0.50, 0.33, 0.50)), 0.25) + wave
    if long > 0:
        d = join(d, egg(half, (0, -0.20, -0.20), (0.84, 0.85 * long, 0.62)) + wave, 0.15)
    fringe = 0.006 * np.sin(51 * around + 3 * np.sin(7 * around)) + 0.006 * np.sin(113 * around + y)
    d = cut(d, egg(half, (0, -0.36, 0.80), (0.60, 1.03 + 0.08 * (1 - long), 0.62)) + fringe, 0.055)
    if long > 0:
        return d
    d = cut(d, egg(half, (0.62, -0.12, 0.72), (0.5, 0.60, 0.55)) + fringe, 0.05)
    d = cut(d, egg(half, (0.72, -0.55, 0.10), (0.4, 0.62, 0.40)), 0.06)
    return cut(d, y + 0.50, 0.06)


def body(p: Place, state: State) -> tuple[Array, Array]:
    """The neck, which follows the head, and the clothes, which do not."""
    top = rotation(state) @ np.array([0.0, 0.15, 0.05], np.float32) + np.array(NECK, np.float32)
    neck = limb(p, (0, -1.75, -0.22), (float(top[0]), float(top[1]), float(top[2])), 0.44, 0.37)
    half = (np.abs(p[0]), p[1], p[2])
    shoulders = limb(half, (0.0, -1.98, -0.25), (0.85, -2.18, -0.25), 0.42, 0.34)
    trunk = join(shoulders, egg(half, (0, -2.5, -0.15), (0.95, 0.85, 0.45)), 0.2)
    neck = join(neck, trunk, 0.25)
    cloth = cut(trunk - 0.035, egg(p, (0, -1.62, 0.28), (0.42, 0.42, 0.5)), 0.06)
    return neck, cloth


PARTS = ("skin", "hair", "eyes", "teeth", "tongue", "cloth")


def parts(p: Place, state: State, long: float) -> tuple[Array, Face]:
    """Distances to every part (6, n) in the order of PARTS, and the face's places. p in the picture's axes."""
    q = to_head(p, rotation(state))
    face, where = skin(q, state)
    neck, cloth = body(p, state)
    rows = [join(face, neck, 0.12), hair(q, long), eyes(q), teeth(q, state), tongue(q, state), cloth]
    return np.stack(rows), where


def distance(p: Place, state: State, long: float) -> Array:
    """Distance to the nearest part."""
    nearest: Array = parts(p, state, long)[0].min(axis=0)
    return nearest
