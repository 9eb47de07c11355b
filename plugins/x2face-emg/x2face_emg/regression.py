"""Ridge regression with the ridge chosen by leave-one-film-out cross-validation.

Rows are deviations from the mean of each film, so that identity, light and the fit of the electrodes do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from x2face_plugins import InputError

from x2face_emg.recording import Floats

RIDGES = (1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Candidates, relative to the number of rows, for activity of unit standard deviation."""
PARTS = 5
"""Parts of a single film for cross-validation."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Activity x (n, k) and vectors v (n, 128) of a film."""

    x: Floats
    v: Floats

    @classmethod
    def of(cls, x: Floats, v: Floats) -> Pair:
        return cls(np.asarray(x, np.float64), np.asarray(v, np.float64))

    @property
    def centred(self) -> Pair:
        return Pair(self.x - self.x.mean(axis=0), self.v - self.v.mean(axis=0))


def fit_best_ridge(films: Sequence[Pair]) -> tuple[Floats, dict[str, Any]]:
    """Fit the weight (k, 128) to all films; returns it and cross-validated figures.

    "ridge": the one that explains most of held-out films
    "explained": share of the vectors' variance that is explained; the variance includes head motion
    "r": correlation of predicted and true vectors along the first principal direction of the predictions
    InputError if no muscle is ever active.
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
    """Split a film into PARTS consecutive parts, each centred; parts of a single row are left out."""
    parts = zip(np.array_split(film.x, PARTS), np.array_split(film.v, PARTS), strict=True)
    return [Pair(x, v).centred for x, v in parts if len(x) > 1]


def solve(films: Sequence[Pair], ridge: float) -> Floats:
    """Ridge solution (k, 128) from centred films; 0 for muscles without activity."""
    x, v = (np.concatenate(part) for part in zip(*((film.x, film.v) for film in films), strict=True))
    deviation = x.std(axis=0)
    scale = np.where(deviation > 0, deviation, np.inf)
    scaled = x / scale
    gram = scaled.T @ scaled + ridge * len(x) * np.eye(x.shape[1])
    return np.asarray(np.linalg.solve(gram, scaled.T @ v) / scale[:, None])


def _left_out(films: Sequence[Pair], ridge: float) -> tuple[Floats, Floats]:
    """Predicted and true vectors of all films, each predicted from the others; from itself if it is the only one."""
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
