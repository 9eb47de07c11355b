"""Animated pictures (gif, webp, apng) with each frame's own duration, by Pillow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from x2face_core.errors import InputError
from x2face_core.media.images import opened_picture, to_rgb
from x2face_core.media.pictures import Picture
from x2face_core.media.rates import Timed

_KINDS = {"GIF", "WEBP", "PNG", "AVIF"}  # not MPO or TIFF: their further pictures are no animation

_SHORTEST = 0.011  # seconds; browsers show shorter gif frames for a tenth of a second
_USUAL = 0.1


def is_animation(path: str | Path) -> bool | None:
    """Whether a picture file is animated; None if the file is not a picture."""
    try:
        with opened_picture(path) as image:
            return image.format in _KINDS and getattr(image, "n_frames", 1) > 1
    except InputError:
        return None


def animation_size(path: str | Path) -> tuple[int, int]:
    """Width and height."""
    with opened_picture(path) as image:
        return image.size


def animation_times(path: str | Path) -> list[Timed]:
    """Start and duration of each frame. Decodes every frame, one at a time."""
    with opened_picture(path) as image:
        return [time for time, _ in _seek_all(image)]


def animation_frames(
    path: str | Path, converted: Callable[[Image.Image], Picture] = to_rgb
) -> Iterator[tuple[Timed, Picture]]:
    """Yield frames with their times; a truncated file ends early. InputError if no frame can be decoded.

    converted: converts each frame; by default to RGB, composited on white
    """
    some = False
    try:
        with opened_picture(path) as image:
            for time, shown in _seek_all(image):
                yield time, converted(shown)
                some = True
    except InputError:
        if not some:
            raise


def _seek_all(image: Image.Image) -> Iterator[tuple[Timed, Image.Image]]:
    start = 0.0
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        image.load()
        lasts = float(image.info.get("duration") or 0) / 1000
        lasts = lasts if lasts >= _SHORTEST else _USUAL
        yield Timed(start, lasts), image
        start += lasts
