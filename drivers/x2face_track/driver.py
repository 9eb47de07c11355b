"""The track driver: motion from a file, for the driving space that it was recorded in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from x2face_plugins import Chunk, InputError, Source, WeightsError
from x2face_plugins.motion import read_motion, weights_of

if TYPE_CHECKING:
    from x2face_track.settings import Settings

BATCH = 64


class TrackDriver:
    """Recorded offsets, or with `absolute` recorded driving vectors.

    The file is read when the driver is loaded; InputError if it is not a motion file.
    """

    def __init__(self, settings: Settings) -> None:
        self.path = settings.input
        self.motion = read_motion(settings.input)
        self.relative = not settings.absolute
        self.frames = len(self.motion.offsets)

    def drive(self, source: Source) -> Iterator[Chunk]:
        self._refuse_other_spaces(source)
        rows = self.motion.offsets if self.relative else self.motion.vectors
        for start in range(0, len(rows), BATCH):
            yield Chunk(rows[start : start + BATCH], self.motion.origin.fps)

    def _refuse_other_spaces(self, source: Source) -> None:
        origin, width = self.motion.origin, len(source.vector)
        if origin.space and origin.space != source.space:
            here = _weights_label(weights_of(source.space), source.space)
            raise WeightsError(
                f"{self.path}: was recorded with {_weights_label(origin.weights, origin.space)}, and "
                f"{here} are in use; give --weights the former, or record it again."
            )
        if self.motion.offsets.shape[1] != width:
            raise InputError(f"{self.path}: its rows have {self.motion.offsets.shape[1]} numbers; {width} are needed.")


def _weights_label(name: str, space: str) -> str:
    return f"the weights {name} (space {space})" if name else f"weights of space {space}"
