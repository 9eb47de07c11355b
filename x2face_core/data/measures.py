"""Labels of frames and photographs as arrays for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.folder import FaceFolder, frame_keys
from x2face_core.geometry.landmarks import with_forehead, with_irises

_SHUT = 0.25
"""Lid gap in eye widths below which an eye counts as closing."""


@dataclass(frozen=True)
class Measures:
    """Labels of n pictures; fields as of Bank.

    interest: (n,) relative drawing weight: rises with the opening of the mouth, and for closing eyes
    """

    landmarks: NDArray[np.float32]
    pose: NDArray[np.float32]
    expression: NDArray[np.float32]
    interest: NDArray[np.float32]
    gaze: NDArray[np.float32] | None
    blend: NDArray[np.float32] | None
    blend_mirror: NDArray[np.int64] | None


def measures_of(
    folder: FaceFolder, clip: NDArray[np.int64], frame: NDArray[np.int64], stills: NDArray[np.int64]
) -> Measures:
    """Labels of frames that have landmarks, followed by those of photographs.

    Expression and blendshapes are standardised by the statistics of the frames. Gaze is None unless all rows have it.
    """
    labels = folder.labels
    rows = labels.rows_of(clip, frame)
    expression = labels.expression[rows]
    landmarks, pose, gaze, blend = labels.landmarks[_landmark_rows(folder, clip, frame)], labels.pose[rows], None, None
    gaze = None if labels.gaze is None else labels.gaze[rows]
    blend = None if labels.blend is None else labels.blend[rows]
    usual, scores = deviations(expression, 1e-6), None if blend is None else deviations(blend, 0.02)
    if len(stills) and folder.stills is not None and folder.stills.labels is not None:
        found = folder.stills.labels
        landmarks = np.concatenate([landmarks, found.landmarks[stills]])
        pose = np.concatenate([pose, found.pose[stills]])
        expression = np.concatenate([expression, found.expression[stills]])
        gaze = _concatenated(gaze, found.gaze, stills)
        blend = _concatenated(blend, found.blend, stills)
    looking = np.zeros((len(landmarks), 2), np.float32) if gaze is None else gaze
    return Measures(
        landmarks=with_irises(with_forehead(landmarks), looking),
        pose=pose,
        expression=standardised_expression(expression, *usual),
        interest=_interest(expression),
        gaze=gaze,
        blend=None if blend is None or scores is None else standardised_scores(blend, *scores),
        blend_mirror=None if blend is None else mirrored_scores(labels.blend_names),
    )


def deviations(values: NDArray[np.float32], floor: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Median and standard deviation of each column (n, k), the latter plus `floor`."""
    return np.median(values, axis=0), values.std(axis=0) + np.float32(floor)


def standardised_expression(
    expression: NDArray[np.float32], centre: NDArray[np.float32], deviation: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Expression (n, k) in deviations from its centre, clipped to -3 … 4. centre, deviation: as of `deviations`"""
    standard: NDArray[np.float32] = np.clip((expression - centre) / deviation, -3, 4).astype(np.float32)
    return standard


def standardised_scores(
    blend: NDArray[np.float32], centre: NDArray[np.float32], deviation: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Blendshape scores (n, k) in deviations from their centre, clipped to -4 … 5."""
    standard: NDArray[np.float32] = np.clip((blend - centre) / deviation, -4, 5).astype(np.float32)
    return standard


def _interest(expression: NDArray[np.float32]) -> NDArray[np.float32]:
    opened = expression[:, 0].clip(0, 0.3) + 0.02
    shut = (_SHUT - expression[:, 2:4].mean(axis=1)).clip(0, _SHUT) / _SHUT
    interest: NDArray[np.float32] = (opened + 0.12 * shut).astype(np.float32)
    return interest


def _concatenated(
    frames: NDArray[np.float32] | None, stills: NDArray[np.float32] | None, rows: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Concatenate labels of frames and photographs; None if either is missing or they have different columns."""
    if frames is None or stills is None or frames.shape[1:] != stills.shape[1:]:
        return None
    return np.concatenate([frames, stills[rows]])


def _landmark_rows(folder: FaceFolder, clip: NDArray[np.int64], frame: NDArray[np.int64]) -> NDArray[np.int64]:
    ref = folder.labels.landmark_ref
    key = frame_keys(*ref.T)
    order = np.argsort(key)
    at: NDArray[np.int64] = order[np.searchsorted(key[order], frame_keys(clip, frame))]
    return at


def mirrored_scores(names: Sequence[str]) -> NDArray[np.int64]:
    """(b,) permutation of blendshape scores for a mirrored picture: Left and Right are exchanged."""
    at = {name: number for number, name in enumerate(names)}
    return np.array([at.get(_other_side(name), number) for number, name in enumerate(names)], np.int64)


def _other_side(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    if name.endswith("Right"):
        return name.removesuffix("Right") + "Left"
    return name
