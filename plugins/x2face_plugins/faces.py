"""Faces and films, as returned by Session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from x2face_core.driving import EmbeddedFace
from x2face_core.errors import InputError
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_pictures
from x2face_core.rendering.pipeline import Animation
from x2face_core.sources.portraits import Portrait
from x2face_core.sources.source import ModelSource

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    AnyPicture = str | Path | Picture | Image


@dataclass(frozen=True, eq=False)
class Face:
    """A face that was found, cropped and embedded.

    source: the Source for drivers; portraits: crops and their boxes
    """

    source: ModelSource
    portraits: Sequence[Portrait]

    @property
    def embedded(self) -> EmbeddedFace:
        """The embedded face; its texture is (3, h, w) float32 in [0, 1]."""
        return self.source.face

    @property
    def vector(self) -> Tensor:
        """(128,) float32 driving vector of the first picture, which reproduces it."""
        return self.source.vector

    @property
    def picture(self) -> Picture:
        """The embedded face as a picture (h, w, 3) uint8."""
        return np.asarray(to_pictures(self.embedded.texture[None])[0])

    @property
    def crops(self) -> list[Picture]:
        """The cropped pictures, (h, w, 3) uint8 each."""
        return [portrait.crop for portrait in self.portraits]


class Film:
    """An iterable of frames, (h, w, 3) uint8 RGB each, rendered on demand, once.

    fps: frame rate; frames: number of frames, None if unknown
    sound: file whose sound belongs to the film, or None
    """

    def __init__(self, animation: Animation, pictures: Iterable[Picture], sound: Path | None) -> None:
        self._pictures = pictures
        self.fps: float = animation.fps
        self.frames: int | None = animation.composed.frames
        self.sound = sound

    def __iter__(self) -> Iterator[Picture]:
        yield from self._pictures


def as_source(picture: AnyPicture) -> Path | Picture:
    """A path, or a picture as (h, w, 3) uint8 RGB, converted from grey or alpha. InputError for anything else."""
    if isinstance(picture, str | Path):
        return Path(picture)
    if not isinstance(picture, np.ndarray) and hasattr(picture, "convert"):  # one of Pillow's, without importing it
        from x2face_core.media.images import to_rgb
        from x2face_core.media.profiles import upright

        return to_rgb(upright(picture))
    array = np.asarray(picture)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        found = f"A picture of shape {array.shape} and {array.dtype}"
        raise InputError(f"{found}; a path, one of Pillow's, or (h, w, 3) uint8 is needed.")
    return array
