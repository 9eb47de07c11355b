"""From a state to a picture: rays are marched to the head's surface and the surface is lit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from synthetic_head.anatomy import PARTS, distance, parts
from synthetic_head.appearance import Look, Surface, background, colour, gloss, grain
from synthetic_head.shapes import Array, Place, ramp, unit
from synthetic_head.state import State, rotation, to_head

Field = Callable[[Place], Array]
CAMERA = (0.0, -0.34, 9.0)
VIEW = 3.4  # decimetres from the picture's top to its bottom, at the plane of the face
FACE_PLANE = 0.4
NEAR, FAR = 7.4, 10.6
CHUNK = 8192  # places measured at once; small enough for the processor's cache
BLOCK = 8  # rays a side that share a coarse first march
KEY = np.array([-0.50, 0.55, 0.67], np.float32)
FILL = np.array([0.75, 0.10, 0.65], np.float32)
BACK = np.array([0.55, 0.50, -0.67], np.float32)


def rays(side: int) -> Array:
    """(side, side, 3) directions of unit length through the pixels' middles."""
    at = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) * VIEW
    depth = CAMERA[2] - FACE_PLANE
    ray = np.stack(np.broadcast_arrays(at[None, :], -at[:, None], np.float32(-depth)), -1)
    return unit(ray)


def along(ray: Array, t: Array) -> Place:
    """The places at distance t on the rays (n, 3)."""
    x, y, z = (np.float32(CAMERA[i]) + ray[:, i] * t for i in range(3))
    return x, y, z


def moved(p: Place, step: Array) -> Place:
    """The places after a step (n, 3) or (3,)."""
    return p[0] + step[..., 0], p[1] + step[..., 1], p[2] + step[..., 2]


def in_chunks(field: Field, p: Place) -> Array:
    """The field at many places, a cacheful at a time."""
    cuts = range(0, len(p[0]), CHUNK)
    found = [field((p[0][i : i + CHUNK], p[1][i : i + CHUNK], p[2][i : i + CHUNK])) for i in cuts]
    return np.concatenate(found).astype(np.float32) if found else np.zeros(0, np.float32)


def march(field: Field, ray: Array, start: Array, reach: float, steps: int) -> Array:
    """Walk along the rays until nearer than reach to the surface; rays that miss end beyond FAR."""
    t = start.copy()
    going = np.flatnonzero(t < FAR)
    for _ in range(steps):
        d = in_chunks(field, along(ray[going], t[going]))
        ahead = d > reach
        t[going[ahead]] += 0.8 * d[ahead]
        going = going[ahead & (t[going] < FAR)]
        if not len(going):
            break
    return t


def depth(field: Field, ray: Array) -> Array:
    """(side, side) distance along every ray to the surface, above FAR where there is none; coarse first."""
    side = len(ray)
    blocks = -(-side // BLOCK)
    middle = np.minimum(np.arange(blocks) * BLOCK + BLOCK // 2, side - 1)
    rough = ray[middle][:, middle].reshape(-1, 3)
    width = VIEW / side * BLOCK * 0.85  # a block's rays are within this of its middle one
    start = march(field, rough, np.full(len(rough), NEAR, np.float32), width, 40).reshape(blocks, blocks)
    fine = np.kron(start, np.ones((BLOCK, BLOCK), np.float32))[:side, :side].ravel()
    return march(field, ray.reshape(-1, 3), fine, 0.003, 120).reshape(side, side)


def normals(field: Field, p: Place, step: float = 0.004) -> Array:
    """(n, 3) outward normals, from four measurements around each place."""
    total = np.zeros((len(p[0]), 3), np.float32)
    for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        total += in_chunks(field, moved(p, np.float32(step) * np.array(corner, np.float32)))[:, None] * np.array(
            corner, np.float32
        )
    return unit(total)


def openness(field: Field, p: Place, normal: Array) -> Array:
    """How free of neighbours a place is, 0 to 1 (ambient occlusion)."""
    hidden = np.zeros(len(p[0]), np.float32)
    for step, weight in ((0.03, 4.0), (0.08, 2.2), (0.18, 1.1)):
        hidden += weight * np.maximum(step - in_chunks(field, moved(p, np.float32(step) * normal)), 0)
    return np.clip(1 - hidden, 0, 1) ** 1.3


def lit(field: Field, p: Place, normal: Array) -> Array:
    """How much of the key light arrives, 0 to 1 (a soft shadow)."""
    light = np.ones(len(p[0]), np.float32)
    travelled = np.full(len(p[0]), 0.04, np.float32)
    for _ in range(7):
        d = in_chunks(field, moved(p, 0.02 * normal + travelled[:, None] * KEY))
        light = np.minimum(light, np.clip(0.5 + 5 * d / travelled, 0, 1))
        travelled = travelled + np.clip(d, 0.04, 0.2)
    return ramp(0, 1, light)


def shade(surface: Surface, ray: Array, normal: Array, open_: Array, sun: Array) -> Array:
    """(n, 3) linear light that comes back from the surface."""
    base, shine, rough = colour(surface), *gloss(surface)
    floor = np.where(surface.part == PARTS.index("teeth"), 0.55, 0.0).astype(np.float32)  # teeth shine through
    open_, sun = floor + (1 - floor) * open_, floor * 0.7 + (1 - floor * 0.7) * sun
    soft = np.where(surface.part == PARTS.index("skin"), 0.25, 0.05).astype(np.float32)
    front = normal @ KEY
    bleeding = (soft * 1.5, soft, soft * 0.8)  # red light goes farthest under the skin
    key = np.stack([np.clip((front + wrap) / (1 + wrap), 0, 1) for wrap in bleeding], 1)
    shadow = np.stack([sun ** (1 - 0.35 * (soft > 0.1)), sun, sun], 1)
    sky = (0.55 + 0.45 * normal[:, 1])[:, None] * np.array([0.50, 0.52, 0.56], np.float32)
    fill = np.clip(normal @ FILL, 0, 1)[:, None] * np.array([0.30, 0.30, 0.33], np.float32)
    light = key * shadow * np.array([1.55, 1.47, 1.38], np.float32) + (sky + fill) * open_[:, None]
    half = unit(KEY - ray)
    spot = np.clip((normal * half).sum(1), 0, 1) ** rough * shine * (0.3 + 0.7 * sun)
    edge = np.clip(1 + (normal * ray).sum(1), 0, 1) ** 3 * np.clip(normal @ BACK + 0.4, 0, 1) * 0.35 * open_
    back: Array = (base * light + spot[:, None] + edge[:, None] * (0.3 + base)).astype(np.float32)
    return back


def surface_at(p: Place, state: State, look: Look) -> Surface:
    """Which part is met at the places, and where in the resting face."""
    near, face = parts(p, state, look.long)
    return Surface(look, state, near.argmin(0), near, to_head(p, rotation(state)), face)


def paint(state: State, look: Look, ray: Array, p: Place) -> Array:
    """(n, 3) linear colour of places on the surface."""

    def field(q: Place) -> Array:
        return distance(q, state, look.long)

    normal = normals(field, p)
    surface = surface_at(p, state, look)
    open_, sun = openness(field, p, normal), lit(field, p, normal)
    return shade(surface, ray, grain(surface, normal), open_, sun)


def render(state: State, look: Look, side: int = 256, fineness: float = 1.5) -> NDArray[np.uint8]:
    """A picture of the head.

    fineness: rays a pixel's side
    returns: (side, side, 3) uint8 RGB
    """
    wide = round(side * fineness)
    ray = rays(wide)
    t = depth(lambda p: distance(p, state, look.long), ray)
    picture = background(look, wide)
    hit = t < FAR - 0.3
    picture[hit] = paint(state, look, ray[hit], along(ray[hit], t[hit]))
    return develop(picture, side)


def develop(picture: Array, side: int) -> NDArray[np.uint8]:
    """Linear light to (side, side, 3) uint8: a soft shoulder, the display's curve, reduction."""
    from PIL import Image

    toned = 1 - np.exp(-1.25 * np.maximum(picture, 0))
    full = (np.clip(toned, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)
    return np.asarray(Image.fromarray(full).resize((side, side), Image.Resampling.BOX))
