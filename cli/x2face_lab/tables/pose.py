"""Table 2: how well the head pose is read linearly from the driving vector, beside a supervised network (paper 5.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2face_core.model import X2Face
from x2face_core.pixels import to_tensor
from x2face_lab.evaluation.reading import PoseRead, pose_figures
from x2face_lab.tables.pose_network import STEPS, predicted, train_pose_network
from x2face_lab.tables.pose_sets import ANGLES, PoseSet, batches

PAPER = {"X2Face": (5.85, 7.59, 14.62, 9.36), "KEPLER (supervised)": (8.75, 5.85, 6.45, 7.02)}
"""MAE of roll, pitch and yaw on AFLW's test pictures, and their mean, as printed."""
_ROUNDS, _FLOOR, _RIDGE = 30, 0.1, 1e-3  # of the regression; degrees; as a share of the mean variance
Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]


def table_2(
    model: X2Face,
    known: PoseSet,
    test: PoseSet,
    steps: int = STEPS,
    progress: Progress = lambda what, done, total: None,
) -> dict[str, Any]:
    """The figures of table 2, as `x2face table 2 --json` prints them.

    known, test: pictures to learn from, and of other people (or other pictures) to be tested on
    """
    weight, bias = fit_linear(_vectors(model, known, progress, "vectors to learn from"), known.pose)
    read = _vectors(model, test, progress, "vectors to test") @ weight.T + bias
    network = train_pose_network(known, steps, lambda done, total: progress("supervised network", done, total))
    mean = np.tile(np.median(known.pose, axis=0), (len(test.pose), 1))
    size = sum(parameter.numel() for parameter in network.parameters())
    return {
        "table": 2,
        "weights": model.name,
        "pictures": len(test.pose),
        "people": len(set(test.people)),
        "learned_from": len(known.pose),
        "rows": [
            {"method": f"{model.name}, linear from the driving vector", **_figures(test, read)},
            {"method": f"supervised network, {size} parameters", **_figures(test, predicted(network, test.pictures))},
            {"method": "always the median pose", **_figures(test, mean)},
        ],
        "paper": {name: dict(zip((*ANGLES, "mean"), row, strict=True)) for name, row in PAPER.items()},
    }


def _vectors(model: X2Face, faces: PoseSet, progress: Progress, what: str) -> Floats:
    """(n, 128) driving vectors."""
    found = []
    for part in batches(faces.pictures, 32):
        found.append(model.encode(to_tensor(part)).double().numpy())
        progress(what, sum(map(len, found)), len(faces.pictures))
    return np.concatenate(found)


def fit_linear(vectors: Floats, pose: Floats) -> tuple[Floats, Floats]:
    """The linear map of least absolute error from vectors (n, d) to poses (n, 3), as f_v→p of the paper (4.1).

    By iteratively reweighted least squares, slightly regularised. Returns weight (3, d) and bias (3,).
    """
    mean, deviation = vectors.mean(axis=0), vectors.std(axis=0) + 1e-9
    x = np.concatenate([(vectors - mean) / deviation, np.ones((len(vectors), 1))], axis=1)
    columns = [_least_absolute(x, y) for y in pose.T]
    weight = np.stack([column[:-1] for column in columns]) / deviation
    bias = np.array([column[-1] for column in columns]) - weight @ mean
    return weight, bias


def _least_absolute(x: Floats, y: Floats) -> Floats:
    """Coefficients (d + 1,) of the columns of x, the last of which is 1."""
    ridge: Floats = np.full(x.shape[1], _RIDGE * len(x))
    ridge[-1] = 0
    certainty: Floats = np.ones(len(x))
    found: Floats = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        weighed = x * certainty[:, None]
        solved = np.linalg.solve(x.T @ weighed + np.diag(ridge * certainty.mean()), weighed.T @ y)
        found = np.asarray(solved, np.float64)
        certainty = np.asarray(1 / np.maximum(np.abs(y - x @ found), _FLOOR), np.float64)
    return found


def _figures(test: PoseSet, read: Floats) -> dict[str, Any]:
    """MAE in degrees of each angle and their mean, over pictures and over people."""
    people = np.array(test.people)
    parts = [PoseRead(who, test.pose[people == who], read[people == who]) for who in dict.fromkeys(test.people)]
    figures: dict[str, Any] = {}
    for name, by_person in (("mae", False), ("mae_by_person", True)):
        mae = pose_figures(parts, by_person=by_person)["mae"]
        figures[name] = dict(zip((*ANGLES, "mean"), (*mae, round(float(np.mean(mae)), 3)), strict=True))
    return figures
