"""Table 2: how well the head pose is read linearly from the driving vector, beside a supervised network (paper 5.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.model import X2Face
from x2face_core.pixels import to_tensor
from x2face_lab.evaluation.reading import PoseRead, pose_figures
from x2face_lab.tables.pose_network import STEPS, predicted, train_pose_network
from x2face_lab.tables.pose_sets import ANGLES, PoseSet, batches
from x2face_pose.fitting import least_absolute

PAPER = {"X2Face": (5.85, 7.59, 14.62, 9.36), "KEPLER (supervised)": (8.75, 5.85, 6.45, 7.02)}
"""MAE of roll, pitch and yaw on AFLW's test pictures, and their mean, as printed."""
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

    The linear map is that of the pose mapping's reading, f_v→p of the paper (4.1): of least absolute error.

    known, test: pictures to learn from, and of other people (or other pictures) to be tested on
    """
    learned = _vectors(model, known, progress, "vectors to learn from")
    weight, bias = least_absolute(learned, torch.from_numpy(known.pose))
    read = (_vectors(model, test, progress, "vectors to test") @ weight.T + bias).numpy()
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


def _vectors(model: X2Face, faces: PoseSet, progress: Progress, what: str) -> Tensor:
    """(n, 128) driving vectors, float64."""
    found: list[Tensor] = []
    for part in batches(faces.pictures, 32):
        found.append(model.encode(to_tensor(part)).double())
        progress(what, sum(map(len, found)), len(faces.pictures))
    return torch.cat(found)


def _figures(test: PoseSet, read: Floats) -> dict[str, Any]:
    """MAE in degrees of each angle and their mean, over pictures and over people."""
    people = np.array(test.people)
    parts = [PoseRead(who, test.pose[people == who], read[people == who]) for who in dict.fromkeys(test.people)]
    figures: dict[str, Any] = {}
    for name, by_person in (("mae", False), ("mae_by_person", True)):
        mae = pose_figures(parts, by_person=by_person)["mae"]
        figures[name] = dict(zip((*ANGLES, "mean"), (*mae, round(float(np.mean(mae)), 3)), strict=True))
    return figures
