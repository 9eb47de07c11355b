"""The embedded face as a picture file: written for editing, and read back (paper section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from x2face_core.driving import EmbeddedFace
from x2face_core.errors import InputError, WeightsError
from x2face_core.files.placing import make_folders_above
from x2face_core.media.images import opened_picture, to_rgba, write_picture
from x2face_core.pixels import to_pictures, to_tensor

SUFFIX = ".png"
_KEY = "x2face.space"


def write_embedded(
    path: Path,
    face: EmbeddedFace,
    space: str,
    *,
    metadata: Mapping[str, str] | None = None,
    overwrite: bool = True,
    seal: Callable[[Path], None] | None = None,
) -> None:
    """Write the texture as an 8-bit picture, with a rounding error of half a level; creates the parent folders.

    space: fingerprint of the driving space, stored as a text chunk; metadata, overwrite, seal: as of write_picture
    """
    make_folders_above(path)
    picture, texts = to_pictures(face.texture[None])[0], dict(metadata or {}) | {_KEY: space}
    write_picture(path, picture, texts, overwrite=overwrite, seal=seal)


class Repainted:
    """An overlay that replaces the embedded face by a picture.

    Transparent parts keep the source's own embedded face. The picture is resized to the texture.
    space: fingerprint of the driving space in use
    InputError if the file is not a square picture; WeightsError if it was written with other weights.
    """

    def __init__(self, path: Path, space: str) -> None:
        self._picture = _read(path, space)

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        """The face with its texture (3, h, w) replaced by the picture, where that is opaque."""
        size = face.texture.shape[-1], face.texture.shape[-2]
        picture = self._picture
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)  # premultiplies by alpha
        painted = to_tensor([np.array(picture)])[0].to(face.texture)  # (4, h, w)
        return replace(face, texture=torch.lerp(face.texture, painted[:3], painted[3:]))


def _read(path: Path, space: str) -> Image.Image:
    """Read as RGBA, opaque if the file has no alpha."""
    with opened_picture(path) as image:
        width, height = image.size
        if width != height:
            raise InputError(f"{path}: has {width}x{height} pixels; an embedded face is as wide as it is high.")
        if (recorded := image.info.get(_KEY, space)) != space:
            raise WeightsError(
                f"{path}: is an embedded face of other weights (space {recorded}, not {space}); "
                "`x2face embed` makes one for those in use."
            )
        return to_rgba(image)
