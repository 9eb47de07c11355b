"""Landmarks of true frames, from the folder's labels, or from a reader without labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.folder import Clip, FaceFolder
from x2face_lab.evaluation.readers import MEASURES, Reader
from x2face_lab.evaluation.tracks import Film

Floats = NDArray[np.float64]
_MOUTH_OPEN = MEASURES.index("mouth_open")
_EYES_OPEN = [MEASURES.index("eye_left"), MEASURES.index("eye_right")]


@dataclass(frozen=True)
class Truth:
    """Landmarks of some frames of a clip.

    frames: (m,) frame numbers, ascending
    landmarks: (m, 68, 3) in iBUG order, in widths of the picture
    mouth_open, eyes_open: (m,) as of docs/data.md; the latter the mean of both eyes, NaN where unknown
    """

    frames: NDArray[np.int64]
    landmarks: Floats
    mouth_open: Floats
    eyes_open: Floats

    def landmarks_of(self, frame: int) -> Floats | None:
        """(68, 3) landmarks of a frame, or None."""
        at = int(np.searchsorted(self.frames, frame))
        if at == len(self.frames) or self.frames[at] != frame:
            return None
        found: Floats = self.landmarks[at]
        return found


def truth_of(folder: FaceFolder, clip: Clip, film: Film, reader: Reader | None) -> Truth:
    """Landmarks of the film's frames, from labels, else from a reader; frames without a face are left out."""
    if folder.has_labels:
        return _labelled(folder, clip, film)
    look = None if reader is None else reader.look(film.pictures)
    if look is None or look.landmarks is None:
        return Truth(np.zeros(0, np.int64), np.zeros((0, 68, 3)), np.zeros(0), np.zeros(0))
    eyes = look.measures[:, _EYES_OPEN].mean(axis=1)
    return _known(np.array(film.numbers), look.landmarks, look.measures[:, _MOUTH_OPEN], eyes)


def _labelled(folder: FaceFolder, clip: Clip, film: Film) -> Truth:
    labels = folder.labels
    at = np.flatnonzero((labels.landmark_ref[:, 0] == clip.row) & np.isin(labels.landmark_ref[:, 1], film.numbers))
    at = at[np.argsort(labels.landmark_ref[at, 1], kind="stable")]
    frames = labels.landmark_ref[at, 1]
    rows = labels.rows_of(np.full(len(frames), clip.row), frames)
    expression = np.where(rows[:, None] >= 0, labels.expression[rows], np.nan).astype(float)
    return _known(frames, labels.landmarks[at].astype(float), expression[:, 0], expression[:, 2:4].mean(axis=1))


def _known(frames: NDArray[np.int64], landmarks: Floats, mouth: Floats, eyes: Floats) -> Truth:
    known = np.isfinite(landmarks).all(axis=(1, 2)) & np.isfinite(mouth)
    return Truth(frames[known], landmarks[known], mouth[known], eyes[known])
