"""What the sync encoder is taught of a mouth, where clips are labelled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder, Labels

VISEMES = (
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthSmileLeft",
    "mouthSmileRight",
)
"""Blendshapes that tell one sound's mouth from another's."""


def measures_of(folder: FaceFolder, clips: Sequence[Clip], count: Tensor) -> Tensor:
    """(n, 2 + b): mouth_measures of clips one after another, about each clip's mean, in deviations; NaN where unknown.

    count: (clips,) frames of each
    """
    if not (folder.path / "labels.npz").is_file():
        return torch.full((int(count.sum()), 2), torch.nan)
    known, counts = mouth_measures(folder.labels), count.tolist()
    frames = np.concatenate([np.arange(number) for number in counts])
    rows = folder.labels.rows_of(np.repeat([clip.row for clip in clips], counts), frames)
    values = np.where(rows[:, None] >= 0, known[rows], np.nan)
    moved = [_about_mean(one) for one in np.split(values, np.cumsum(counts)[:-1])]
    return _standard(torch.from_numpy(np.concatenate(moved)).float())


def mouth_measures(labels: Labels) -> NDArray[np.float32]:
    """(n, 2 + b): opening and width of the mouth; then, where they are labelled, blendshape scores of VISEMES."""
    scores = [labels.blend_names.index(name) for name in VISEMES if name in labels.blend_names]
    opening = labels.expression[:, :2]
    return opening if labels.blend is None else np.concatenate([opening, labels.blend[:, scores]], axis=1)


def _about_mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A clip's values about their mean, NaN where there are none."""
    found: NDArray[np.float32] = values - np.nanmean(values, axis=0) if np.isfinite(values).any() else values
    return found


def _standard(measured: Tensor) -> Tensor:
    """In deviations."""
    known = measured[~measured.isnan().any(1)]
    return measured / known.std(0).clamp_min(1e-6) if len(known) > 1 else measured
