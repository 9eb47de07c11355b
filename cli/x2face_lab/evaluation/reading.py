"""What the driving vector tells of the pose, read linearly, on people whom training never saw (paper Table 2)."""

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
    """Some frames of one person: roll, pitch, yaw in degrees, (n, 3) as labelled and as the vector has them."""

    person: str
    true: Floats
    read: Floats


def pose_figures(parts: Sequence[PoseRead], *, by_person: bool = False) -> dict[str, list[float]]:
    """Roll, pitch, yaw: "mae" in degrees, "mae_of_mean" of always answering the mean, "r2".

    by_person: every person counts alike, however many frames there are of them; else every frame
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
    """What vectors (n, 128) of a clip's frames tell; nothing where the folder or the frames have no labels."""
    if not folder.has_labels:
        return
    rows = folder.labels.rows_of(np.full(len(frames), clip.row), np.array(frames, np.int64))
    known = rows >= 0
    if known.any():
        read = model.read(vectors)[:, :3].double().numpy()
        yield PoseRead(clip.identity, folder.labels.pose[rows[known]].astype(float), read[known])
