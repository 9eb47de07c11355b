"""The mapping `pose`: reads roll, pitch and yaw in driving vectors, and writes them (paper 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from x2face_plugins import FilmEncoder
from x2face_plugins.mappings.affine import AffineFactor
from x2face_pose.fitting import fit_pose, judged
from x2face_pose.settings import AXES

Pair = tuple[Tensor, Tensor]
TURNS = 4


class PoseMapping(AffineFactor):
    """Both ways affine, and read(write(p)) is p. Degrees outside; radians in what is stored, as published.

    turns: how many turned versions of each labelled picture it learns from
    """

    def __init__(self, turns: int = TURNS) -> None:
        super().__init__(len(AXES))
        self.turns = turns
        self._held: list[Pair] = []

    def read(self, vectors: Tensor) -> Tensor:
        """(n, 128) to (n, 3)."""
        return self.reading(vectors).rad2deg()

    def write(self, values: Tensor) -> Tensor:
        """(n, 3) to (n, 128). Only differences between two of its answers mean something."""
        return self.writing(values.deg2rad())

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[Pair]:
        """A pair for each picture and its turned versions, or for each folder of pictures that a table gives poses of.

        folder: as docs/data.md has it, with labels; or with a table picture,roll,pitch,yaw
        What is held out is kept, for `fit` to judge by.
        """
        from x2face_pose.gathering import gather  # what reads films is not needed to drive

        self._held = []
        for found in gather(folder, film, self.turns):
            if found.held_out:
                self._held.append(found.pair)
            else:
                yield found.pair

    def fit(self, examples: Iterable[Pair]) -> Mapping[str, Any]:
        """Learn from pairs; what differs within a pair is taken for the pose's doing, and nothing else.

        The figures are of what was held out, where there is any: roll, pitch and yaw, each in degrees.
        """
        pairs = [(values.double(), vectors.double()) for values, vectors in examples]
        self.reading, self.writing = fit_pose(pairs)
        rows = sum(len(values) for values, _ in pairs)
        figures = judged(self.reading, self._held or pairs, held_out=bool(self._held))
        return {"learned from": f"{rows} pictures"} | figures
