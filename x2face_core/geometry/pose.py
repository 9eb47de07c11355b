"""Head pose from 68 landmarks: the rotation that aligns the upper face with a frontal mean face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UPPER_FACE = np.array([0, 1, 2, 14, 15, 16, *range(17, 48)])
"""Ends of the jaw line, brows, nose and eyes, which speech and smiles move little."""

# The frontal mean of UPPER_FACE as x, y, z, in ten thousandths of the root of its sum of squares. Computed from the
# landmarks and poses of 3,015 labelled clips and symmetrised; its pitch is their median.
_FRONT = """
-2097 -442 1339  -2107 501 1781  -2079 962 1788  2079 962 1788  2107 501 1781  2097 -442 1339
-1875 -707 524  -1555 -783 -107  -1255 -882 -312  -873 -867 -494  -443 -821 -587
443 -821 -587  873 -867 -494  1255 -882 -312  1555 -783 -107  1875 -707 524
0 -283 -556  0 175 -849  0 596 -1198  0 865 -1274
-389 1177 -621  -225 1296 -687  0 1295 -737  225 1296 -687  389 1177 -621
-1394 -127 119  -1177 -243 -88  -857 -262 -143  -544 -89 -44  -828 -17 -108  -1144 -21 -53
544 -89 -44  857 -262 -143  1177 -243 -88  1394 -127 119  1144 -21 -53  828 -17 -108
"""
FRONT: Floats = np.array(_FRONT.split(), float).reshape(-1, 3) / 10_000

_PITCH = 1.044  # the mesh underestimates pitch a little; fitted to the labels' degrees


def head_pose(landmarks: NDArray[np.floating]) -> Floats:
    """Roll, pitch and yaw in degrees; positive is clockwise in the picture, up, and to the picture's right.

    landmarks: (…, 68, 3) in any unit, x right, y down, z away from the camera. Returns (…, 3).
    """
    turn = head_turn(landmarks)
    roll = np.arctan2(turn[..., 1, 0], turn[..., 0, 0])
    pitch = _PITCH * np.arcsin(np.clip(turn[..., 1, 2], -1, 1))
    yaw = np.arctan2(-turn[..., 0, 2], turn[..., 2, 2])
    degrees: Floats = np.degrees(np.stack([roll, pitch, yaw], axis=-1))
    return degrees


def head_turn(landmarks: NDArray[np.floating]) -> Floats:
    """The rotation (…, 3, 3) of landmarks (…, 68, 3) against the frontal face, by orthogonal Procrustes.

    Row vectors are rotated to the front by `points @ head_turn(landmarks)`.
    """
    points = np.asarray(landmarks, float)[..., UPPER_FACE, :]
    centred = points - points.mean(axis=-2, keepdims=True)
    left, _, right = np.linalg.svd(np.swapaxes(centred, -1, -2) @ FRONT)
    left[..., 2] *= np.sign(np.linalg.det(left @ right))[..., None]  # a proper rotation, not a reflection
    turn: Floats = left @ right
    return turn
