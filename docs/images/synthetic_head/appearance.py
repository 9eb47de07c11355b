"""Colours of a rendered head, painted on the resting face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthetic_head.anatomy import EYE, EYE_RADIUS, LIPS, MOUTH, PARTS, Face
from synthetic_head.shapes import Array, Place, bump, ramp, unit
from synthetic_head.state import State, rotation

Colour = tuple[float, float, float]
Paint = Array  # (n, 3) linear


@dataclass(frozen=True)
class Look:
    """How a head looks; colours are linear light, long is the hair's length from 0 (short) to 1 (to the jaw)."""

    skin: Colour = (0.56, 0.30, 0.195)
    lips: Colour = (0.42, 0.12, 0.095)
    hair: Colour = (0.040, 0.022, 0.013)
    iris: Colour = (0.10, 0.17, 0.20)
    cloth: Colour = (0.05, 0.10, 0.16)
    wall: Colour = (0.30, 0.34, 0.36)
    long: float = 0.0


DRIVER = Look()
SITTER = Look(
    skin=(0.30, 0.13, 0.075),
    lips=(0.30, 0.07, 0.07),
    hair=(0.012, 0.008, 0.007),
    iris=(0.05, 0.025, 0.012),
    cloth=(0.32, 0.08, 0.06),
    wall=(0.36, 0.30, 0.25),
    long=1.0,
)


@dataclass(frozen=True)
class Surface:
    """Places on the surface.

    part: (n,), which of PARTS; near: (6, n), the distances to all of them
    head: the places in the head's axes; face: where they are in the resting face
    """

    look: Look
    state: State
    part: NDArray[np.intp]
    near: Array
    head: Place
    face: Face


def mix(base: Paint, over: Colour | Paint, amount: Array) -> Paint:
    """Lay a colour over another."""
    return base + (np.asarray(over, np.float32) - base) * amount[:, None]


def noise(u: Array, v: Array) -> Array:
    """Smooth random values from 0 to 1, the same for the same place."""

    def corner(i: Array, j: Array) -> Array:
        mixed = (i.astype(np.int64) * 73856093) ^ (j.astype(np.int64) * 19349663)
        mixed = (mixed ^ (mixed >> 13)) * 1274126177
        return ((mixed ^ (mixed >> 16)) & 0xFFFF).astype(np.float32) / 65535

    i, j = np.floor(u), np.floor(v)
    a, b = ramp(0, 1, u - i), ramp(0, 1, v - j)
    low = corner(i, j) * (1 - a) + corner(i + 1, j) * a
    high = corner(i, j + 1) * (1 - a) + corner(i + 1, j + 1) * a
    value: Array = low * (1 - b) + high * b
    return value


def skin_colour(s: Surface) -> Paint:
    """Skin with cheeks, lips, brows, lashes and the inside of the mouth."""
    x, y, z = s.face.rest
    ax = np.abs(x)
    base = np.tile(np.array(s.look.skin, np.float32), (len(x), 1))
    base *= (0.93 + 0.14 * noise(9 * x + 3 * z, 9 * y))[:, None]
    flush = 0.5 * bump(ax, 0.36, 0.17) * bump(y, -0.36, 0.17) + 0.45 * bump(ax, 0.05, 0.12) * bump(y, -0.46, 0.11)
    base = mix(base, np.array(s.look.skin, np.float32) * np.array([1.02, 0.68, 0.62], np.float32), flush * (z > 0.3))
    base = mix(base, s.look.lips, lip_mask(x, y, z))
    base = mix(base, s.look.hair, brow_mask(s))
    base = mix(base, s.look.hair, 0.75 * ramp(0.07, 0.0, s.near[PARTS.index("hair")]))  # roots show through
    base = lashes(s, base)
    wet = ramp(0.84, 0.74, s.head[2] + 0.95 * x * x) * ramp(0.02, -0.004, s.face.mouth) * (s.state.mouth_open > 0.02)
    return mix(base, (0.045, 0.008, 0.008), wet)


def lip_mask(x: Array, y: Array, z: Array) -> Array:
    """Where the lips' red is."""
    across = np.clip(1 - (x / (MOUTH * 1.02)) ** 2, 0, 1)
    high = LIPS + 0.078 * across**0.75 - 0.02 * bump(x, 0, 0.04)
    low = LIPS - 0.098 * across**0.7
    inside = np.minimum(high - y, y - low)
    return 0.85 * ramp(-0.006, 0.018, inside) * (z > 0.55) * (across > 0)


def brow_mask(s: Surface) -> Array:
    """Where the eyebrows are."""
    x, y, z = s.face.rest
    u = (np.abs(x) - 0.13) / 0.37
    lift = 0.05 * s.state.brows
    line = 0.185 + lift + 0.075 * u - 0.085 * np.maximum(u - 0.45, 0) ** 1.5 * 2
    thick = 0.042 * (1 - 0.6 * ramp(0.4, 1.05, u)) * ramp(-0.12, 0.12, u)
    hairs = 0.75 + 0.5 * noise(70 * x + 40 * (y - line), 9 * x)
    dense = np.clip(ramp(1.35, 0.35, np.abs(y - line) / (thick + 1e-3)) * hairs, 0, 0.93)
    return dense * ramp(1.08, 0.95, u) * ramp(-0.1, 0.02, u) * (z > 0.3)


def lashes(s: Surface, base: Paint) -> Paint:
    """Dark lash line on the upper lid, the lid's crease, a faint lower line."""
    x, y, z = s.head
    u = np.abs(x) - EYE[0]
    front = (z > 0.55) & (np.abs(u) < 0.19)
    almond = np.clip(1 - (u / 0.15) ** 2, 0, 1)
    upper = y - 0.07 * u > -0.042 * almond * (1 - 0.35 * s.state.smile) - 0.004
    line = ramp(0.024, 0.004, s.face.lids) * front * ramp(0.165, 0.135, np.abs(u))
    base = mix(base, (0.012, 0.008, 0.007), line * np.where(upper, 0.95, 0.35))
    crease = bump(y - 0.07 * u - 0.115 * almond**0.8, 0.0, 0.012) * front * (almond > 0) * ramp(0, 0.3, almond)
    return mix(base, np.array(s.look.skin, np.float32) * 0.45, 0.55 * crease)


def eye_colour(s: Surface) -> Paint:
    """White, iris and pupil; the eyes stay half on the camera while the head turns."""
    x, y, z = s.head
    gaze = rotation(s.state).T @ np.array([0, 0, 1], np.float32)
    look = gaze * 0.6 + np.array([0, 0, 1], np.float32) * 0.4
    look = unit(look)
    out = [x - np.sign(x) * EYE[0], y - EYE[1], z - EYE[2]]
    facing = sum(out[i] * look[i] for i in range(3)) / EYE_RADIUS
    off = EYE_RADIUS * np.arccos(np.clip(facing, -1, 1))
    base = np.tile(np.array((0.62, 0.58, 0.55), np.float32), (len(x), 1))
    base = mix(base, (0.55, 0.25, 0.21), 0.6 * ramp(0.08, 0.16, np.abs(np.abs(x) - EYE[0])))
    spokes = 0.7 + 0.6 * noise(9 * np.arctan2(out[1], out[0]), 60 * off)
    iris = np.array(s.look.iris, np.float32) * spokes[:, None] * (0.6 + 6 * off)[:, None]
    base = mix(base, iris.astype(np.float32), ramp(0.073, 0.066, off))
    base = mix(base, (0.02, 0.02, 0.022), 0.75 * bump(off, 0.069, 0.008))
    base = mix(base, (0.004, 0.004, 0.005), ramp(0.034, 0.028, off))
    shadow = 0.30 + 0.70 * ramp(0.002, 0.055, -s.face.lids)
    glint = bump(out[0] / EYE_RADIUS, look[0] - 0.16, 0.055) * bump(out[1] / EYE_RADIUS, look[1] + 0.15, 0.055)
    return base * shadow[:, None] + 1.6 * (glint * (s.face.lids < -0.004))[:, None]


def teeth_colour(s: Surface) -> Paint:
    """Ivory, darker towards the corners and the gaps."""
    x, y, _ = s.head
    base = np.tile(np.array((0.80, 0.74, 0.64), np.float32), (len(x), 1))
    gaps = 0.35 * bump(np.mod(np.abs(x) + 0.0, 0.052), 0.0, 0.005) + 0.35 * bump(np.mod(np.abs(x), 0.052), 0.052, 0.005)
    return base * ((1 - gaps) * ramp(0.21, 0.04, np.abs(x)))[:, None]


def hair_colour(s: Surface) -> Paint:
    """Strands from light to dark."""
    base = np.tile(np.array(s.look.hair, np.float32), (len(s.head[0]), 1))
    return base * (0.45 + 1.1 * strands(s))[:, None]


def strands(s: Surface) -> Array:
    """Noise drawn out along the hair, which falls from the crown."""
    x, y, z = s.head
    around = np.arctan2(x, z + 0.35)
    return 0.5 * noise(38 * around + 3 * y, 2.2 * y) + 0.5 * noise(95 * around - 4 * y, 3.5 * y)


def colour(s: Surface) -> Paint:
    """(n, 3) linear colour of every place."""
    plain = {"tongue": (0.30, 0.07, 0.06), "cloth": s.look.cloth}
    painted = {"skin": skin_colour, "hair": hair_colour, "eyes": eye_colour, "teeth": teeth_colour}
    base = np.zeros((len(s.part), 3), np.float32)
    for number, name in enumerate(PARTS):
        here = s.part == number
        base[here] = painted[name](s)[here] if name in painted else plain[name]
    return base


def gloss(s: Surface) -> tuple[Array, Array]:
    """How strong and how narrow each place's highlight is."""
    shine = np.array([0.10, 0.10, 0.35, 0.25, 0.12, 0.0], np.float32)[s.part]
    rough = np.array([18, 26, 220, 60, 30, 5], np.float32)[s.part]
    lip = lip_mask(*s.face.rest) * (s.part == 0)
    return shine + 0.12 * lip, rough + 30 * lip


def grain(s: Surface, normal: Paint) -> Paint:
    """Tilt the hair's normals along its strands."""
    tilt = (strands(s) - 0.5) * 1.5 * (s.part == PARTS.index("hair"))
    return unit(normal + tilt[:, None] * np.array([0.6, 0.25, 0.0], np.float32))


def background(look: Look, side: int) -> Paint:
    """(side, side, 3): a soft wall, lighter behind the head."""
    at = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    far = np.sqrt(at[None, :] ** 2 + (at[:, None] + 0.05) ** 2)
    return (np.array(look.wall, np.float32) * (1.15 - 1.0 * far**1.3)[..., None]).astype(np.float32)
