"""Identity preservation: whether a driven face has the shape of its source or of its driver, by landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.geometry.landmarks import RIGID
from x2face_core.geometry.motion import align

_SHAPE = np.array([*RIGID, 3, 4, 12, 13])
"""Landmarks that differ between people and hardly move in speech: RIGID and more of the jaw line."""
_CORNERS = [36, 45]  # outer corners of the eyes
_ROUNDS = 3
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Faces:
    """Landmarks of one film across people, NaN without a face.

    source: (n, 68, 3) of the source picture; driver, generated: (n, 68, 3) of each frame
    """

    source: Floats
    driver: Floats
    generated: Floats


def identity(films: Sequence[Faces]) -> dict[str, float]:
    """Distances between face shapes: means over landmarks, in percent of the distance between the outer eye corners.

    A shape is the mean over a film of landmarks normalised for pose and size.
    nearer_source: share of films whose generated face is nearer to the source's shape than to the driver's
    to_source, to_driver: mean distance of the generated face; apart: of source and driver
    leak: median position of the generated shape on the line from source (0) to driver (1)
    """
    films = [film for film in films if all(_known(part) for part in (film.source, film.driver, film.generated))]
    if not films:
        return {}
    template = _template(torch.stack([_found(film.source)[-1] for film in films]))
    eyes = float((template[_CORNERS[0]] - template[_CORNERS[1]]).norm())
    shapes = [tuple(_shape(part, template) for part in (film.source, film.driver, film.generated)) for film in films]
    distances = np.array([[_apart(g, s), _apart(g, d), _apart(s, d)] for s, d, g in shapes]) / eyes * 100
    to_source, to_driver, apart = distances.mean(axis=0).tolist()
    return {
        "nearer_source": float((distances[:, 0] < distances[:, 1]).mean()),
        "to_source": to_source,
        "to_driver": to_driver,
        "apart": apart,
        "leak": float(np.median([_leak(s, d, g) for s, d, g in shapes])),
    }


def _known(landmarks: Floats) -> bool:
    return bool(np.isfinite(landmarks).all(axis=(1, 2)).any())


def _found(landmarks: Floats) -> Tensor:
    return torch.from_numpy(landmarks[np.isfinite(landmarks).all(axis=(1, 2))]).double()


def _template(faces: Tensor) -> Tensor:
    """Mean (68, 3) of aligned landmarks (n, 68, 3) (generalised Procrustes)."""
    template = faces[0]
    for _ in range(_ROUNDS):
        template = align(faces, template).face.mean(0)
    return template


def _shape(landmarks: Floats, template: Tensor) -> Tensor:
    """The mean shape (21, 3) of landmarks (n, 68, 3)."""
    return align(_found(landmarks), template).face.mean(0)[_SHAPE]


def _apart(a: Tensor, b: Tensor) -> float:
    return float((a - b).norm(dim=1).mean())


def _leak(source: Tensor, driver: Tensor, generated: Tensor) -> float:
    way = driver - source
    return float(((generated - source) * way).sum() / way.square().sum().clamp_min(1e-12))
