"""Reading and writing recorded motion (`x2face run --record`). Provisional."""

from __future__ import annotations

from x2face_core.streaming.motion_file import Motion, Origin, read_motion, write_motion
from x2face_core.weights import list_weights

__all__ = ["Motion", "Origin", "read_motion", "weights_of", "write_motion"]


def weights_of(space: str) -> str:
    """Name of the installed weights with a driving space, "" if there are none."""
    return next((info.name for info in list_weights() if info.fingerprint == space), "")
