"""Reading folders of labelled face tracks by `x2face prepare` (docs/data.md), for fitting mappings.

It imports torch and codecs, and is provisional.
"""

from __future__ import annotations

from x2face_core.data.folder import Clip, FaceFolder, Labels
from x2face_core.data.loading import decode
from x2face_core.data.stills import StillLabels, Stills
from x2face_core.data.tables import Split
from x2face_core.geometry.landmarks import RIGID, canonical_layout, with_forehead
from x2face_core.geometry.pose import head_pose
from x2face_core.geometry.turning import Turner

__all__ = [
    "RIGID",
    "Clip",
    "FaceFolder",
    "Labels",
    "Split",
    "StillLabels",
    "Stills",
    "Turner",
    "canonical_layout",
    "decode",
    "head_pose",
    "with_forehead",
]
