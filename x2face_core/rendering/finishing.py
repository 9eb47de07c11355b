"""Post-processing of frames: pasting into the source's whole picture, and side-by-side comparison."""

from __future__ import annotations

from collections.abc import Generator, Iterable

import numpy as np
import torch

from x2face_core.media.boxes import Box, crop
from x2face_core.media.pasting import paste_back as pasted
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_pictures
from x2face_core.rendering.pipeline import Frame
from x2face_core.sources.portraits import Portrait


def finished(
    frames: Iterable[Frame], portrait: Portrait, *, paste_back: bool = False, compare: bool = False
) -> Generator[Picture]:
    """The pictures of frames, (h, w, 3) uint8 RGB.

    portrait: the first source
    paste_back: put the face back into the portrait's whole picture
    compare: show source and driving picture to the left of the result
    """
    whole = portrait.whole() if paste_back else None
    source = portrait.crop if whole is None else whole
    for frame in frames:
        picture = frame.picture if whole is None else pasted(whole, frame.picture, portrait.box)
        yield side_by_side(source, frame, picture) if compare else picture


def side_by_side(source: Picture, frame: Frame, picture: Picture) -> Picture:
    """Source, driving picture if there is one, and result next to each other, at the height of the result."""
    height = picture.shape[0]
    panels = [source]
    if frame.driving is not None:
        driving = to_pictures(torch.as_tensor(frame.driving)[None])[0]
        panels.append(crop(driving, Box(0, 0, driving.shape[1]), height))
    return np.concatenate([*panels, picture], axis=1)
