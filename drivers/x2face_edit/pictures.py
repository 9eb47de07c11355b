"""A layer's picture at any moment: still, or the frame of a gif or film that repeats for ever."""

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
"""(h, w, 4) red, green, blue, alpha; colours are not multiplied by alpha."""

LONGEST = 2048  # pixels that a layer's longer side keeps: as many as the largest embedded face has
_SOON = 1e-6  # seconds: nearer than this, a frame's time has come


class Pictures(Protocol):
    """size: width and height as the file has them; moving: whether they change."""

    size: tuple[int, int]
    moving: bool

    def at(self, seconds: float, longest: int) -> tuple[int, Pixels]:
        """What is seen at a moment, and a number that changes when it does.

        longest: as many pixels on the longer side are enough
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
    """Frames one after the other, again and again; one of them is in memory.

    frames: given how many pixels are enough, reads them from the first one, with the times at which they are shown
    """

    moving = True

    def __init__(self, size: tuple[int, int], frames: Callable[[int], Iterator[tuple[Timed, Pixels]]]) -> None:
        self.size = size
        self._frames = frames
        self._round: float | None = None  # how long one lasts, known after the first
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
    """A picture, an animated picture or a film. InputError when it is none of them or cannot be read."""
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
    """A Pillow picture of any mode with its alpha, opaque where it has none, at most so many pixels a side."""
    image = to_rgba(image)
    if max(image.size) > longest:
        width, height = (max(1, round(side * longest / max(image.size))) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX)  # weighs colours by alpha
    return np.asarray(image)
