"""What the preview shows around the face: the same part of the source's picture as the film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from x2face_core.media.pasting import paste_back
from x2face_core.rendering.finishing import Around, ColourMatch, around_of

if TYPE_CHECKING:
    from x2face_core.media.pictures import Picture
    from x2face_core.sources.framing import View
    from x2face_core.sources.portraits import Cropping, Portrait
    from x2face_plugins.run_options import RunOptions

SIDE = 256
"""Pixels a side of the preview, and of a face in it at most."""
WHOLE = 512
"""Pixels of the longer side of a preview that shows the source's whole picture."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What stands still around the rendered face.

    side: of the rendered face in pixels; around: None where the preview shows the face's crop alone
    colours: matches the face to them, where films do
    """

    side: int = SIDE
    around: Around | None = None
    colours: ColourMatch | None = None

    @classmethod
    def of(cls, portraits: Sequence[Portrait], options: RunOptions) -> Surroundings:
        """Those of the films that a run with these options makes of these portraits."""
        first, is_whole = portraits[0], options.paste_back or options.keeps_motion
        around = _shrunk(around_of(first, True)) if is_whole else around_of(_viewed(first, options.cropping), False)
        if around is None:
            return cls()
        colours = ColourMatch(first.crop, slowness=0.0) if is_whole or len(portraits) > 1 else None
        return cls(max(2, min(SIDE, round(around.box.side))), around, colours)

    def on(self, face: Picture) -> Picture:
        """The preview, (h, w, 3), with a rendered face in it."""
        if self.around is None:
            return face
        face = face if self.colours is None else self.colours.on(face)
        return paste_back(self.around.picture, face, self.around.box)


def _viewed(portrait: Portrait, cropping: Cropping) -> Portrait:
    """The portrait with the view of a film of SIDE pixels."""
    view: View | None = None
    if cropping.framing is not None and cropping.where == "auto" and portrait.size is not None:
        view = replace(cropping.framing, side=SIDE).view(portrait.box, cropping.scale, portrait.size)
    return replace(portrait, view=view)


def _shrunk(around: Around | None) -> Around | None:
    if around is None or (by := WHOLE / max(around.picture.shape)) >= 1:
        return around
    height, width = (max(1, round(by * side)) for side in around.picture.shape[:2])
    small = Image.fromarray(around.picture).resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    return Around(np.asarray(small), around.box.scaled(by))
