"""Writing gifs: adaptive palettes, durations in hundredths of a second, a comment block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from x2face_core.media.containers import Plan
from x2face_core.media.opening import created
from x2face_core.media.pictures import Picture
from x2face_core.media.rates import exact

_HUNDREDTH = Fraction(1, 100)
_SHORTEST = 2  # hundredths: browsers play shorter frames slowly


def write_gif(path: Path, pictures: Iterator[Picture], plan: Plan) -> int:
    """Write a gif of at most 50 frames a second, the most that browsers show; return the number of frames written."""
    count = 0
    last = max(_SHORTEST, round(100 / exact(plan.fps)))
    with created(path, "gif", final_delay=str(last)) as out:
        stream = out.add_stream("gif", rate=100)
        stream.width, stream.height, stream.pix_fmt = plan.width, plan.height, "pal8"
        stream.codec_context.time_base = _HUNDREDTH
        for start, frame in _indexed(_thinned(pictures, plan.fps)):
            frame.pts, frame.time_base = start, _HUNDREDTH
            out.mux(stream.encode(frame))
            count += 1
        out.mux(stream.encode(None))
    _add_comment(path, plan.metadata)
    return count


def _thinned(pictures: Iterator[Picture], fps: float) -> Iterator[tuple[int, Picture]]:
    """Pictures with their start in hundredths of a second; those too close to the previous one are dropped."""
    shown = -_SHORTEST
    for number, picture in enumerate(pictures):
        start = round(number * 100 / exact(fps))
        if start - shown >= _SHORTEST:
            shown = start
            yield start, picture


def _indexed(timed: Iterator[tuple[int, Picture]]) -> Iterator[tuple[int, VideoFrame]]:
    """Quantise to 256 colours. Computing a palette is slow, so it is reused while its error stays small."""
    palette: Image.Image | None = None
    usual = 0.0
    for start, picture in timed:
        image = Image.fromarray(picture)
        few = None if palette is None else image.quantize(palette=palette, dither=Image.Dither.NONE)
        if palette is None or few is None or _off(few, picture) > 1.3 * usual + 0.3:
            palette = few = image.quantize(256, method=Image.Quantize.MEDIANCUT)
            usual = _off(few, picture)
        indices_and_palette: Any = np.asarray(few), _argb(palette)  # which PyAV's stubs do not know
        yield start, VideoFrame.from_ndarray(indices_and_palette, format="pal8")


def _off(few: Image.Image, picture: Picture) -> float:
    """Mean absolute quantisation error (0 … 255), on every fourth pixel of every fourth row."""
    shown = np.asarray(few.convert("RGB"))[::4, ::4]
    return float(np.abs(shown.astype(np.int16) - picture[::4, ::4]).mean())


def _argb(palette: Image.Image) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(256, 4) alpha, red, green, blue."""
    colours = np.asarray(palette.getpalette("RGB"), dtype=np.uint8).reshape(-1, 3)
    table = np.full((256, 4), 255, dtype=np.uint8)
    table[: len(colours), 1:] = colours
    return table


def _add_comment(path: Path, metadata: Mapping[str, str]) -> None:
    """Insert the metadata as a comment block before the trailer; FFmpeg's muxer drops it."""
    text = "\n".join(f"{key}: {value}" for key, value in metadata.items()).encode()
    if not text:
        return
    pieces = [text[k : k + 255] for k in range(0, len(text), 255)]
    with path.open("r+b") as file:
        file.seek(-1, 2)
        if file.read(1) != b"\x3b":  # the trailer
            return
        file.seek(-1, 2)
        file.write(b"\x21\xfe" + b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\x00\x3b")
