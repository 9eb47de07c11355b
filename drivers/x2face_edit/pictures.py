"""The picture of a layer over time: a single picture, or a gif or film that is repeated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from x2face_plugins.media import (
    Timed,
    animation_frames,
    animation_size,
    is_animation,
    is_film,
    opened_picture,
    probe,
    read_frames,
    to_rgba,
    upright,
)

Pixels = NDArray[np.uint8]
"""(h, w, 4) red, green, blue, alpha, not premultiplied."""

LONGEST = 2048  # largest number of pixels on a layer's longer side, that of the largest embedded face
_SOON = 1e-6  # seconds: tolerance when a frame begins


class Pictures(Protocol):
    """Interface. size: width and height in the file; moving: whether it changes over time"""

    size: tuple[int, int]
    moving: bool

    def at(self, seconds: float, longest: int) -> tuple[int, Pixels]:
        """The picture at a time, with a number that changes when the picture changes.

        longest: the picture may be reduced to this many pixels on its longer side
        """
        ...


class SinglePicture:
    """One picture."""

    moving = False

    def __init__(self, path: Path) -> None:
        with opened_picture(path) as image:
            self.size, self.pixels = _upright(image)

    def at(self, seconds: float, longest: int) -> tuple[int, Pixels]:
        return 0, self.pixels


class Loop:
    """Frames repeated in a loop; one is in memory at a time.

    frames: given `longest`, yields all frames from the first one, with start and duration
    """

    moving = True

    def __init__(self, size: tuple[int, int], frames: Callable[[int], Iterator[tuple[Timed, Pixels]]]) -> None:
        self.size = size
        self._frames = frames
        self._round: float | None = None  # duration of the loop, known after the first pass
        self._reader: Iterator[tuple[Timed, Pixels]] = iter(())
        self._since, self._number = math.inf, 0

    def at(self, seconds: float, longest: int) -> tuple[int, Pixels]:
        moment = seconds + _SOON
        if moment < self._since or (self._round is not None and moment >= self._since + 2 * self._round):
            self._begin(0.0 if self._round is None else moment // self._round * self._round, longest)
        elif moment < self._since + self._time.start:
            self._begin(self._since, longest)
        while moment >= self._since + self._time.start + self._time.lasts:
            self._advance(longest)
        return self._number, self._pixels

    def _begin(self, since: float, longest: int) -> None:
        self._since, self._reader = since, self._frames(longest)
        self._show(next(self._reader))

    def _advance(self, longest: int) -> None:
        following = next(self._reader, None)
        if following is None:
            self._round = self._time.start + self._time.lasts
            self._begin(self._since + self._round, longest)
        else:
            self._show(following)

    def _show(self, frame: tuple[Timed, Pixels]) -> None:
        self._time, self._pixels = frame
        self._number += 1


def open_pictures(path: Path) -> Pictures:
    """Open a picture, an animated picture or a film. InputError if it is none of them, or cannot be read."""
    animation = is_animation(path)
    if animation:
        return Loop(animation_size(path), lambda longest: animation_frames(path, lambda one: to_pixels(one, longest)))
    if animation is None and is_film(path):
        info = probe(path)
        return Loop((info.width, info.height), lambda longest: _film_frames(path, info.fps, longest))
    return SinglePicture(path)


def _film_frames(path: Path, fps: float, longest: int) -> Iterator[tuple[Timed, Pixels]]:
    for number, picture in enumerate(read_frames(path, fps, longest=longest)):
        opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
        yield Timed(number / fps, 1 / fps), np.concatenate([picture, opaque], axis=2)


def _upright(image: Image.Image) -> tuple[tuple[int, int], Pixels]:
    turned = upright(image)
    return turned.size, to_pixels(turned, LONGEST)


def to_pixels(image: Image.Image, longest: int) -> Pixels:
    """Convert a Pillow picture to (h, w, 4), opaque if it has no alpha, with at most `longest` pixels on a side."""
    image = to_rgba(image)
    if max(image.size) > longest:
        width, height = (max(1, round(side * longest / max(image.size))) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX)  # premultiplies by alpha
    return np.asarray(image)
