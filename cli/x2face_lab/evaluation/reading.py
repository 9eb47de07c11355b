"""Linear pose regression from the driving vector on held-out people (paper Table 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.model import X2Face

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PoseRead:
    """Roll, pitch, yaw (n, 3) in degrees for frames of one person, as labelled and as read."""

    person: str
    true: Floats
    read: Floats


def pose_figures(parts: Sequence[PoseRead], *, by_person: bool = False) -> dict[str, list[float]]:
    """For roll, pitch, yaw: "mae" in degrees, "mae_of_mean" of predicting the mean, "r2".

    by_person: weigh all people equally; else all frames
    """
    true, read = (np.concatenate([getattr(part, name) for part in parts]) for name in ("true", "read"))
    weight = _weights(parts) if by_person else np.full(len(true), 1 / len(true))
    centred = true - weight @ true
    return {
        "mae": (weight @ np.abs(read - true)).round(3).tolist(),
        "mae_of_mean": (weight @ np.abs(centred)).round(3).tolist(),
        "r2": (1 - weight @ (read - true) ** 2 / (weight @ centred**2)).round(3).tolist(),
    }


def _weights(parts: Sequence[PoseRead]) -> Floats:
    """(frames,), summing to 1."""
    frames: dict[str, int] = {}
    for part in parts:
        frames[part.person] = frames.get(part.person, 0) + len(part.true)
    return np.concatenate([np.full(len(part.true), 1 / frames[part.person]) for part in parts]) / len(frames)


def read_pose(
    model: X2Face, folder: FaceFolder, clip: Clip, frames: Sequence[int], vectors: Tensor
) -> Iterator[PoseRead]:
    """Read the pose from vectors (n, 128) of a clip's frames; nothing without labels."""
    if not folder.has_labels:
        return
    rows = folder.labels.rows_of(np.full(len(frames), clip.row), np.array(frames, np.int64))
    known = rows >= 0
    if known.any():
        read = model.read(vectors)[:, :3].double().numpy()
        yield PoseRead(clip.identity, folder.labels.pose[rows[known]].astype(float), read[known])
