"""The driver: a take as offsets from the source's own face."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from x2face_plugins import Chunk, Source

from x2face_blendshapes.moving import Mover
from x2face_blendshapes.performing import performed, warnings_of
from x2face_blendshapes.takes import read_take

if TYPE_CHECKING:
    from x2face_blendshapes.settings import Settings

ROWS = 256  # of a chunk
_CLOSE = 1e-6  # of a frame


class BlendshapesDriver:
    """Yields a take, resampled to the film's frame rate.

    frames: number of rows, known when it drives; warnings: what of the take is not used
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.take = read_take(settings.input, settings.timecode)
        self.values, self.angles, self.looks = performed(self.take, settings)
        self.warnings = warnings_of(self.take, settings)
        self.frames: int | None = None

    def drive(self, source: Source) -> Iterator[Chunk]:
        """(n, 128) offsets; row k is k / fps seconds after the take's first row."""
        mover = Mover(source)
        self.frames = math.floor(self.take.length * source.fps + _CLOSE) + 1
        for start in range(0, self.frames, ROWS):
            moments = np.arange(start, min(start + ROWS, self.frames)) / source.fps
            values, angles, looks = (self.take.at(one, moments) for one in (self.values, self.angles, self.looks))
            yield Chunk(mover.offsets(values, angles, looks), fps=source.fps)
