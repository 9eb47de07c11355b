"""From pictures of a face and drivers to frames; reads in the order in which things happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import numpy as np
import torch
from torch import Tensor

from x2face_core.driving import Driver, EmbeddedFace, Overlay
from x2face_core.errors import PluginError
from x2face_core.foreign import Owner, call_foreign
from x2face_core.sources.source import Model, ModelSource, to_pictures
from x2face_core.streaming.batching import batches
from x2face_core.streaming.composing import Composed, Part, Row, compose

Picture = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of the film.

    picture: (h, w, 3) uint8 RGB, the generated face; vector: (128,), what drove it; fps: frames a second of the film
    driving: (3, h, w) float in [0, 1], the picture that the vector was read from, where a driver reads pictures
    """

    picture: Picture
    vector: np.ndarray[Any, np.dtype[np.float64]]
    fps: float
    driving: Any = None


@dataclass(frozen=True, eq=False)
class Painted:
    """A loaded overlay's part in a run.

    moving: it is asked for each frame, not once
    dist, version: the distribution it came with
    """

    name: str
    overlay: Overlay
    moving: bool = False
    dist: str = ""
    version: str = ""

    @classmethod
    def of(cls, name: str, overlay: Overlay, **declared: Any) -> Painted:
        """What was declared, except where the loaded overlay carries its own moving."""
        own = {"moving": bool(overlay.moving)} if hasattr(overlay, "moving") else {}
        return cls(name, overlay, **{**declared, **own})

    @property
    def owner(self) -> Owner:
        return Owner("overlay", self.name, self.dist, self.version)

    def on(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        """The face painted; PluginError where the overlay fails or answers what is no face of this size."""
        painted: object = call_foreign(self.owner, lambda: self.overlay.edit(face, seconds))
        if not isinstance(painted, EmbeddedFace):
            raise PluginError(f"The {self.owner} gave back a {type(painted).__name__}, not an EmbeddedFace.")
        if painted.texture.shape != face.texture.shape:
            found, needed = tuple(painted.texture.shape), tuple(face.texture.shape)
            raise PluginError(f"The {self.owner} gave back a texture of shape {found}; {needed} is needed.")
        return painted


@dataclass(frozen=True, eq=False)
class Animation:
    """Frames, made while they are asked for, and what is known of them beforehand.

    source: the face that is driven, as its drivers see it
    """

    composed: Composed
    frames: Iterator[Frame] = field(repr=False)
    source: ModelSource = field(repr=False)

    def __iter__(self) -> Iterator[Frame]:
        return self.frames

    @property
    def fps(self) -> float:
        return self.composed.fps


def animate(
    model: Model,
    pictures: Tensor,
    drivers: Sequence[Part | Driver],
    *,
    overlays: Sequence[Painted] = (),
    fps: float | None = None,
    seconds: float | None = None,
    batch_size: int = 8,
    **source: Any,
) -> Animation:
    """Drive a face: iterate over the answer for its frames.

    model: X2Face.load()
    pictures: (k, 3, h, w) float32 in [0, 1], square crops of one person's face; the frames are as large
    drivers: loaded drivers, or Parts that also say how they take part
    overlays: painted on the embedded face, in this order
    fps: frames a second; None: the drivers'; seconds: at most so long
    source: more for ModelSource.of: fusion, seed, pictures_wanted, load_mapping, load_driver
    """
    seen = ModelSource.of(model, pictures, fps=fps or 25.0, seconds=seconds, **source)
    parts = [driver if isinstance(driver, Part) else Part.of(type(driver).__name__, driver) for driver in drivers]
    composed = compose(parts, seen, fps=fps, seconds=seconds)
    return Animation(composed, _frames(model, seen.face, overlays, composed, batch_size), seen)


def _frames(
    model: Model, face: EmbeddedFace, overlays: Sequence[Painted], composed: Composed, batch_size: int
) -> Iterator[Frame]:
    still = list(takewhile(lambda overlay: not overlay.moving, overlays))
    for overlay in still:
        face = overlay.on(face, 0.0)
    changing = overlays[len(still) :]  # from the first that moves on, so that all keep their order
    batch_size = 1 if changing else batch_size  # each moment has a face of its own
    for start, rows in batches(composed.rows, batch_size):
        painted = face
        for overlay in changing:
            painted = overlay.on(painted, start / composed.fps)
        yield from _rendered(model, painted, rows, composed.fps)


def _rendered(model: Model, face: EmbeddedFace, rows: Sequence[Row], fps: float) -> Iterator[Frame]:
    vectors = torch.from_numpy(np.stack([row.vector for row in rows])).float()
    with torch.inference_mode():
        pictures = to_pictures(model.render(face, vectors))
    for picture, row in zip(pictures, rows, strict=True):
        yield Frame(picture, row.vector, fps, row.picture)
