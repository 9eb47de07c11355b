"""Head rotation beyond the range that the weights reproduce."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from x2face_core.suitability.findings import Finding, make_finding

YAW, PITCH = 30.0, 30.0
"""Range of rotation in degrees: 40° of yaw are rendered as 30°, 40° of pitch as 28°, 60° as 30° (docs/check.md)."""
OFTEN = 0.02
"""Largest share of frames beyond the range that is not warned of."""
_PITCH, _YAW = 1, 2  # indices in model.READINGS


@dataclass
class Turns:
    """Counts frames whose head rotation is beyond the range. yaw, pitch: largest absolute angles so far, in degrees"""

    frames: int = 0
    beyond: int = 0
    yaw: float = 0.0
    pitch: float = 0.0
    _limits: Tensor = field(default_factory=lambda: torch.tensor([PITCH, YAW]), repr=False)

    def add(self, readings: Tensor) -> None:
        """readings: (n, 7), model.READINGS of driving vectors"""
        angles = readings[:, [_PITCH, _YAW]].abs()
        self.frames += len(angles)
        self.beyond += int((angles > self._limits).any(dim=1).sum())
        if len(angles):
            self.pitch, self.yaw = max(self.pitch, float(angles[:, 0].max())), max(self.yaw, float(angles[:, 1].max()))

    def finding(self, remedy: str) -> Finding:
        """The finding over all frames so far. remedy: what to do about it"""
        how = f"{self.yaw:.0f}° sideways" if self.yaw > YAW else f"{self.pitch:.0f}° up or down"
        reach = f"{YAW:.0f}°" if self.yaw > YAW else f"{PITCH:.0f}°"
        says = f"in {self.beyond} of {self.frames} frames the head turns up to {how}, and the weights follow to {reach}"
        share = self.beyond / max(self.frames, 1)
        return make_finding(
            "turns", share <= OFTEN, "the head turns no further than the weights follow", says, remedy, share
        )
