"""Regression targets of the sync encoder: measures of the mouth in labelled clips."""

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
"""Blendshapes that differ between visemes."""


def measures_of(folder: FaceFolder, clips: Sequence[Clip], count: Tensor) -> Tensor:
    """(n, 2 + b): mouth_measures of all frames of clips, centred for each clip and standardised; NaN without labels.

    count: (clips,) frames of each
    """
    if not (folder.path / "labels.npz").is_file():
        return torch.full((int(count.sum()), 2), torch.nan)
    known, counts = mouth_measures(folder.labels), count.tolist()
    frames = np.concatenate([np.arange(number) for number in counts])
    rows = folder.labels.rows_of(np.repeat([clip.row for clip in clips], counts), frames)
    values = np.where(rows[:, None] >= 0, known[rows], np.nan)
    moved = [_centred(one) for one in np.split(values, np.cumsum(counts)[:-1])]
    return _standardised(torch.from_numpy(np.concatenate(moved)).float())


def mouth_measures(labels: Labels) -> NDArray[np.float32]:
    """(n, 2 + b): opening and width of the mouth, then the blendshape scores of VISEMES that are labelled."""
    scores = [labels.blend_names.index(name) for name in VISEMES if name in labels.blend_names]
    opening = labels.expression[:, :2]
    return opening if labels.blend is None else np.concatenate([opening, labels.blend[:, scores]], axis=1)


def _centred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A clip's values minus their mean over labelled frames."""
    found: NDArray[np.float32] = values - np.nanmean(values, axis=0) if np.isfinite(values).any() else values
    return found


def _standardised(measured: Tensor) -> Tensor:
    """Divide by the standard deviation of each measure."""
    known = measured[~measured.isnan().any(1)]
    return measured / known.std(0).clamp_min(1e-6) if len(known) > 1 else measured
