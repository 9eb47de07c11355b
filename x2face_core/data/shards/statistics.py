"""Figures of a folder's labels that training on its shards needs beforehand (index.Statistics)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.folder import FaceFolder
from x2face_core.data.measures import deviations
from x2face_core.data.shards.index import Statistics
from x2face_core.geometry.landmarks import canonical_layout, with_forehead


def statistics_of(folder: FaceFolder) -> Statistics | None:
    """Statistics of the frames of the split train that have landmarks; None if there are none."""
    if not folder.has_labels:
        return None
    labels = folder.labels
    training = np.array([clip.split == "train" for clip in folder.clips])
    marked = training[labels.landmark_ref[:, 0]]
    if not marked.any():
        return None
    rows = labels.rows_of(*labels.landmark_ref[marked].T)
    layout = canonical_layout(with_forehead(labels.landmarks[marked]))
    scores = None if labels.blend is None else _listed(*deviations(labels.blend[rows], 0.02))
    return Statistics(
        expression=_listed(*deviations(labels.expression[rows], 1e-6)),
        blend=scores,
        blend_names=list(labels.blend_names),
        layout=layout.tolist(),
        gaze=labels.gaze is not None,
    )


def _listed(centre: NDArray[np.float32], deviation: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    return centre.tolist(), deviation.tolist()
