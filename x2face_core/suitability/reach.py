"""How far the weights can turn a head, and how often more is asked of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from x2face_core.suitability.findings import Finding, judged

YAW, PITCH = 30.0, 40.0
"""Degrees up to which heads follow; of 40° of yaw that are asked for 28° are seen, of 60° 30° (docs/check.md)."""
OFTEN = 0.02
"""Share of the frames beyond from which on it is told."""
_PITCH, _YAW = 1, 2  # of model.READINGS


@dataclass
class Turns:
    """Counts frames that turn the head further than it follows; yaw and pitch: the largest so far."""

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
        """remedy: what would do"""
        how = f"{self.yaw:.0f}° sideways" if self.yaw > YAW else f"{self.pitch:.0f}° up or down"
        reach = f"{YAW:.0f}°" if self.yaw > YAW else f"{PITCH:.0f}°"
        says = f"in {self.beyond} of {self.frames} frames the head turns up to {how}, and the weights follow to {reach}"
        share = self.beyond / max(self.frames, 1)
        return judged("turns", share <= OFTEN, "the head turns no further than the weights follow", says, remedy, share)
