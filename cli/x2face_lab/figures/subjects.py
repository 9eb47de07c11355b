"""Pictures of the subjects of a figure; each source is a different person."""

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
    """The cropped source (h, w, 3)."""
    return np.asarray(to_pictures(subject.pictures[:1])[0])


def laid_out(face: EmbeddedFace) -> Picture:
    """The embedded face as a picture (h, w, 3)."""
    return np.asarray(to_pictures(face.texture[None])[0])


def painted(face: EmbeddedFace, overlays: Sequence[ActiveOverlay], seconds: float = 0.0) -> EmbeddedFace:
    """Apply overlays to a face at a time in seconds."""
    for overlay in overlays:
        face = overlay.on(face, seconds)
    return face


def rendered(subject: ModelSource, vectors: Tensor, face: EmbeddedFace | None = None) -> list[Picture]:
    """Render driving vectors (n, 128) to frames (h, w, 3). face: replaces the subject's own"""
    frames: list[Picture] = []
    for _, rows in batches(vectors, BATCH):
        frames += list(to_pictures(subject.model.render(face or subject.face, torch.stack(rows).float())))
    return frames
