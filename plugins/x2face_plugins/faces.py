"""Faces and films as Python callers hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """Somebody's face, found, cropped and embedded.

    source: the face as drivers see it; portraits: where it was found
    """

    source: ModelSource
    portraits: Sequence[Portrait]

    @property
    def embedded(self) -> EmbeddedFace:
        """The face laid out flat; its texture is (3, h, w) float32 in [0, 1]."""
        return self.source.face

    @property
    def vector(self) -> Tensor:
        """(128,) float32: the first picture's driving vector; with it the face stays as it is."""
        return self.source.vector

    @property
    def picture(self) -> Picture:
        """(h, w, 3) uint8: the embedded face, to look at."""
        return np.asarray(to_pictures(self.embedded.texture[None])[0])

    @property
    def crops(self) -> list[Picture]:
        """(h, w, 3) uint8 each: the pictures as they were cropped."""
        return [portrait.crop for portrait in self.portraits]


class Film:
    """Frames, (h, w, 3) uint8 RGB each, made while they are asked for, once.

    fps: frames a second; frames: how many there will be, None where nobody knows
    sound: the file whose sound belongs to it, if any
    """

    def __init__(self, animation: Animation, sound: Path | None) -> None:
        self._animation = animation
        self.fps: float = animation.fps
        self.frames: int | None = animation.composed.frames
        self.sound = sound

    def __iter__(self) -> Iterator[Picture]:
        for frame in self._animation:
            yield frame.picture


def as_source(picture: Any) -> Path | Picture:
    """A path, or a picture in memory as (h, w, 3) uint8 RGB; grey and alpha are made RGB. InputError for all else."""
    if isinstance(picture, str | Path):
        return Path(picture)
    if hasattr(picture, "convert"):  # Pillow's; PIL is not imported for those who have none
        from x2face_core.media.images import to_rgb
        from x2face_core.media.profiles import upright

        return to_rgb(upright(picture))
    array = np.asarray(picture)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        found = f"A picture of shape {array.shape} and {array.dtype}"
        raise InputError(f"{found}; a path, one of Pillow's, or (h, w, 3) uint8 is needed.")
    return array
