"""Films of a public-domain portrait: swaying, mirrored, tinted, cut, beside one another, with a tone as sound."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
Pictures = Sequence[Picture]


def swaying(count: int, *, side: float = 260, size: tuple[int, int] = (320, 240), sway: float = 12) -> list[Picture]:
    """The portrait's face, about 100 / side of the picture's height; size: width, height."""
    from skimage.data import astronaut

    return [_view(Image.fromarray(astronaut()), at, side, size, sway) for at in range(count)]


def _view(portrait: Image.Image, at: int, side: float, size: tuple[int, int], sway: float) -> Picture:
    x, y = 224 + sway * np.sin(at / 8), 110 if side < 500 else 256
    half = side * (1 + 0.04 * np.sin(at / 15)) / 2
    wide = half * size[0] / size[1]
    box = (x - wide, y - half, x + wide, y + half)
    return np.asarray(portrait.transform(size, Image.Transform.EXTENT, box, Image.Resampling.BILINEAR))


def elsewhere(pictures: Pictures) -> list[Picture]:
    """The same mirrored, in other colours: another scene."""
    return [(picture[:, ::-1] * np.array([0.5, 0.8, 0.9]) + [0, 20, 40]).astype(np.uint8) for picture in pictures]


def wall(count: int) -> list[Picture]:
    return [np.full((240, 320, 3), 100 + at % 3, np.uint8) for at in range(count)]


def write(path: Path, pictures: Pictures, *, fps: float = 25, tone: bool = False) -> Path:
    """H.264, and a tone of 440 Hz as AAC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        film: Any = out.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        film.height, film.width = pictures[0].shape[:2]
        film.pix_fmt = "yuv420p"
        voice: Any = out.add_stream("aac", rate=44100, layout="mono") if tone else None
        for picture in pictures:
            out.mux(film.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        out.mux(film.encode(None))
        if voice is not None:
            time = np.arange(round(44100 * len(pictures) / fps)) / 44100
            frame = av.AudioFrame.from_ndarray(
                0.3 * np.sin(2 * np.pi * 440 * time, dtype=np.float32)[None], format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts = 44100, 0
            out.mux(voice.encode(frame))
            out.mux(voice.encode(None))
    return path


def drawn(k: int) -> Picture:
    """(48, 64, 3): a bright patch on dark, two pixels further to the right with each k."""
    picture = np.full((48, 64, 3), 30, np.uint8)
    picture[10:40, 8 + 2 * k : 30 + 2 * k] = (200, 150, 100)
    return picture


def bar(k: int, side: int = 32) -> Picture:
    """(side, side, 3): a bright bar on dark, two pixels further to the right with each k."""
    picture = np.full((side, side, 3), 30, np.uint8)
    picture[:, 4 + 2 * k : 12 + 2 * k] = (200, 150, 100)
    return picture
