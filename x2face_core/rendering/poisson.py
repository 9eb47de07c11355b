"""Poisson finishing: what a source cannot show is carried over from the driving pictures (paper 5.2, Fig. 5).

Teeth and tongue behind the lips of the source, and lids of open eyes, are hidden in it. The driving picture, embedded,
has them in the same place of the embedded face, whoever it shows, so that no landmarks are needed: there its gradients
replace those of the source's embedded face, and the flow of the frame carries them into the picture.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.driving import EmbeddedFace
from x2face_core.errors import UsageError, WeightsError
from x2face_core.rendering.membrane import Membrane
from x2face_core.sources.source import Model
from x2face_core.streaming.shaping import ease
from x2face_core.warping import identity_grid, reduce

_MOUTH, _EYE = (0.17, 0.085), (0.11, 0.06)  # half axes of the ellipses, in half widths of the embedded face
# By how much wider than the source's the driving mouth is open, in face heights: from where it is carried over, and in
# full.
_OPEN = 0.008, 0.03
_SHUT = 0.75, 0.45  # opening of a driving eye over the source's from which its lid is carried over, and fully
_LIDS = 0.7  # of the lids at most, as those that the decoder closes are the source's own
_DARKEST, _BRIGHTEST = 0.6, 1.6  # by which the driving face's light is matched


class Poisson:
    """Carries hidden parts of the embedded face over from driving pictures.

    model: embeds and reads the driving pictures; face: the source's embedded face; vector: (128,) of the source
    UsageError for weights that do not say where mouth and eyes are in an embedded face.
    """

    def __init__(self, model: Model, face: EmbeddedFace, vector: Tensor) -> None:
        if not {"mouth", "left_eye", "right_eye"} <= set(face.anchors):
            raise UsageError("--finish poisson: these weights do not say where the mouth is in a face; leave it out.")
        self._model, self._source = model, self._read(model, vector)

    def on(
        self, face: EmbeddedFace, driving: Tensor | NDArray[Any] | None, drivers: str = "what drives"
    ) -> EmbeddedFace:
        """The embedded face for one frame.

        driving: (3, h, w) in [0, 1], the driving picture; drivers: for the UsageError where there is none
        """
        if driving is None:
            raise UsageError(
                f"--finish poisson: takes teeth and lids from driving pictures, and there are none from {drivers}; "
                "drive by --frame, or leave it out."
            )
        picture = torch.as_tensor(driving).float()[None]
        shares = self._shares(self._read(self._model, self._model.encode(picture)[0]))
        if not any(shares.values()):
            return face
        donor = reduce(self._model.embed(picture).texture[None], face.texture.shape[-1])[0].to(face.texture)
        texture = face.texture
        for name, share in shares.items():
            if share:
                texture = torch.lerp(texture, merged(texture, donor, face.anchors[name], _axes(name)), share)
        return replace(face, texture=texture)

    @staticmethod
    def _read(model: Model, vector: Tensor) -> Tensor | None:
        """(7,) model.READINGS; None for weights without them."""
        try:
            return model.read(vector[None].float().cpu())[0]
        except WeightsError:
            return None

    def _shares(self, driving: Tensor | None) -> dict[str, float]:
        """How much of each region is carried over, in 0 … 1; all of the mouth for weights that do not read it."""
        if driving is None or self._source is None:
            return {"mouth": 1.0, "left_eye": 0.0, "right_eye": 0.0}
        shut = (driving[5:] / self._source[5:].clamp_min(1e-3)).tolist()
        return {
            "mouth": _ramp(float(driving[3] - self._source[3]), *_OPEN),
            "left_eye": _LIDS * _ramp(shut[0], *_SHUT),
            "right_eye": _LIDS * _ramp(shut[1], *_SHUT),
        }


def _axes(name: str) -> tuple[float, float]:
    return _MOUTH if name == "mouth" else _EYE


def _ramp(value: float, start: float, full: float) -> float:
    """0 up to the start, 1 from `full` on, smooth in between."""
    return ease((value - start) / (full - start))


def merged(texture: Tensor, donor: Tensor, centre: tuple[float, float], axes: tuple[float, float]) -> Tensor:
    """A texture (3, h, w) with the gradients of a donor's (3, h, w) in an ellipse; unchanged on and outside its border.

    The donor's light is matched to the texture's just outside first.
    """
    membrane, ring = _region(texture.shape[-1], centre, axes)
    light = (texture[:, ring].mean() / donor[:, ring].mean().clamp_min(0.02)).clamp(_DARKEST, _BRIGHTEST)
    matched = donor * light
    inserted = (matched + membrane.fill(texture - matched)).clamp(0, 1)
    return torch.where(membrane.mask, inserted, texture)


@lru_cache(maxsize=16)
def _region(side: int, centre: tuple[float, float], axes: tuple[float, float]) -> tuple[Membrane, Tensor]:
    """The ellipse's membrane, factorised, and the ring (side, side) bool around it."""
    away = (identity_grid(side, side) - torch.tensor(centre, dtype=torch.float32)) / torch.tensor(axes)
    radius = torch.linalg.vector_norm(away, dim=-1)
    inside = radius < 1
    inside[[0, -1]] = inside[:, [0, -1]] = False
    if not inside.any():
        inside[side // 2, side // 2] = True
    return Membrane(np.asarray(inside)), (radius >= 1) & (radius < 1.25)
