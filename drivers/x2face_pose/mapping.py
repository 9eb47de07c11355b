"""The mapping `pose`, which reads and writes roll, pitch and yaw in driving vectors (paper 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_plugins import FilmEncoder
from x2face_plugins.mappings.affine import AffineFactor
from x2face_plugins.mappings.correction_fitting import PEOPLE, measure_correction
from x2face_plugins.mappings.following import Crossing, crossings_of, rounded
from x2face_plugins.mappings.showing import Sweep, faces_of, measure_shown, read_by_mesh
from x2face_pose.fitting import fit_pose, reading_figures
from x2face_pose.settings import AXES

Pair = tuple[Tensor, Tensor]
TURNS = 4
SPANS = ((-15.0, 15.0), (-15.0, 15.0), (-25.0, 25.0))
"""Changes in degrees over which frames are measured, and up to which writing makes up for what they do not show."""


class PoseMapping(AffineFactor):
    """An affine factor with read(write(p)) = p. The interface is in degrees; stored maps are in radians, as published.

    turns: number of versions of each labelled picture with a turned head, for fitting
    """

    def __init__(self, turns: int = TURNS) -> None:
        super().__init__(len(AXES), SPANS)
        self.turns = turns
        self._held: list[Pair] = []
        self._film: FilmEncoder | None = None
        self._faces: Sequence[Tensor] = ()
        self._learned: Sequence[Crossing] = ()
        self._judged: Sequence[Crossing] = ()

    def read(self, vectors: Tensor) -> Tensor:
        """Vectors (n, 128) to roll, pitch, yaw (n, 3) in degrees."""
        return self.reading(vectors).rad2deg()

    def write(self, values: Tensor) -> Tensor:
        """Degrees (n, 3) to vectors (n, 128), up to a constant: only differences are meaningful."""
        return self.writing(values.deg2rad())

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[Pair]:
        """A pair for each picture with its turned versions, or for each folder of pictures with a table of poses.

        folder: labelled tracks (docs/data.md), or pictures with a table picture,roll,pitch,yaw
        Stored for `fit`: held-out pairs for its figures, and of tracks faces and films, to measure what frames show.
        """
        from x2face_pose.gathering import gather  # imported late, as drivers do not need it

        self._held, self._film, self._faces = [], film, faces_of(folder)
        self._learned, self._judged = crossings_of(folder, "train", PEOPLE), crossings_of(folder)
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
        return {"learned from": f"{rows} pictures"} | figures | self._measure_shown() | self._measure_correction()

    def _measure_shown(self) -> dict[str, Any]:
        """Measure how far the rendered heads of other people turn, by encoding and reading the frames again."""
        film, self.shown = self._film, torch.ones(len(AXES))
        if film is None or not self._faces:
            return {}
        sweeps = [Sweep((axis,), *span) for axis, span in enumerate(SPANS)]
        self.shown = measure_shown(self, sweeps, film, self._faces, lambda frames: self.read(film.encode(frames)))
        return {"shown": rounded(self.shown), "shown by": f"{len(self._faces)} faces"}

    def _measure_correction(self) -> dict[str, Any]:
        """Measure what the motion of another person's head is to be corrected by, by the face mesh."""
        film, self.correction = self._film, None
        read = read_by_mesh(lambda face: face.pose.tolist(), len(AXES)) if film is not None and self._learned else None
        if film is None or read is None:
            return {"corrected": "not measured: that takes tracks and the extra `landmarks`"}
        found = measure_correction(self, film, self._learned, self._judged, read)
        if found is None:
            return {"corrected": "not measured: that takes more people who move"}
        before, after = found
        return {
            "corrected": self.correction is not None,
            "corrected by": f"{len(self._learned)} people, judged by {len(self._judged)} held out",
            "slope across people": rounded(before.slope, 2),
            "r across people": rounded(before.r, 3),
            "slope across people, corrected": rounded(after.slope, 2),
            "r across people, corrected": rounded(after.r, 3),
        }
