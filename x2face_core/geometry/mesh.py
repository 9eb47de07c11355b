"""Pose, mouth, eyes, gaze and landmarks of a face, measured with mediapipe's face mesh (extra `landmarks`).

The variant with attention (`refine_landmarks`) is used, which tracks closing lids and lips and has irises; in the plain
one lids never close.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2face_core.errors import MissingError
from x2face_core.geometry.pose import head_pose, head_turn

# Vertices of the mesh nearest to the 68 landmarks in iBUG order.
IBUG = np.array(
    [162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389]  # jaw, from the picture's left
    + [71, 63, 105, 66, 107, 336, 296, 334, 293, 301]  # brows
    + [168, 197, 5, 4, 75, 97, 2, 326, 305]  # nose
    + [33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380]  # eyes
    + [61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181]  # lips, outside
    + [78, 82, 13, 312, 308, 317, 14, 87]  # lips, inside
)

_HEIGHT = (10, 152)  # hair line to chin
_MOUTH_OPEN = (13, 14)
_MOUTH_WIDTH = (61, 291)
_LIDS = ((159, 145), (386, 374))  # of the left and the right eye of the picture
_CORNERS = ((33, 133), (362, 263))
_IRISES = (468, 473)


@dataclass(frozen=True)
class Measured:
    """Measurements of one face.

    pose: (3,) roll, pitch, yaw in degrees, as head_pose
    expression: (4,) mouth_open, mouth_width, eye_left, eye_right (docs/data.md)
    gaze: (2,) offset of the iris from the middle of the eye corners in eye widths, right and down positive; mean of
        both eyes
    landmarks: (68, 3) iBUG order in widths of the picture, z negative towards the camera
    mesh: (478, 3) all vertices, in the same unit; 468 … 477 are the irises
    """

    pose: NDArray[np.float64]
    expression: NDArray[np.float64]
    gaze: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    mesh: NDArray[np.float64]


class FaceMesh:
    """Measures one face in each picture. Not thread-safe.

    follows: pictures are the frames of a film in order, and the face is tracked, which is faster and steadier; call
        `restart` before another film. False: each picture is searched independently.
    MissingError if the extra is not installed.
    """

    def __init__(self, *, follows: bool = True) -> None:
        make = _face_mesh()
        with _stderr_silenced():
            self._mesh: Any = make(static_image_mode=not follows, max_num_faces=1, refine_landmarks=True)
            self._start_threads()

    def _start_threads(self) -> None:
        """Process a blank picture, so that the library starts its threads while stderr is silenced."""
        self._mesh.process(np.zeros((64, 64, 3), np.uint8))
        self._new = True

    def measure(self, picture: NDArray[np.uint8]) -> Measured | None:
        """Measure the face in a picture (h, w, 3) uint8 RGB; None if there is none."""
        picture = np.ascontiguousarray(picture)
        with _stderr_silenced() if self._new else nullcontext():
            found = self._mesh.process(picture)
        if not found.multi_face_landmarks:
            return None
        self._new = False
        height, width = picture.shape[:2]
        points = [(p.x, p.y, p.z) for p in found.multi_face_landmarks[0].landmark]
        return measured(np.array(points) * [1, height / width, 1])

    def restart(self) -> None:
        """Reset the tracking: the next picture belongs to another film."""
        with _stderr_silenced():
            self._mesh.reset()
            self._start_threads()

    def close(self) -> None:
        self._mesh.close()

    def __enter__(self) -> FaceMesh:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def measured(mesh: NDArray[np.float64]) -> Measured:
    """Measurements from the vertices (478, 3) of a mesh; distances are three-dimensional, so pose does not matter."""
    height = _distance(mesh, _HEIGHT)
    eyes = [_distance(mesh, lids) / _distance(mesh, ends) for lids, ends in zip(_LIDS, _CORNERS, strict=True)]
    mouth = [_distance(mesh, _MOUTH_OPEN) / height, _distance(mesh, _MOUTH_WIDTH) / height]
    landmarks = mesh[IBUG]
    return Measured(head_pose(landmarks), np.array(mouth + eyes), _gaze(mesh, landmarks), landmarks, mesh)


def _gaze(mesh: NDArray[np.float64], landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2,) gaze, with the face rotated to the front."""
    front = mesh @ head_turn(landmarks)
    eyes = [
        (front[iris] - front[list(ends)].mean(axis=0))[:2] / _distance(mesh, ends)
        for iris, ends in zip(_IRISES, _CORNERS, strict=True)
    ]
    gaze: NDArray[np.float64] = np.mean(eyes, axis=0)
    return gaze


def _distance(mesh: NDArray[np.float64], ends: tuple[int, int]) -> float:
    return max(float(np.linalg.norm(mesh[ends[0]] - mesh[ends[1]])), 1e-9)


def require_mesh() -> None:
    """MissingError if the extra `landmarks` is not installed."""
    _face_mesh()


def _face_mesh() -> Any:
    with _stderr_silenced():
        try:
            from mediapipe.python.solutions.face_mesh import FaceMesh as Mesh
        except ImportError as error:
            raise MissingError(
                f"landmarks need mediapipe's face mesh, which is not there ({error}); pip install 'x2face[landmarks]'."
            ) from None
    return Mesh


@contextmanager
def _stderr_silenced() -> Iterator[None]:
    """Redirect the stderr descriptor while mediapipe's C++ libraries start, which write to it directly."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
