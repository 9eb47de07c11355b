"""The overlay: layers painted on the embedded face in order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING
from weakref import finalize

from torch import Tensor

from x2face_edit.archives import is_archive, unpack
from x2face_edit.painting import Spot, find_spot, is_outside, paint, stamp
from x2face_edit.pictures import LONGEST, Pictures, open_pictures
from x2face_edit.presets import KEYS, Layer, changed, read_preset, refuse_to_replace, write_preset
from x2face_plugins import EmbeddedFace, InputError, UsageError

if TYPE_CHECKING:
    from x2face_edit.settings import Settings


class EditOverlay:
    """Paints layers, the first one at the bottom (paper section 6).

    moving: whether any layer is a gif or a film
    save: preset file to write when the layers are first painted
    """

    def __init__(self, layers: Sequence[Layer], save: Path | None = None) -> None:
        if save is not None:
            refuse_to_replace(save)
        self.layers = list(layers)
        self._save = save
        self._placed = [Placed(layer) for layer in layers]
        self.moving = any(placed.moving for placed in self._placed)

    @classmethod
    def of(cls, settings: Settings) -> EditOverlay:
        """From settings: a single layer, or the layers of a preset, whose values the settings override."""
        path = settings.input
        if is_archive(path):
            return cls._unpacked(path, settings)
        return cls._of(read_preset(path) if path.suffix.lower() == ".json" else [Layer(path)], settings)

    @classmethod
    def _unpacked(cls, path: Path, settings: Settings) -> EditOverlay:
        """From a .zip, whose files are in a temporary folder as long as the overlay exists."""
        if settings.save is not None:
            raise UsageError(f"--edit-save: a preset names files that stay, and those of {path} are packed; unpack it.")
        folder = Path(mkdtemp(prefix="x2face-edit-"))
        try:
            made = cls._of(read_preset(unpack(path, folder), shown=path), settings)
        except BaseException:
            rmtree(folder, ignore_errors=True)
            raise
        finalize(made, rmtree, folder, ignore_errors=True)
        return made

    @classmethod
    def _of(cls, layers: Sequence[Layer], settings: Settings) -> EditOverlay:
        given = {key: value for key in KEYS if (value := getattr(settings, key, None)) is not None}
        return cls([changed(layer, given) for layer in layers], settings.save)

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        texture = face.texture
        for placed in self._placed:
            texture = placed.on(texture, face.anchors, seconds)
        if self._save is not None:
            write_preset(self._save, self.layers)
            self._save = None
        return replace(face, texture=texture)


class Placed:
    """A layer with its picture, and its cached position on the last face.

    InputError if the picture cannot be read; InputError or UsageError if it would lie outside the face.
    """

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.pictures = _pictures(layer)
        self.moving = self.pictures.moving and layer.opacity > 0
        width, height = self.pictures.size
        self.aspect = height / width
        if not isinstance(layer.at, str) and is_outside(layer, layer.at, self.aspect):
            raise layer.refused("at", _outside(layer, layer.at))
        self._spot: tuple[object, Spot | None] = (None, None)
        self._stamp: tuple[object, Tensor | None] = (None, None)

    def on(self, texture: Tensor, anchors: Mapping[str, tuple[float, float]], seconds: float) -> Tensor:
        """The texture (3, H, W) with the layer painted on it."""
        centre = self._centre(anchors)
        spot = self._find(centre, (texture.shape[1], texture.shape[2]))
        if spot is None or self.layer.opacity == 0:
            return texture
        return paint(texture, spot, self._stamped(spot, seconds), self.layer.opacity, self.layer.blend)

    def _centre(self, anchors: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
        at = self.layer.at
        if not isinstance(at, str):
            return at
        if at not in anchors:
            known = f"these weights know {', '.join(anchors)}" if anchors else "these weights know no anchors"
            raise self.layer.refused("at", f"{known}, so there is no {at!r}; give x,y from -1 to 1.")
        return anchors[at]

    def _find(self, centre: tuple[float, float], size: tuple[int, int]) -> Spot | None:
        if self._spot[0] != (centre, size):
            self._spot = (centre, size), find_spot(self.layer, centre, self.aspect, size)
        return self._spot[1]

    def _stamped(self, spot: Spot, seconds: float) -> Tensor:
        number, pixels = self.pictures.at(seconds, min(LONGEST, 2 * math.ceil(max(spot.size))))
        key, stamped = self._stamp
        if stamped is None or key != (number, spot):
            stamped = stamp(spot, pixels)
            self._stamp = (number, spot), stamped
        return stamped


def _pictures(layer: Layer) -> Pictures:
    try:
        return open_pictures(layer.layer)
    except InputError as error:
        raise (layer.refused("layer", str(error)) if layer.where else error) from None


def _outside(layer: Layer, at: tuple[float, float]) -> str:
    return (
        f"with its middle at {at[0]:g},{at[1]:g} and scale {layer.scale:g} the layer lies wholly outside the face, "
        "which reaches from -1 to 1; move it inwards or enlarge it."
    )
