"""How far a head turns at most when another person's motion drives it.

Past some angle frames fold at the face's far edge, and the side that a turned source hides is a blur. A head that is
asked to turn further slows down before it comes there.
"""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.driving import Source
from x2face_core.suitability.reach import PITCH, YAW
from x2face_plugins.mappings.affine import AffineFactor

ROLL = 45.0
"""Degrees to which heads tip at most: rotations in the picture reach further than turns out of it."""
HIDES = 1.6
"""Degrees by which a head reaches less to the side that it hides, for each by which the source is turned from it."""
FREE = 0.7
"""Share of the way from the source's own angle to the limit that is gone as asked; beyond it the head slows down."""
_LEAST = 3.0  # degrees that are left to a source that is at its limit already
_ANGLES, _YAW = 3, 2  # number of angles, and the yaw's index


class Reach:
    """Limits of roll, pitch and yaw for one source.

    To the side that it faces a source turns to YAW. To the other, of which it shows less the further it is turned, it
    turns the less: a head that looks ahead to -30°, one at 10° to -14°, one at 20° to 2°. Of several pictures each adds
    what it reaches.

    low, high: (1, 3) limits in degrees
    """

    def __init__(self, factor: AffineFactor, own: Tensor, pictures: Tensor) -> None:
        """own: (128,) vector of the source; pictures: (m, 128) vectors of all of its pictures"""
        self.factor, self.own = factor, own
        self._at = factor.read(own[None])
        most, shown = torch.tensor([ROLL, PITCH, YAW]).to(self._at), factor.read(pictures)
        hides = torch.zeros_like(shown)
        hides[:, _YAW] = HIDES * shown[:, _YAW]
        self.low = torch.minimum(hides.clamp_min(0) - most, shown - _LEAST).amin(0, keepdim=True)
        self.high = torch.maximum(hides.clamp_max(0) + most, shown + _LEAST).amax(0, keepdim=True)

    @classmethod
    def of(cls, factor: AffineFactor, source: Source) -> Reach | None:
        """The limits of a source; None for a factor of other numbers than roll, pitch and yaw."""
        return cls(factor, source.vector, source.encode(source.pictures)) if len(factor.shown) == _ANGLES else None

    def limited(self, angles: Tensor) -> Tensor:
        """Angles (n, 3) in degrees as asked to those that are gone: monotone, never past the limits."""
        change = angles - self._at
        room = torch.where(change < 0, self.low - self._at, self.high - self._at)
        way = change / room
        slowed = FREE + (1 - FREE) * torch.tanh((way - FREE) / (1 - FREE))
        return self._at + room * torch.where(way > FREE, slowed, way)

    def added(self, offsets: Tensor) -> Tensor:
        """(n, 128) to add to offsets (n, 128) from the source's vector."""
        asked = self.factor.read(self.own + offsets)
        return self.factor.write(self.limited(asked)) - self.factor.write(asked)
