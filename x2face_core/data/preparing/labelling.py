"""Labelling written clips with a face mesh, as the labels of docs/data.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.measuring import FaceMesh, Measured
from x2face_core.data.preparing.tracks import FPS
from x2face_core.data.tables import EXPRESSIONS
from x2face_core.media.placing import beside
from x2face_core.media.video import read_frames

LANDMARKS_EVERY = 5  # frames

Columns = dict[str, NDArray[np.generic]]


class Labeller:
    """Measures clips one after the other. MissingError where the extra `landmarks` is not installed."""

    def __init__(self) -> None:
        self._mesh = FaceMesh()

    def measure(self, clip: Path) -> dict[int, Measured]:
        """Number of the frame to what was measured; frames without a face are left out."""
        self._mesh.restart()
        rows = ((number, self._mesh.measure(picture)) for number, picture in enumerate(read_frames(clip, FPS)))
        return {number: found for number, found in rows if found is not None}


def columns(clips: Sequence[dict[int, Measured]]) -> Columns:
    """The arrays of labels.npz; `clip` counts the clips given."""
    every = [(clip, frame, row) for clip, rows in enumerate(clips) for frame, row in rows.items()]
    marked = [entry for entry in every if entry[1] % LANDMARKS_EVERY == 0]
    expression = np.array([row.expression for _, _, row in every]).reshape(-1, len(EXPRESSIONS))
    return {
        "clip": np.array([clip for clip, _, _ in every], np.int32),
        "frame": np.array([frame for _, frame, _ in every], np.int32),
        "pose": np.array([row.pose for _, _, row in every], np.float32).reshape(-1, 3),
        "landmark_ref": np.array([(clip, frame) for clip, frame, _ in marked], np.int32).reshape(-1, 2),
        "landmarks": np.array([row.landmarks for _, _, row in marked], np.float16).reshape(-1, 68, 3),
        **{name: expression[:, at].astype(np.float16) for at, name in enumerate(EXPRESSIONS)},
    }


def joined(parts: Sequence[tuple[Columns, int]]) -> Columns:
    """Several films' columns as one; with each the number that its first clip has here."""
    moved = [_moved(part, first) for part, first in parts]
    return {name: np.concatenate([part[name] for part in moved]) for name in moved[0]}


def _moved(part: Columns, first: int) -> Columns:
    clip = part["clip"].astype(np.int32) + np.int32(first)
    ref = part["landmark_ref"].astype(np.int32) + np.array([first, 0], np.int32)
    return part | {"clip": clip, "landmark_ref": ref}


def save(path: Path, labels: Columns) -> None:
    """Write .npz, compressed; it appears when it is whole."""
    with beside(path) as hidden:
        np.savez_compressed(hidden, allow_pickle=False, **labels)


def load(path: Path) -> Columns:
    with np.load(path, allow_pickle=False) as data:
        return {name: data[name] for name in data}
