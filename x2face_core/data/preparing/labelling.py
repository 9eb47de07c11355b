"""Labelling of clips and crops with a face mesh, in the format of docs/data.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.preparing.cutting import SIDE
from x2face_core.data.preparing.tracks import FPS
from x2face_core.data.tables import EXPRESSIONS
from x2face_core.files.faults import writing
from x2face_core.files.placing import atomic_file
from x2face_core.geometry.mesh import FaceMesh, Measured
from x2face_core.media.video import read_frames

STILL_COLUMNS = ("pose", "gaze", "landmarks", "mesh", *EXPRESSIONS)
EIGHTHS = 8 * SIDE  # meshes are stored in eighths of a pixel of the crop
LANDMARKS_EVERY = 5  # frames
BLINK_EVERY = 2  # frames, while the eyes are closed or nearly so
SHUT = 0.6  # of the clip's median lid opening: below it, eyes count as closed

Columns = dict[str, NDArray[np.generic]]
COLUMNS = ("clip", "frame", "pose", "gaze", "landmark_ref", "landmarks", *EXPRESSIONS)


class Labeller:
    """Measures clips with a face mesh. MissingError if the extra `landmarks` is not installed."""

    def __init__(self) -> None:
        self._mesh = FaceMesh()

    def measure(self, clip: Path) -> dict[int, Measured]:
        """Measurements by frame number; frames without a face are missing."""
        self._mesh.restart()
        rows = ((number, self._mesh.measure(picture)) for number, picture in enumerate(read_frames(clip, FPS)))
        return {number: found for number, found in rows if found is not None}


def columns(clips: Sequence[dict[int, Measured]]) -> Columns:
    """The arrays of labels.npz for some clips; `clip` is the index in `clips`."""
    every = [(clip, frame, row) for clip, rows in enumerate(clips) for frame, row in rows.items()]
    wanted = [marked(rows) for rows in clips]
    chosen = [entry for entry in every if entry[1] in wanted[entry[0]]]
    return {
        "clip": np.array([clip for clip, _, _ in every], np.int32),
        "frame": np.array([frame for _, frame, _ in every], np.int32),
        "landmark_ref": np.array([(clip, frame) for clip, frame, _ in chosen], np.int32).reshape(-1, 2),
        "landmarks": _landmarks([row for _, _, row in chosen]),
        **_numbers([row for _, _, row in every]),
    }


def still_columns(rows: Sequence[Measured]) -> Columns:
    """The arrays of pictures.npz."""
    mesh = np.array([row.mesh for row in rows]).reshape(-1, 478, 3) * EIGHTHS
    return {"landmarks": _landmarks(rows), "mesh": mesh.round().astype(np.int16), **_numbers(rows)}


def _landmarks(rows: Sequence[Measured]) -> NDArray[np.generic]:
    return np.array([row.landmarks for row in rows], np.float16).reshape(-1, 68, 3)


def _numbers(rows: Sequence[Measured]) -> Columns:
    expression = np.array([row.expression for row in rows]).reshape(-1, len(EXPRESSIONS))
    return {
        "pose": np.array([row.pose for row in rows], np.float32).reshape(-1, 3),
        "gaze": np.array([row.gaze for row in rows], np.float16).reshape(-1, 2),
        **{name: expression[:, at].astype(np.float16) for at, name in enumerate(EXPRESSIONS)},
    }


def marked(rows: dict[int, Measured]) -> set[int]:
    """Numbers of the frames whose landmarks are stored: every fifth, and every second one of a blink."""
    lids = {frame: float(row.expression[2:].mean()) for frame, row in rows.items()}
    usual = float(np.median(list(lids.values()))) if lids else 0.0
    blinks = {frame for frame, lid in lids.items() if frame % BLINK_EVERY == 0 and lid < SHUT * usual}
    return blinks | {frame for frame in rows if frame % LANDMARKS_EVERY == 0}


def joined(parts: Sequence[tuple[Columns, int]]) -> Columns:
    """Concatenate the columns of several films; each comes with the index of its first clip."""
    return stacked([_moved(part, first) for part, first in parts])


def stacked(parts: Sequence[Columns]) -> Columns:
    """Concatenate columns of the same names, row after row."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _moved(part: Columns, first: int) -> Columns:
    clip = part["clip"].astype(np.int32) + np.int32(first)
    ref = part["landmark_ref"].astype(np.int32) + np.array([first, 0], np.int32)
    return part | {"clip": clip, "landmark_ref": ref}


def save(path: Path, labels: Columns) -> None:
    """Write a compressed .npz atomically."""
    arrays: dict[str, Any] = dict(labels)  # no options: before numpy 2.1 they would be stored as arrays
    with atomic_file(path) as hidden, writing(path):
        np.savez_compressed(hidden, **arrays)


def load(path: Path, names: Sequence[str] = COLUMNS) -> Columns:
    """The named columns of a file that `save` wrote. OSError or KeyError where they are not there."""
    with np.load(path, allow_pickle=False) as data:
        return {name: data[name] for name in names}


def is_whole(path: Path, names: Sequence[str] = COLUMNS) -> bool:
    """Whether a label file exists and has all arrays; those of earlier versions lack some."""
    try:
        with np.load(path, allow_pickle=False) as data:
            return set(names) <= set(data)
    except (OSError, ValueError, BadZipFile):
        return False
