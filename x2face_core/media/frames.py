"""Conversion of decoded frames to upright sRGB pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from x2face_core.media.boxes import Box, crop
from x2face_core.media.colours import Space
from x2face_core.media.pictures import Picture
from x2face_core.media.regions import FORMATS, cut_square

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HD = 720  # rows from which a film without colour metadata is taken for BT.709


@dataclass(frozen=True)
class Turn:
    """How a decoded frame becomes upright: transposed first, then mirrored."""

    transposed: bool = False
    left_right: bool = False
    top_down: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Turn:
        """From the frame's display matrix; the identity for frames without one.

        Call it for one frame of a film only: reading side data puts the frame into a reference cycle, and its memory
        waits for the garbage collector.
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

    def stored(self, box: Box, size: tuple[int, int]) -> Box:
        """A box of the upright picture in pixels of the stored frame. size: width and height, upright"""
        x = size[0] - box.x - box.side if self.left_right else box.x
        y = size[1] - box.y - box.side if self.top_down else box.y
        return Box(y, x, box.side) if self.transposed else Box(x, y, box.side)


def upright_size(frame: VideoFrame, aspect: float = 1.0) -> tuple[int, int]:
    """Displayed width and height: with square pixels, rotated as the film's metadata says."""
    return _turned(_square_pixels(frame, aspect), Turn.of(frame))


def pixel_aspect(stream: VideoStream) -> float:
    """Sample aspect ratio, width to height of a stored pixel; 1 if missing or implausible."""
    ratio = stream.sample_aspect_ratio
    return float(ratio) if ratio and 0.1 < ratio < 10 else 1.0


def colours_of(frame: VideoFrame, stream: VideoStream) -> Space:
    """A film's colour space, from its first frame, else from its stream."""
    context = stream.codec_context
    primaries = int(getattr(frame, "color_primaries", 0) or context.color_primaries)
    return Space(primaries, int(getattr(frame, "color_trc", 0) or context.color_trc))


@dataclass(frozen=True)
class Conversion:
    """Converts the frames of a film to pictures of one size.

    size: width and height of the first frame, upright; frames of other sizes are letterboxed into it
    longest: largest number of pixels on the longer side; None: no limit
    aspect: sample aspect ratio, width to height of a stored pixel
    colours: the film's colour space, converted to sRGB
    turns: rotation by stored frame size
    """

    size: tuple[int, int]
    longest: int | None = None
    aspect: float = 1.0
    colours: Space = field(default_factory=lambda: Space(0, 0))
    reformatter: VideoReformatter = field(default_factory=VideoReformatter)
    turns: dict[tuple[int, int], Turn] = field(default_factory=dict)

    @classmethod
    def of(cls, first: VideoFrame, stream: VideoStream, longest: int | None) -> Conversion:
        """From the first frame and its stream."""
        aspect = pixel_aspect(stream)
        return cls(upright_size(first, aspect), longest, aspect, colours_of(first, stream))

    def __call__(self, frame: VideoFrame) -> Picture:
        """(h, w, 3) uint8 RGB, upright."""
        turn = self._turn(frame)
        whole = limited(self.size, self.longest)
        size = scaled_into(_turned(_square_pixels(frame, self.aspect), turn), whole)
        return centred(turn(self._rgb(frame, _turned(size, turn))), whole)

    def crop(self, frame: VideoFrame, box: Box, side: int) -> Picture:
        """(side, side, 3) uint8 RGB, upright: the crop of a box in pixels of a picture of `size`.

        When it reduces, only the box is converted, moved by up to half a pixel of the film.
        """
        turn = self._turn(frame)
        if not self._can_cut(frame, turn) or not side <= round(box.side) <= 2 * max(self.size):
            picture = self(frame)
            return crop(picture, box.scaled(max(picture.shape[:2]) / max(self.size)), side)
        part = cut_square(frame, turn.stored(box, self.size))
        return turn(self._rgb(part, (side, side), min(frame.height, frame.width)))

    def _can_cut(self, frame: VideoFrame, turn: Turn) -> bool:
        as_first = _turned((frame.width, frame.height), turn) == self.size
        return as_first and self.aspect == 1 and self.colours.usual and frame.format.name in FORMATS

    def _turn(self, frame: VideoFrame) -> Turn:
        stored = (frame.width, frame.height)
        if stored not in self.turns:  # a phone that is rotated while it films changes both
            self.turns[stored] = Turn.of(frame)
        return self.turns[stored]

    def _rgb(self, frame: VideoFrame, size: tuple[int, int], lines: int | None = None) -> Picture:
        """lines: on the shorter side of the whole frame, if this is a part of it"""
        lines = min(frame.height, frame.width) if lines is None else lines
        unmarked_hd = frame.colorspace == _UNSPECIFIED and lines >= _HD
        rgb = self.reformatter.reformat(
            frame,
            *size,
            "rgb24" if self.colours.usual else "rgb48le",  # 8 bits of HDR would show banding
            src_colorspace=Colorspace.ITU709 if unmarked_hd else None,
            interpolation=Interpolation.BILINEAR if size == (frame.width, frame.height) else Interpolation.AREA,
        )
        picture: NDArray[Any] = rgb.to_ndarray()
        return picture if self.colours.usual else self.colours.to_srgb(picture)


class LazyFrame:
    """A decoded frame, converted to a picture on demand and cached."""

    def __init__(self, frame: VideoFrame, convert: Conversion) -> None:
        self._frame = frame
        self._convert = convert

    @cached_property
    def _converted(self) -> Picture:
        return self._convert(self._frame)

    def picture(self) -> Picture:
        """(h, w, 3) uint8 RGB, upright."""
        return self._converted

    def crop(self, box: Box, side: int) -> Picture:
        """As Conversion.crop."""
        return self._convert.crop(self._frame, box, side)


class DecodedPicture:
    """A frame that is a picture already; the same interface as LazyFrame."""

    def __init__(self, picture: Picture, longest: int | None = None) -> None:
        self._picture = picture
        self._longest = longest

    def picture(self) -> Picture:
        """(h, w, 3) uint8 RGB."""
        return reduced(self._picture, self._longest)

    def crop(self, box: Box, side: int) -> Picture:
        """(side, side, 3) uint8 RGB: the crop of a box in the whole picture."""
        picture = self.picture()
        return crop(picture, box.scaled(max(picture.shape[:2]) / max(self._picture.shape[:2])), side)


def reduced(picture: Picture, longest: int | None) -> Picture:
    """The picture, reduced to at most `longest` pixels on its longer side."""
    height, width = picture.shape[:2]
    size = limited((width, height), longest)
    if size == (width, height):
        return picture
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def scaled_into(size: tuple[int, int], whole: tuple[int, int]) -> tuple[int, int]:
    """The largest size with the aspect ratio of `size` that fits into `whole`."""
    scale = min(whole[0] / size[0], whole[1] / size[1])
    wide, high = (min(max(1, round(side * scale)), most) for side, most in zip(size, whole, strict=True))
    near = abs(wide - whole[0]) <= 1 and abs(high - whole[1]) <= 1
    return whole if near else (wide, high)


def centred(picture: Picture, whole: tuple[int, int]) -> Picture:
    """The picture centred on a black frame of size `whole`."""
    height, width = picture.shape[:2]
    if (width, height) == whole:
        return picture
    frame = np.zeros((whole[1], whole[0], 3), dtype=np.uint8)
    x, y = (whole[0] - width) // 2, (whole[1] - height) // 2
    frame[y : y + height, x : x + width] = picture
    return frame


def limited(size: tuple[int, int], longest: int | None) -> tuple[int, int]:
    """The size, reduced so that its longer side is at most `longest`."""
    if longest is None or max(size) <= longest:
        return size
    scale = longest / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _square_pixels(frame: VideoFrame, aspect: float) -> tuple[int, int]:
    return max(1, round(frame.width * aspect)), frame.height


def _turned(size: tuple[int, int], turn: Turn) -> tuple[int, int]:
    return size[::-1] if turn.transposed else size
