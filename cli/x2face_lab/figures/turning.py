"""Driving vectors for turns about one axis, by the mapping `pose` (paper 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from x2face_core.sources.source import ModelSource
from x2face_plugins.mappings.affine import offset_of

AXES = ("roll", "pitch", "yaw")


def angles(span: tuple[float, float], steps: int) -> list[float]:
    """Evenly spaced angles over a span, both ends included."""
    start, stop = span
    return [start + (stop - start) * k / max(steps - 1, 1) for k in range(steps)]


def turned(subject: ModelSource, axis: str, degrees: Sequence[float], *, absolute: bool = False) -> Tensor:
    """Driving vectors (n, 128) of a subject turned about one axis, with the other two angles unchanged.

    degrees: (n,), added to the subject's own angle; with `absolute`, the angle itself
    v = v_source + f(p) - f(p_source), as the driver `pose` turns it, so the own pose gives no change.
    """
    pose = subject.factor("pose")
    own = pose.read(subject.vector[None])  # (1, 3)
    column = AXES.index(axis)
    target = own.repeat(len(degrees), 1)
    target[:, column] = torch.as_tensor(degrees).to(own) + (0 if absolute else own[0, column])
    return subject.vector + offset_of(pose, own, target - own)
