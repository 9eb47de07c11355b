"""The layers of a VGG network, as read from any of the public formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

VGG_FACE_MEAN = (129.1863, 104.7624, 93.5940)
"""Mean RGB of VGG-Face, 0 to 255 (published with its networks)."""


@dataclass(frozen=True)
class Layers:
    """The layers of a VGG network in order, as a file holds them.

    convolutions: weight (out, in, 3, 3) and bias (out,); norms: the four tensors of each batch norm, or none
    dense: weight (out, in) and bias (out,)
    mean, deviation: of RGB in [0, 1]
    """

    convolutions: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    norms: list[dict[str, Tensor]] = field(default_factory=list)
    dense: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    mean: Sequence[float] = tuple(value / 255 for value in VGG_FACE_MEAN)
    deviation: Sequence[float] = (1 / 255,) * 3
