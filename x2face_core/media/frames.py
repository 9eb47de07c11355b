"""A decoded frame on its way to an upright picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from x2face_core.media.pictures import Picture

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HD = 720  # rows from which an unmarked film is in the colours of HD


@dataclass(frozen=True)
class Turn:
    """How a decoded frame becomes upright: transposed first, then mirrored."""

    transposed: bool = False
    left_right: bool = False
    top_down: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Turn:
        """As the frame's display matrix says; none for frames without one.

        Ask one frame a film: to ask ties the frame into a cycle, so that its memory waits for the garbage collector.
        """
        data: Any = frame.side_data.get("DISPLAYMATRIX")
        if data is None:
            return cls()
        matrix = np.frombuffer(bytes(data), dtype=np.int32).astype(np.int64)
        a, b, c, d = matrix[[0, 1, 3, 4]]  # x' = a x + c y, y' = b x + d y; y points down
        if abs(a) >= abs(c):
            return cls(False, bool(a < 0), bool(d < 0))
        return cls(True, bool(c < 0), bool(b < 0))

    def __call__(self, picture: Picture) -> Picture:
        """The picture upright."""
        if self == Turn():
            return picture
        turned = picture.swapaxes(0, 1) if self.transposed else picture
        turned = turned[:, ::-1] if self.left_right else turned
        return np.ascontiguousarray(turned[::-1] if self.top_down else turned)


def upright_size(frame: VideoFrame, aspect: float = 1.0) -> tuple[int, int]:
    """Width and height as shown: pixels made square, turned as the film's metadata says."""
    width, height = _square_pixels(frame, aspect)
    return (height, width) if Turn.of(frame).transposed else (width, height)


def pixel_aspect(stream: VideoStream) -> float:
    """Width to height of one stored pixel; 1 where the film does not say or says nonsense."""
    ratio = stream.sample_aspect_ratio
    return float(ratio) if ratio and 0.1 < ratio < 10 else 1.0


@dataclass(frozen=True)
class Conversion:
    """What all frames of a film share on their way to pictures."""

    longest: int | None = None
    aspect: float = 1.0  # width to height of one stored pixel
    turn: Turn = field(default_factory=Turn)
    reformatter: VideoReformatter = field(default_factory=VideoReformatter)

    def __call__(self, frame: VideoFrame) -> Picture:
        """(h, w, 3) uint8 RGB, upright."""
        width, height = _within(_square_pixels(frame, self.aspect), self.longest)
        same = (width, height) == (frame.width, frame.height)
        unmarked_hd = frame.colorspace == _UNSPECIFIED and min(frame.height, frame.width) >= _HD
        rgb = self.reformatter.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=Colorspace.ITU709 if unmarked_hd else None,
            interpolation=Interpolation.BILINEAR if same else Interpolation.AREA,
        )
        return self.turn(rgb.to_ndarray())  # type: ignore[arg-type]  # rgb24 is uint8


class Shot:
    """A frame as decoded; becomes a picture when asked, once."""

    def __init__(self, frame: VideoFrame, convert: Conversion) -> None:
        self._frame = frame
        self._convert = convert

    @cached_property
    def _converted(self) -> Picture:
        return self._convert(self._frame)

    def picture(self) -> Picture:
        """(h, w, 3) uint8 RGB, upright."""
        return self._converted


class Still:
    """A frame that is a picture already."""

    def __init__(self, picture: Picture, longest: int | None = None) -> None:
        self._picture = picture
        self._longest = longest

    def picture(self) -> Picture:
        """(h, w, 3) uint8 RGB."""
        return reduced(self._picture, self._longest)


def reduced(picture: Picture, longest: int | None) -> Picture:
    """The picture, at most `longest` pixels on its longer side."""
    height, width = picture.shape[:2]
    size = _within((width, height), longest)
    if size == (width, height):
        return picture
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def _square_pixels(frame: VideoFrame, aspect: float) -> tuple[int, int]:
    return max(1, round(frame.width * aspect)), frame.height


def _within(size: tuple[int, int], longest: int | None) -> tuple[int, int]:
    if longest is None or max(size) <= longest:
        return size
    scale = longest / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
