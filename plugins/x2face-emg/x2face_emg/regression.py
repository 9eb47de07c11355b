"""Ridge regression whose strength is chosen by films left out, one after the other.

Each film counts as deviations from its own mean: who it is, in which light, and how the electrodes sat that day does
not enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from x2face_plugins import InputError

from x2face_emg.recording import Floats

RIDGES = (1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Tried, as shares of the number of rows, for activity scaled to unit deviation."""
PARTS = 5
"""Stretches of a film that is the only one, each left out in turn."""


@dataclass(frozen=True, eq=False)
class Pair:
    """A film: activity x (n, k), vectors v (n, 128)."""

    x: Floats
    v: Floats

    @classmethod
    def of(cls, x: Floats, v: Floats) -> Pair:
        return cls(np.asarray(x, np.float64), np.asarray(v, np.float64))

    @property
    def centred(self) -> Pair:
        return Pair(self.x - self.x.mean(axis=0), self.v - self.v.mean(axis=0))


def fit_best_ridge(films: Sequence[Pair]) -> tuple[Floats, dict[str, Any]]:
    """The weight (k, 128) learned from all films, and what was found of it on films that it had not learned from.

    "ridge": the one that told most of films left out
    "explained": share of the vectors' variance that was told; the head's turns and other things are in it, too
    "r": correlation of told and true along the direction of the vector that the muscles move most
    Raises InputError where no muscle was ever active.
    """
    centred_films = [film.centred for film in films]
    if len(centred_films) == 1:
        centred_films = _stretches(centred_films[0])
    if not any(film.x.any() for film in centred_films):
        raise InputError("No muscle's signal ever changes in these recordings; there is nothing to learn from them.")
    predicted = {ridge: _left_out(centred_films, ridge) for ridge in RIDGES}
    best = max(predicted, key=lambda ridge: _explained(*predicted[ridge]))
    weight = solve(centred_films, best)
    figures = {
        "films": len(films),
        "rows": sum(len(film.x) for film in films),
        "judged by": "films left out" if len(films) > 1 else "stretches of the only film left out",
        "ridge": best,
        "explained": round(_explained(*predicted[best]), 3),
        "r": round(_correlation(weight, centred_films, *predicted[best]), 3),
    }
    return weight, figures


def _stretches(film: Pair) -> list[Pair]:
    """PARTS consecutive parts of a film, each about its own mean; parts of a single row are left out."""
    parts = zip(np.array_split(film.x, PARTS), np.array_split(film.v, PARTS), strict=True)
    return [Pair(x, v).centred for x, v in parts if len(x) > 1]


def solve(films: Sequence[Pair], ridge: float) -> Floats:
    """(k, 128), from films about their means; rows of muscles that never do anything are 0."""
    x, v = (np.concatenate(part) for part in zip(*((film.x, film.v) for film in films), strict=True))
    deviation = x.std(axis=0)
    scale = np.where(deviation > 0, deviation, np.inf)
    scaled = x / scale
    gram = scaled.T @ scaled + ridge * len(x) * np.eye(x.shape[1])
    return np.asarray(np.linalg.solve(gram, scaled.T @ v) / scale[:, None])


def _left_out(films: Sequence[Pair], ridge: float) -> tuple[Floats, Floats]:
    """Told and true vectors of all films, each told by the others; by itself where there is no other."""
    others = [[one for one in films if one is not film] or [film] for film in films]
    predicted = [film.x @ solve(rest, ridge) for film, rest in zip(films, others, strict=True)]
    return np.concatenate(predicted), np.concatenate([film.v for film in films])


def _explained(predicted: Floats, true: Floats) -> float:
    return float(1 - np.square(predicted - true).sum() / max(np.square(true).sum(), 1e-12))


def _correlation(weight: Floats, films: Sequence[Pair], predicted: Floats, true: Floats) -> float:
    moved = np.concatenate([film.x for film in films]) @ weight
    direction = np.linalg.svd(moved, full_matrices=False)[2][0]
    a, b = predicted @ direction, true @ direction
    return float(a @ b / max(np.sqrt((a @ a) * (b @ b)), 1e-12))
