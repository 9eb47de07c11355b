"""Landmarks for the warp: of the face mesh where it is installed, else of a folder's labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder, Labels
from x2face_core.errors import MissingError
from x2face_lab.evaluation.readers import SETTLING, MeshReader

Floats = NDArray[np.float64]


class Marks(Protocol):
    """Finds landmarks, in widths of the picture, NaN without a face. name: for the report"""

    @property
    def name(self) -> str: ...

    def of_picture(self, picture: Tensor, clip: Clip | None) -> Floats:
        """(68, 3) of a picture (3, h, w), the first frame of a clip if there is one."""
        ...

    def of_film(self, pictures: Tensor, clip: Clip | None, numbers: Sequence[int]) -> Floats:
        """(n, 68, 3) of successive frames (n, 3, h, w). numbers: of the clip's frames, ascending"""
        ...


class MeshMarks:
    """By the face mesh. MissingError if the extra `landmarks` is not installed."""

    name = "mesh"

    def __init__(self) -> None:
        self._reader = MeshReader()

    def of_picture(self, picture: Tensor, clip: Clip | None = None) -> Floats:
        film = self.of_film(picture.expand(SETTLING, -1, -1, -1))
        return np.asarray(film[-1])

    def of_film(self, pictures: Tensor, clip: Clip | None = None, numbers: Sequence[int] = ()) -> Floats:
        found = self._reader.look(pictures).landmarks
        assert found is not None
        return found


@dataclass(frozen=True)
class LabelMarks:
    """By labels.npz, interpolated linearly between the labelled frames of a clip."""

    labels: Labels
    name: str = "labels"

    def of_picture(self, picture: Tensor, clip: Clip | None) -> Floats:
        return np.asarray(self.of_film(picture[None], clip, [0])[0])

    def of_film(self, pictures: Tensor, clip: Clip | None, numbers: Sequence[int]) -> Floats:
        rows = np.flatnonzero(self.labels.landmark_ref[:, 0] == (-1 if clip is None else clip.row))
        rows = rows[np.argsort(self.labels.landmark_ref[rows, 1], kind="stable")]
        frames, known = self.labels.landmark_ref[rows, 1], self.labels.landmarks[rows].astype(float)
        whole = np.isfinite(known).all(axis=(1, 2))
        if not whole.any():
            return np.full((len(numbers), 68, 3), np.nan)
        flat = known[whole].reshape(int(whole.sum()), -1).T
        return np.stack([np.interp(numbers, frames[whole], line) for line in flat], axis=1).reshape(-1, 68, 3)


def best_marks(folder: FaceFolder | None = None) -> Marks:
    """MissingError where there is neither the face mesh nor labels."""
    try:
        return MeshMarks()
    except MissingError:
        if folder is None or not folder.has_labels:
            raise
        return LabelMarks(folder.labels)
