"""A source's background that stands still behind the moving person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from x2face_core.errors import UsageError
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_tensor
from x2face_core.rendering.filling import without_hole
from x2face_core.rendering.matting import laid_out, person_matte
from x2face_core.rendering.regions import Flows
from x2face_core.sources.portraits import Portrait
from x2face_core.sources.source import ModelSource

CHOICES = ("move", "keep")
_LEAST = 0.3  # of the inner half of the crop, which the person fills at least
_ROOM = 1 / 64  # of the picture's side: by how much more than the person is filled


@dataclass(frozen=True, eq=False)
class Background:
    """A still background.

    picture: (h, w, 3) uint8, the source's crop without the person
    matte: (1, k, k) in [0, 1], opacity of the person, laid out as the embedded face
    """

    picture: Picture
    matte: Tensor

    @classmethod
    def of(cls, crop: Picture, matte: Tensor, model: Flows, vector: Tensor) -> Background:
        """The background of a source's crop (h, w, 3).

        matte: (1, h, w), opacity of the person in the crop; vector: (128,) of the crop, by which it stays as it is
        """
        return cls(without_hole(crop, _grown(matte)), laid_out(matte, model, vector))

    @classmethod
    def kept(cls, choice: str, portrait: Portrait, source: ModelSource) -> Background | None:
        """The background of the first source, if the choice is keep; None for move.

        UsageError for another choice, and where no person is made out in the portrait's crop.
        """
        if choice not in CHOICES:
            raise UsageError(f"background is {choice!r}; it may be {' or '.join(CHOICES)}.")
        if choice != "keep":
            return None
        matte = person_matte(to_tensor([portrait.crop])[0])
        side = matte.shape[-1]
        if float(matte[:, side // 4 : -side // 4, side // 4 : -side // 4].mean()) < _LEAST:
            raise UsageError(
                f"--background keep: no person is made out against the background of {portrait.name}; leave it out."
            )
        return cls.of(portrait.crop, matte, source.model, source.vector)

    def behind(self, picture: Picture, opacity: Picture) -> Picture:
        """A generated frame (h, w, 3) in front of the background. opacity: (h, w) uint8 of the person in this frame"""
        share = opacity[..., None].astype(np.uint16)
        mixed = self.picture * (255 - share) + picture * share
        return ((mixed + 127) // 255).astype(np.uint8)


def _grown(matte: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(h, w): where a matte (1, h, w) shows any of the person, and a little around."""
    from scipy.ndimage import maximum_filter

    room = max(1, round(_ROOM * matte.shape[-1]))
    grown: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = maximum_filter(np.asarray(matte[0] > 0), 2 * room + 1)
    return grown
