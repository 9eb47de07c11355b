"""Post-processing of frames: sharpening, pasting into the source's whole picture, and side-by-side comparison."""

from __future__ import annotations

from collections.abc import Generator, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from x2face_core.media.boxes import Box, crop
from x2face_core.media.pasting import paste_back as pasted
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_pictures
from x2face_core.rendering.pipeline import Frame
from x2face_core.sources.portraits import Portrait

_RING = 0.1  # of the crop's side: width of the edge by which colours are matched
_MOST = 24.0  # grey levels by which they are changed at most
_SLOWNESS = 0.9  # share of the previous frame's change that stays, so that a moving edge does not flicker
_RADIUS = 1 / 128  # of the picture's side: standard deviation of the unsharp mask
_NOISE = 2  # grey levels that are not sharpened


def finished(
    frames: Iterable[Frame],
    portrait: Portrait,
    *,
    paste_back: bool = False,
    compare: bool = False,
    sharpen: float = 0.0,
) -> Generator[Picture]:
    """The pictures of frames, (h, w, 3) uint8 RGB.

    portrait: the first source
    paste_back: put the face back into the portrait's whole picture, in the colours that it has around the face
    compare: show source and driving picture to the left of the result
    sharpen: amount of the unsharp mask, as a share of what a picture loses by blurring; 0: none
    """
    whole = portrait.whole() if paste_back else None
    source = portrait.crop if whole is None else whole
    colours = ColourMatch(portrait.crop)
    for frame in frames:
        picture = sharpened(frame.picture, sharpen) if sharpen else frame.picture
        if whole is not None:
            picture = pasted(whole, colours.on(picture), portrait.box)
        yield side_by_side(source, frame, picture) if compare else picture


def sharpened(picture: Picture, amount: float) -> Picture:
    """The picture with its difference to a blurred one added `amount` times."""
    mask = ImageFilter.UnsharpMask(_RADIUS * picture.shape[0], round(100 * amount), _NOISE)
    return np.asarray(Image.fromarray(picture).filter(mask))


class ColourMatch:
    """Shifts the colours of generated faces to those of the crop that they replace, as their edges show them."""

    def __init__(self, crop_of_source: Picture) -> None:
        side = crop_of_source.shape[0]
        at = np.arange(side)
        inner = np.minimum(at, side - 1 - at) >= _RING * side
        self._edge: NDArray[np.bool_] = ~(inner[:, None] & inner)
        self._wanted = crop_of_source[self._edge].mean(axis=0)
        self._shift: NDArray[np.float64] | None = None

    def on(self, picture: Picture) -> Picture:
        """The next frame (h, w, 3), shifted by at most 24 grey levels a channel."""
        now = np.clip(self._wanted - picture[self._edge].mean(axis=0), -_MOST, _MOST)
        self._shift = now if self._shift is None else _SLOWNESS * self._shift + (1 - _SLOWNESS) * now
        return np.clip(np.round(picture + self._shift), 0, 255).astype(np.uint8)


def side_by_side(source: Picture, frame: Frame, picture: Picture) -> Picture:
    """Source, driving picture if there is one, and result next to each other, at the height of the result."""
    height = picture.shape[0]
    panels = [source]
    if frame.driving is not None:
        driving = to_pictures(torch.as_tensor(frame.driving)[None])[0]
        panels.append(crop(driving, Box(0, 0, driving.shape[1]), height))
    return np.concatenate([*panels, picture], axis=1)
