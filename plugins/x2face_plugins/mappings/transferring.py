"""Motion of another face as offsets from its rest frame.

Its expression is amplified by as much as frames lose of it, and its head's pose corrected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.driving import Factor, Source
from x2face_core.errors import MissingError, WeightsError
from x2face_plugins.mappings.affine import AffineFactor
from x2face_plugins.mappings.correcting import Corrected

EXPRESSION = ("mouth", "eyes")
"""Factors that are amplified."""
POSE = "pose"
"""The factor that is corrected."""
MOST = 1.5
"""Largest gain that makes up for what frames do not show; 1.7 of the width cost correlation of mouth and pitch."""


def makes_up(factor: Factor | AffineFactor) -> Tensor:
    """(k,) gain, 1 to MOST, by which a factor's change is amplified; 1 where it is not known what frames show of it."""
    if not isinstance(factor, AffineFactor):
        return torch.ones(1)
    return (1 / factor.followed).clamp(1.0, MOST)


@dataclass(frozen=True, eq=False)
class Amplified:
    """A factor whose change is multiplied. gain: (k,)

    Within the factor's limits only: no face opens its mouth further than people do, and lids stop where they are shut.
    """

    factor: Factor | AffineFactor
    gain: Tensor

    def added(self, own: Tensor, change: Tensor) -> Tensor:
        """(n, 128) to add to offsets. own: (1, k) numbers of the source; change: (n, k) from the driver's rest frame"""
        plain = own + change
        wanted = own + self.gain.to(change) * change
        if isinstance(self.factor, AffineFactor) and self.factor.limits is not None:
            low, high = self.factor.limits.to(change).unbind(1)
            least, most = torch.minimum(own, plain), torch.maximum(own, plain)
            wanted = torch.minimum(torch.maximum(wanted, torch.minimum(low, least)), torch.maximum(high, most))
        return self.factor.write(wanted) - self.factor.write(plain)


class Transfer:
    """Offsets (n, 128) from vectors (n, 128) of a driving face.

    They are vectors - rest, where the change of each amplified factor is multiplied by its gain, and the pose of the
    result is corrected. Where all gains are 1 and nothing is corrected they are exactly that (paper 3.2 has the vectors
    themselves; offsets keep the source's own pose).
    """

    def __init__(
        self, own: Tensor, rest: Tensor, amplified: Sequence[Amplified] = (), corrected: AffineFactor | None = None
    ) -> None:
        """own, rest: (128,) vectors of the source, and of the driver's frame that corresponds to it

        corrected: factor whose correction is applied, if it has one
        """
        self.own, self.rest = own, rest
        correction = None if corrected is None else corrected.correction
        self.corrected = None if corrected is None or correction is None else Corrected(corrected, correction, rest)
        self.amplified = [one for one in amplified if not bool((one.gain == 1).all())]

    @classmethod
    def of(
        cls, source: Source, rest: Tensor, amount: float = 1.0, *, raw: bool = False, raw_pose: bool = False
    ) -> Transfer:
        """The transfer of a run.

        amount: of expression; 1: as much as the driver's, 0: none of it, 2: twice as much
        raw: do not make up for what frames show less, nor correct the pose
        raw_pose: do not correct the pose
        MissingError or WeightsError for another amount than 1 if a factor is not fitted for the weights; at 1 it is
        then left as it is.
        """
        corrected = None if raw or raw_pose else _corrected(source)
        return cls(source.vector, rest, list(_amplified(source, amount, raw=raw)), corrected)

    def __call__(self, vectors: Tensor) -> Tensor:
        offsets = vectors - self.rest
        for one in self.amplified:
            read = one.factor.read
            change = read(vectors) - read(self.rest[None])
            offsets = offsets + one.added(read(self.own[None]).to(change), change).to(offsets)
        return offsets if self.corrected is None else offsets + self.corrected.added(vectors, offsets)


def _corrected(source: Source) -> AffineFactor | None:
    """The factor of the pose; None where it is not fitted for the weights."""
    try:
        factor = source.factor(POSE)
    except (MissingError, WeightsError):
        return None
    return factor if isinstance(factor, AffineFactor) else None


def _amplified(source: Source, amount: float, *, raw: bool) -> Iterator[Amplified]:
    for name in EXPRESSION if amount != 1 or not raw else ():
        try:
            factor = source.factor(name)
        except (MissingError, WeightsError):
            if amount != 1:
                raise
            continue
        yield Amplified(factor, amount * (torch.ones(1) if raw else makes_up(factor)))
