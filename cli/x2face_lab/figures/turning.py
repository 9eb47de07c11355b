"""Heads turned about one axis at a time, by the mapping `pose` (paper 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from x2face_core.sources.source import ModelSource

AXES = ("roll", "pitch", "yaw")


def angles(span: tuple[float, float], steps: int) -> list[float]:
    """From one to the other, evenly spaced, both among them."""
    start, stop = span
    return [start + (stop - start) * k / max(steps - 1, 1) for k in range(steps)]


def turned(subject: ModelSource, axis: str, degrees: Sequence[float], *, absolute: bool = False) -> Tensor:
    """Driving vectors (n, 128) of a subject whose head is turned about one axis, the other two as they are.

    degrees: (n,), added to the subject's own pose; with `absolute` the head's own angle about that axis
    v = v_source + f(p) - f(p_source): asked for its own pose, the subject stays as it is.
    """
    pose = subject.factor("pose")
    own = pose.read(subject.vector[None])  # (1, 3)
    column = AXES.index(axis)
    target = own.repeat(len(degrees), 1)
    target[:, column] = torch.as_tensor(degrees).to(own) + (0 if absolute else own[0, column])
    return subject.vector + pose.write(target) - pose.write(own)
