"""The pose driver: v = v_source + f(p) - f(p_source), where f is the mapping from poses to vectors (paper 4.1)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from x2face_plugins import Chunk, Source
from x2face_plugins.mappings.affine import offset_of
from x2face_pose.courses import course_of
from x2face_pose.curves import Floats
from x2face_pose.settings import AXES, Settings

BATCH = 256
_REACH = {"roll": 40.0, "pitch": 24.0, "yaw": 32.0}  # beyond them the face stretches more than it turns (docs/pose.md)


class PoseDriver:
    """Offsets that turn the head by given angles; with `absolute`, vectors for given poses.

    The difference is f(p) - f(p_source) as in the released code, not f(p - p_source) as printed, which differs by the
    constant of f: the source's own pose then gives no change. f is asked for as much more as frames show less.
    """

    def __init__(self, settings: Settings) -> None:
        self.relative = not settings.absolute
        self.course = course_of(settings)
        self.frames: int | None = None
        self.warnings: list[str] = []

    def drive(self, source: Source) -> Iterator[Chunk]:
        pose = source.factor("pose")
        own, fps = pose.read(source.vector[None]), source.fps
        self.frames = self.course.frames(fps)
        furthest = np.zeros(len(AXES))
        for start in range(0, self.frames, BATCH):
            rows = np.arange(start, min(start + BATCH, self.frames), dtype=float)
            target = self._target(self.course.degrees(rows, fps), own)
            furthest = np.maximum(furthest, target.abs().amax(0).double().numpy())
            self.warnings = _beyond(furthest)
            offsets = offset_of(pose, own, target - own)
            yield Chunk(offsets if self.relative else source.vector + offsets, fps)

    def _target(self, degrees: Floats, own: Tensor) -> Tensor:
        """The target pose (n, 3); axes that are not given (NaN) keep the source's own pose (1, 3)."""
        degrees_or_nan = torch.from_numpy(degrees).to(own)
        named = own + degrees_or_nan if self.relative else degrees_or_nan
        return torch.where(degrees_or_nan.isnan(), own, named)


def _beyond(furthest: Floats) -> list[str]:
    """Warnings for poses beyond those in the training data."""
    return [
        f"The head goes to {degrees:.0f} degrees of {axis}; beyond {_REACH[axis]:.0f} the face is drawn out of shape."
        for axis, degrees in zip(AXES, furthest, strict=True)
        if degrees > _REACH[axis]
    ]
