"""Linear regression from sufficient statistics, in constant memory; ridge and rank are chosen by cross-validation.

Rows are deviations from the person's mean, and each person is weighed by the square root of the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

RIDGES = (0.0, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3)
"""Candidates, relative to the number of rows; 0 is ordinary least squares."""
RANKS = (1, 2, 3, 4, 6, 8, 16, 128)
"""Candidates for the rank of the prediction."""
FOLDS = 5


@dataclass(frozen=True)
class SufficientStatistics:
    """Of one or more people: weighted sums xx (k, k), xy (k, 128), yy (128, 128) of centred rows.

    rows: sum of the weights
    """

    rows: float
    xx: Matrix
    xy: Matrix
    yy: Matrix

    @classmethod
    def of(cls, x: Matrix, y: Matrix) -> SufficientStatistics:
        x, y, weight = x - x.mean(0), y - y.mean(0), len(x) ** -0.5
        return cls(len(x) * weight, x.T @ x * weight, x.T @ y * weight, y.T @ y * weight)

    def __add__(self, other: SufficientStatistics) -> SufficientStatistics:
        return SufficientStatistics(self.rows + other.rows, self.xx + other.xx, self.xy + other.xy, self.yy + other.yy)


def total(people: Sequence[SufficientStatistics]) -> SufficientStatistics:
    first, *rest = people
    for one in rest:
        first = first + one
    return first


@dataclass(frozen=True)
class Fit:
    """weight: (k, 128); directions: (128, rank) basis of the predictions, by decreasing variance"""

    weight: Matrix
    directions: Matrix


def solve(sums: SufficientStatistics, ridge: float, rank: int) -> Fit:
    """Reduced-rank ridge regression on features of unit standard deviation (paper 4.2); the weight includes the scale.

    The Cholesky factor of xx replaces the rows in the solver: it has the same least-squares solution.
    """
    from sklearn.linear_model import LinearRegression, Ridge

    scale = np.sqrt(np.diag(sums.xx) / sums.rows) + 1e-6
    gram = sums.xx / np.outer(scale, scale)
    lower = np.linalg.cholesky(gram + 1e-9 * sums.rows * np.eye(len(gram)))
    target = np.linalg.solve(lower, sums.xy / scale[:, None])
    model = Ridge(ridge * sums.rows, fit_intercept=False) if ridge else LinearRegression(fit_intercept=False)
    weight: Matrix = np.asarray(model.fit(lower.T, target).coef_, np.float64).T / scale[:, None]
    variances, axes = np.linalg.eigh(weight.T @ sums.xx @ weight)
    directions = axes[:, np.argsort(variances)[::-1][:rank]]
    return Fit(weight @ directions @ directions.T, directions)


def explained(fit: Fit, held_out: SufficientStatistics) -> float:
    """Share of the vectors' variance of held-out people that is explained."""
    error = (
        np.trace(held_out.yy)
        - 2 * np.trace(fit.weight.T @ held_out.xy)
        + np.trace(fit.weight.T @ held_out.xx @ fit.weight)
    )
    return float(1 - error / np.trace(held_out.yy))


def direction_statistics(fit: Fit, held_out: SufficientStatistics, axis: int = 0) -> tuple[float, float]:
    """Along a direction of the fit: correlation of prediction and truth, and ratio of true to predicted deviation."""
    d = fit.directions[:, axis]
    predicted, true = d @ fit.weight.T @ held_out.xx @ fit.weight @ d, d @ held_out.yy @ d
    both = d @ fit.weight.T @ held_out.xy @ d
    return float(both / np.sqrt(predicted * true)), float(np.sqrt(true / predicted))


def fit_best(
    people: Sequence[SufficientStatistics], recorded: Sequence[SufficientStatistics] | None = None
) -> tuple[Fit, dict[str, Any]]:
    """Fit to all people with the ridge and rank that explain most in cross-validation; returns the fit and figures.

    recorded: statistics of the same people without augmentation, for the figures r and spread; None: the same
    """
    recorded = people if recorded is None else recorded
    parts = min(FOLDS, len(people))
    folds = [(total(_all_but(people, k)), total(people[k::FOLDS])) for k in range(parts)]
    plain = [total(recorded[k::FOLDS]) for k in range(parts)]
    if len(people) < 2:
        folds = [(people[0], people[0])]
    table = {
        (ridge, rank): float(np.mean([explained(solve(fitted, ridge, rank), held_out) for fitted, held_out in folds]))
        for ridge in RIDGES
        for rank in RANKS
    }
    ridge, rank = max(table, key=lambda key: table[key])
    fits = [solve(fitted, ridge, rank) for fitted, _ in folds]
    predicted = np.array([direction_statistics(fit, held_out) for fit, held_out in zip(fits, plain, strict=True)])
    figures = {
        "people": len(people),
        "ridge": ridge,
        "rank": rank,
        "explained": round(table[ridge, rank], 4),
        "explained_by_least_squares": round(table[0.0, RANKS[-1]], 4),
        "r": round(float(predicted[:, 0].mean()), 4),
        "spread": round(float(np.median(predicted[:, 1])), 4),
    }
    return solve(total(people), ridge, rank), figures


def _all_but(people: Sequence[SufficientStatistics], fold: int) -> list[SufficientStatistics]:
    return [one for k, one in enumerate(people) if k % FOLDS != fold]
