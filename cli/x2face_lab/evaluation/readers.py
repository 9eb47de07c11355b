"""Readers measure pose, mouth, lids and gaze in pictures: a face mesh if installed, else the driving vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.errors import MissingError
from x2face_core.model import READINGS, X2Face
from x2face_core.pixels import to_pictures

MEASURES = ("roll", "pitch", "yaw", "mouth_open", "mouth_width", "eye_left", "eye_right", "gaze_x")
SETTLING = 3
"""Repetitions of a single picture before it is read, for the tracking of the mesh to converge."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Readings:
    """The measurements in a film, one row for each picture, NaN without a face.

    measures: (n, 8) MEASURES; columns that a reader does not provide are NaN
    landmarks: (n, 68, 3) in widths of the picture, as of geometry.mesh; None if the reader does not provide them
    """

    measures: Floats
    landmarks: Floats | None = None


class Reader(Protocol):
    """Interface. name: for the report; look: measures pictures (n, 3, h, w) in [0, 1] of one film; read: only (n, 8)"""

    name: str

    def look(self, pictures: Tensor) -> Readings: ...

    def read(self, pictures: Tensor) -> Floats: ...


class VectorReader:
    """The linear readout of the driving vector that comes with the weights; without gaze."""

    name = "vector"

    def __init__(self, model: X2Face) -> None:
        self.model = model

    def look(self, pictures: Tensor) -> Readings:
        return Readings(self.read(pictures))

    def read(self, pictures: Tensor) -> Floats:
        read = torch.cat([self.model.read(self.model.encode(part)) for part in torch.split(pictures, 16)])
        known = [READINGS.index(name) if name in READINGS else None for name in MEASURES]
        nothing = read.new_full((len(read),), float("nan"))
        return torch.stack([nothing if k is None else read[:, k] for k in known], dim=1).double().numpy()


class MeshReader:
    """A face mesh (the extra `landmarks`), independent of the networks."""

    name = "mesh"

    def __init__(self) -> None:
        from x2face_core.geometry.mesh import FaceMesh

        self.mesh = FaceMesh()

    def look(self, pictures: Tensor) -> Readings:
        self.mesh.restart()  # the pictures are from another film than the previous ones
        measures, landmarks = np.full((len(pictures), len(MEASURES)), np.nan), np.full((len(pictures), 68, 3), np.nan)
        for row, picture in enumerate(to_pictures(pictures)):
            found = self.mesh.measure(picture)
            if found is not None:
                measures[row] = [*found.pose, *found.expression, found.gaze[0]]
                landmarks[row] = found.landmarks
        return Readings(measures, landmarks)

    def read(self, pictures: Tensor) -> Floats:
        return self.look(pictures).measures


def best_reader(model: X2Face) -> Reader:
    try:
        return MeshReader()
    except MissingError:
        return VectorReader(model)
