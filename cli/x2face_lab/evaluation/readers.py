"""What measures pose, mouth, lids and gaze in a picture: a face mesh where it is installed, else the driving vector."""

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
"""Times that a still picture is shown before it is read: a mesh that follows a face settles on it."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Readings:
    """What a reader sees in a film, a row a picture, NaN where it finds no face.

    measures: (n, 8) MEASURES; NaN too in the column of what a reader does not know
    landmarks: (n, 68, 3) in widths of the picture, as geometry.mesh has them; None from a reader that knows none
    """

    measures: Floats
    landmarks: Floats | None = None


class Reader(Protocol):
    """name: for the report; look: pictures (n, 3, h, w) in [0, 1] of one film; read: the measures alone, (n, 8)."""

    name: str

    def look(self, pictures: Tensor) -> Readings: ...

    def read(self, pictures: Tensor) -> Floats: ...


class VectorReader:
    """The linear reading of the driving vector that comes with the weights; it does not know the gaze."""

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
    """A face mesh (the extra `landmarks`), which knows nothing of the networks."""

    name = "mesh"

    def __init__(self) -> None:
        from x2face_core.geometry.mesh import FaceMesh

        self.mesh = FaceMesh()

    def look(self, pictures: Tensor) -> Readings:
        self.mesh.restart()  # these pictures are another film than the last ones
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
