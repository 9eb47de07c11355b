"""Post-processing of frames: sharpening, pasting into the source's whole picture, and side-by-side comparison."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from x2face_core.media.boxes import Box, crop
from x2face_core.media.pasting import paste_back as pasted
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_pictures
from x2face_core.rendering.background import Background
from x2face_core.rendering.pipeline import Frame
from x2face_core.sources.portraits import Portrait

_RING = 0.1  # of the crop's side: width of the edge by which colours are matched
_MOST = 24.0  # grey levels by which they are changed at most
_SLOWNESS = 0.9  # share of the previous frame's change that stays, so that a moving edge does not flicker
_LEVELS = np.arange(256)
_RADIUS = 1 / 128  # of the picture's side: standard deviation of the unsharp mask
_NOISE = 2  # grey levels that are not sharpened


def finished(
    frames: Iterable[Frame],
    portraits: Sequence[Portrait],
    *,
    paste_back: bool = False,
    compare: bool = False,
    sharpen: float = 0.0,
    background: Background | None = None,
) -> Generator[Picture]:
    """The pictures of frames, (h, w, 3) uint8 RGB.

    portraits: the sources; frames show the first one's view, if it has one
    paste_back: put the face back into the first one's whole picture, in the colours that it has around the face
    compare: show source and driving picture to the left of the result
    sharpen: amount of the unsharp mask, as a share of what a picture loses by blurring; 0: none
    background: stands still behind the person, for frames with an opacity
    """
    portrait = portraits[0]
    around = around_of(portrait, paste_back)
    colours = ColourMatch(portrait.crop) if paste_back or len(portraits) > 1 else None
    for frame in frames:
        picture = sharpened(frame.picture, sharpen) if sharpen else frame.picture
        if around is not None and colours is not None:
            picture = colours.on(picture)
        if background is not None and frame.opacity is not None:
            picture = background.behind(picture, frame.opacity)
        if around is not None:
            picture = pasted(around.picture, picture, around.box)
        source = portrait.crop if around is None else around.picture
        yield side_by_side(source, frame, picture) if compare else picture


@dataclass(frozen=True, eq=False)
class Around:
    """What frames show beside the crop. picture: (h, w, 3); box: of the crop in it"""

    picture: Picture
    box: Box


def around_of(portrait: Portrait, paste_back: bool) -> Around | None:
    """The whole picture to paste back into, else what the portrait's view shows of it; None for the crop alone."""
    view = portrait.view
    if paste_back:
        return Around(portrait.whole(), portrait.box)
    if view is None or view.inner == Box(0, 0, view.side):
        return None
    return Around(crop(portrait.whole(), view.box, view.side), view.inner)


def sharpened(picture: Picture, amount: float) -> Picture:
    """The picture with its difference to a blurred one added `amount` times."""
    mask = ImageFilter.UnsharpMask(_RADIUS * picture.shape[0], round(100 * amount), _NOISE)
    return np.asarray(Image.fromarray(picture).filter(mask))


class ColourMatch:
    """Shifts the colours of generated faces to those of the crop that they replace, as their edges show them.

    slowness: share of the previous frame's change that stays; 0 for frames that do not follow one another
    """

    def __init__(self, crop_of_source: Picture, slowness: float = _SLOWNESS) -> None:
        self._slowness = slowness
        side = crop_of_source.shape[0]
        width = ceil(_RING * side - 0.5)  # of the ring: pixels whose distance from the edge is below its share
        self._inner = (width, width, side - width, side - width)
        self._wanted = self._mean(Image.fromarray(crop_of_source))
        self._shift: NDArray[np.float64] | None = None

    def on(self, picture: Picture) -> Picture:
        """The next frame (h, w, 3), shifted by at most 24 grey levels a channel."""
        image = Image.fromarray(picture)
        now = np.clip(self._wanted - self._mean(image), -_MOST, _MOST)
        self._shift = now if self._shift is None else self._slowness * self._shift + (1 - self._slowness) * now
        levels = np.clip(np.round(_LEVELS[:, None] + self._shift), 0, 255).astype(np.uint8)
        return np.asarray(image.point(levels.T.ravel().tolist()))

    def _mean(self, image: Image.Image) -> NDArray[np.float64]:
        """(3,) mean of the ring along the edge of a picture; counting levels is the quickest way."""
        counts = np.array(image.histogram()) - np.array(image.crop(self._inner).histogram())
        ring = counts.reshape(3, len(_LEVELS))
        mean: NDArray[np.float64] = ring @ _LEVELS / ring[0].sum()
        return mean


def side_by_side(source: Picture, frame: Frame, picture: Picture) -> Picture:
    """Source, driving picture if there is one, and result next to each other, at the height of the result."""
    height = picture.shape[0]
    panels = [source]
    if frame.driving is not None:
        driving = to_pictures(torch.as_tensor(frame.driving)[None])[0]
        panels.append(crop(driving, Box(0, 0, driving.shape[1]), height))
    return np.concatenate([*panels, picture], axis=1)
