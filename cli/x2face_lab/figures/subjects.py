"""Those whom a figure shows: each source is somebody else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from x2face_core.driving import EmbeddedFace
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_pictures
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveOverlay
from x2face_core.streaming.batching import batches

BATCH = 8


def portrait(subject: ModelSource) -> Picture:
    """The source as it was cropped: (h, w, 3)."""
    return np.asarray(to_pictures(subject.pictures[:1])[0])


def laid_out(face: EmbeddedFace) -> Picture:
    """The embedded face as a picture (h, w, 3)."""
    return np.asarray(to_pictures(face.texture[None])[0])


def painted(face: EmbeddedFace, overlays: Sequence[ActiveOverlay], seconds: float = 0.0) -> EmbeddedFace:
    """The face with what the overlays paint on it at a moment."""
    for overlay in overlays:
        face = overlay.on(face, seconds)
    return face


def rendered(subject: ModelSource, vectors: Tensor, face: EmbeddedFace | None = None) -> list[Picture]:
    """Frames (h, w, 3) of driving vectors (n, 128). face: instead of the subject's own"""
    frames: list[Picture] = []
    for _, rows in batches(vectors, BATCH):
        frames += list(to_pictures(subject.model.render(face or subject.face, torch.stack(rows).float())))
    return frames
