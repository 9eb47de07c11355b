"""A visible mark in a corner of every frame, for viewers who never read metadata."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from x2face_core.errors import UsageError
from x2face_core.media.pictures import Picture

_HEIGHT = 0.045  # of the font, as a share of the frame's shorter side
_LEAST = 8  # pixels of the font
_PLATE = 110  # opacity of the dark plate behind the text, of 255


class Mark:
    """White text on a translucent plate in the lower left corner of frames of one size.

    text: one line; size: width and height of the frames in pixels
    UsageError if the text has more than one line, or does not fit into the frame.
    """

    def __init__(self, text: str, size: tuple[int, int]) -> None:
        if not text.strip() or not text.isprintable():
            raise UsageError(f"--mark {text!r}: one line of printable text is needed, such as AI-generated.")
        self.text, self.size = text, size

    def on(self, picture: Picture) -> Picture:
        """The picture (h, w, 3) with the mark; the given one is not changed."""
        colour, opacity = self._plate
        height, width = opacity.shape[:2]
        marked = np.array(picture)
        corner = marked[-height:, :width]
        corner[:] = np.round(corner + opacity * (colour - corner.astype(np.float32)))
        return marked

    @cached_property
    def _plate(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Colour (h, w, 3) in 0 … 255 and opacity (h, w, 1) in 0 … 1 of text and plate."""
        font = ImageFont.load_default(max(_LEAST, round(_HEIGHT * min(self.size))))
        left, top, right, bottom = font.getbbox(self.text)
        edge = max(2, round((bottom - top) / 2))
        width, height = round(right - left) + 2 * edge, round(bottom - top) + 2 * edge
        if width > self.size[0] or height > self.size[1]:
            raise UsageError(
                f"--mark {self.text!r}: is {width} pixels wide and does not fit into a film of {self.size[0]}x"
                f"{self.size[1]}; a shorter text or a larger --size would do."
            )
        plate = Image.new("RGBA", (width, height), (0, 0, 0, _PLATE))
        text = Image.new("RGBA", (width, height), (255, 255, 255, 0))
        ImageDraw.Draw(text).text((edge - left, edge - top), self.text, (255, 255, 255, 255), font)
        drawn = np.asarray(Image.alpha_composite(plate, text)).astype(np.float32)
        return drawn[..., :3], (drawn[..., 3:] / 255).astype(np.float32)


def marked(frames: Generator[Picture], text: str | None) -> Generator[Picture]:
    """The frames with a mark; unchanged if there is no text. UsageError as Mark, at the first frame."""
    mark: Mark | None = None
    with closing(frames):
        for frame in frames:
            if text is not None and mark is None:
                mark = Mark(text, (frame.shape[1], frame.shape[0]))
            yield frame if mark is None else mark.on(frame)
