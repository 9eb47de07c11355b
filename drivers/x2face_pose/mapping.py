"""The mapping `pose`, which reads and writes roll, pitch and yaw in driving vectors (paper 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from x2face_plugins import FilmEncoder
from x2face_plugins.mappings.affine import AffineFactor
from x2face_pose.fitting import fit_pose, reading_figures
from x2face_pose.settings import AXES

Pair = tuple[Tensor, Tensor]
TURNS = 4


class PoseMapping(AffineFactor):
    """An affine factor with read(write(p)) = p. The interface is in degrees; stored maps are in radians, as published.

    turns: number of versions of each labelled picture with a turned head, for fitting
    """

    def __init__(self, turns: int = TURNS) -> None:
        super().__init__(len(AXES))
        self.turns = turns
        self._held: list[Pair] = []

    def read(self, vectors: Tensor) -> Tensor:
        """Vectors (n, 128) to roll, pitch, yaw (n, 3) in degrees."""
        return self.reading(vectors).rad2deg()

    def write(self, values: Tensor) -> Tensor:
        """Degrees (n, 3) to vectors (n, 128), up to a constant: only differences are meaningful."""
        return self.writing(values.deg2rad())

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[Pair]:
        """A pair for each picture with its turned versions, or for each folder of pictures with a table of poses.

        folder: labelled tracks (docs/data.md), or pictures with a table picture,roll,pitch,yaw
        Held-out pairs are stored, for the figures of `fit`.
        """
        from x2face_pose.gathering import gather  # imported late, as drivers do not need it

        self._held = []
        for found in gather(folder, film, self.turns):
            if found.held_out:
                self._held.append(found.pair)
            else:
                yield found.pair

    def fit(self, examples: Iterable[Pair]) -> Mapping[str, Any]:
        """Fit to pairs; differences within a pair are attributed to pose only.

        The figures are of held-out pairs, if there are any: roll, pitch and yaw, each in degrees.
        """
        pairs = [(values.double(), vectors.double()) for values, vectors in examples]
        self.reading, self.writing = fit_pose(pairs)
        rows = sum(len(values) for values, _ in pairs)
        figures = reading_figures(self.reading, self._held or pairs, held_out=bool(self._held))
        return {"learned from": f"{rows} pictures"} | figures
