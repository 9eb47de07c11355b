"""Checks of overlays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import interpolate

from x2face_core.driving import EmbeddedFace
from x2face_core.rendering.pipeline import animate_source
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
from x2face_plugins.specs import OverlaySpec
from x2face_testkit.declaring import demo_of
from x2face_testkit.promising import broken
from x2face_testkit.tiny import TinySource
from x2face_testkit.together import SECONDS, Sway

SIDES = (32, 48, 256)  # of the test faces in pixels
MOMENTS = (0.0, 0.5, 3.0)  # seconds


def _painted(spec: OverlaySpec, folder: Path) -> ActiveOverlay:
    return ActiveOverlay.of(spec.load(demo_of(spec, folder)), moving=spec.moving)


def _faces(source: TinySource) -> list[EmbeddedFace]:
    texture = source.face.texture[None]
    return [replace(source.face, texture=interpolate(texture, (side, side))[0]) for side in SIDES]


def paints_a_face(spec: OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """It returns faces of the same size, float32 in [0, 1], at any time."""
    overlay = _painted(spec, folder).overlay
    for face in _faces(source):
        for seconds in MOMENTS:
            if fault := _fault(overlay.edit(face, seconds), face):
                broken(f"of a face of {face.texture.shape[1]} pixels a side it makes {fault}")
    return None


def _fault(painted: Any, face: EmbeddedFace) -> str | None:
    if not isinstance(painted, EmbeddedFace):
        return f"a {type(painted).__name__}, not an EmbeddedFace"
    texture = painted.texture
    if not isinstance(texture, torch.Tensor) or texture.dtype != torch.float32:
        return f"a texture of {getattr(texture, 'dtype', type(texture).__name__)}, not a tensor of float32"
    if texture.shape != face.texture.shape:
        return f"a texture of shape {tuple(texture.shape)}, not {tuple(face.texture.shape)}"
    low, high = float(texture.min()), float(texture.max())
    return None if 0 <= low <= high <= 1 else f"numbers from {low:.3g} to {high:.3g}, not from 0 to 1"


def keeps_the_anchors(spec: OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """It keeps the anchors of the face."""
    if _painted(spec, folder).overlay.edit(source.face, 0.0).anchors != source.face.anchors:
        broken("the anchors are gone; write dataclasses.replace(face, texture=…)")
    return None


def leaves_the_face_alone(spec: OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """It does not modify the face that it is given."""
    before = source.face.texture.clone()
    _painted(spec, folder).overlay.edit(source.face, 0.0)
    if not torch.equal(before, source.face.texture):
        broken("it paints on the face itself; paint on a copy")
    return None


def paints_the_same_again(spec: OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """It gives the same result at the same time; at all times, if it is not declared moving."""
    painted = _painted(spec, folder)
    moments = MOMENTS if not painted.moving else MOMENTS[1:2] * 2
    textures = [painted.overlay.edit(source.face, seconds).texture for seconds in moments]
    if any(not torch.allclose(texture, textures[0], atol=1e-6) for texture in textures):
        broken("what it paints differs" + ("" if painted.moving else " from moment to moment; say moving=True"))
    return None


def shows_in_a_film(spec: OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """It makes a film together with a driver, and alone."""
    for drivers in ([ActiveDriver.of(Sway())], []):
        overlay = _painted(spec, folder / str(len(drivers)))
        if not list(animate_source(source, drivers, overlays=[overlay], seconds=SECONDS)):
            broken("not one frame came out")
    return None
