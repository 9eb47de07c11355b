"""What measures pose and mouth in a picture: a face mesh where it is installed, else the driving vector."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.errors import MissingError
from x2face_core.model import READINGS, X2Face

MEASURES = ("roll", "pitch", "yaw", "mouth_open")
_COLUMNS = [READINGS.index(name) for name in MEASURES]


class Reader(Protocol):
    """name: for the report; read: (n, 3, h, w) in [0, 1] to (n, 4) MEASURES, NaN where no face is found."""

    name: str

    def read(self, pictures: Tensor) -> NDArray[np.float64]: ...


class VectorReader:
    """The linear reading of the driving vector that comes with the weights."""

    name = "vector"

    def __init__(self, model: X2Face) -> None:
        self.model = model

    def read(self, pictures: Tensor) -> NDArray[np.float64]:
        read = [self.model.read(self.model.encode(part)) for part in torch.split(pictures, 16)]
        return torch.cat(read)[:, _COLUMNS].double().numpy()


class MeshReader:
    """A face mesh (the extra `landmarks`), which knows nothing of the networks."""

    name = "mesh"

    def __init__(self) -> None:
        from x2face_core.data.measuring import FaceMesh

        self.mesh = FaceMesh()

    def read(self, pictures: Tensor) -> NDArray[np.float64]:
        self.mesh.restart()  # these pictures are another film than the last ones
        rows = []
        for picture in (pictures.permute(0, 2, 3, 1) * 255).round().byte().numpy():
            found = self.mesh.measure(np.ascontiguousarray(picture))
            rows.append([np.nan] * 4 if found is None else [*found.pose, found.expression[0]])
        return np.array(rows, float)


def best_reader(model: X2Face) -> Reader:
    try:
        return MeshReader()
    except MissingError:
        return VectorReader(model)
