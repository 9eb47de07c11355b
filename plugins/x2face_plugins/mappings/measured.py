"""Driving vectors whose pose, mouth and eyes are those that a network of its own measures in the pictures.

The driving network is trained with few people in motion, and reads the head, lips and gaze of strangers less exactly
than a network that was trained for nothing else, with thousands of people (docs/measuring.md). Factors write the
difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.driving import Factor, Source
from x2face_core.errors import MissingError, WeightsError
from x2face_core.networks.measuring import MEASURES
from x2face_core.sources.source import squared_distances
from x2face_plugins.smoothing import smoothed

COLUMNS = {"eyes": slice(5, 9), "mouth": slice(3, 5), "pose": slice(0, 3)}
"""Columns of MEASURES that are a factor's numbers, in the order in which factors are written."""
SHARES = (0.7, 0.7, 0.7, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9)
"""Of each of MEASURES, how much of what is measured counts beside what vectors tell, which errs in other ways."""
DEVIATIONS = (5.0, 6.5, 10.0, 0.03, 0.04, 0.07, 0.07, 0.08, 0.08)
"""Of each of MEASURES, the difference from the source that counts as 1 where the rest frame is looked for."""
STEADY = {"eyes": 0.025, "mouth": 0.025, "pose": 0.04}
"""Seconds of the Gaussian by which factors are smoothed in time; what is measured trembles more than heads do."""
_LIDS, _BLINKING = 2, 0.7  # of the eyes' numbers, those of lids; of their median in a film, less than which is a blink
_SHUT = 0.12  # eye widths between lids that are shut in a source
_EXACT = 0.01


@dataclass(frozen=True, eq=False)
class MeasuringEncoder:
    """Encodes crops of a driving face as a Source does, with the numbers of its factors measured in the pictures.

    factors: by name, those of COLUMNS that are fitted for the weights; none: it encodes as the source does
    """

    source: Source
    factors: dict[str, Factor]

    @classmethod
    def of(cls, source: Source) -> MeasuringEncoder:
        return cls(source, {name: factor for name in COLUMNS if (factor := _fitted(source, name)) is not None})

    @property
    def side(self) -> int:
        return self.source.side

    @property
    def workers(self) -> int:
        return int(getattr(self.source, "workers", 1))

    def encode(self, pictures: Tensor) -> Tensor:
        """Crops (n, 3, h, w) in [0, 1] to vectors (n, 128)."""
        vectors = self.source.encode(pictures)
        return corrected(vectors, self.source.measure(pictures), self.factors) if self.factors else vectors

    def steadied(self, vectors: Tensor, fps: float) -> Tensor:
        """Encoded vectors (n, 128) of successive pictures, with the numbers of factors smoothed in time."""
        for name, factor in self.factors.items():
            read = factor.read(vectors)
            steady = torch.cat(list(smoothed([read.float()], STEADY[name] * fps))).to(read)
            vectors = vectors + (factor.write(steady) - factor.write(read)).to(vectors)
        return vectors

    def squared_distances(self, vectors: Tensor) -> Tensor:
        """(n,) of encoded vectors (n, 128) from the source's first picture, in pose and expression, as encoded.

        inf while the driver blinks, for a source that squints would open its eyes as far as blinking ones do; not so
        for one whose own eyes are shut.
        """
        if not self.factors:
            return squared_distances(vectors, self.source.vector, self.source)
        own, deviations = self.encode(self.source.pictures[:1]), torch.tensor(DEVIATIONS)
        changes = [
            (factor.read(vectors) - factor.read(own)) / deviations[COLUMNS[name]].to(vectors)
            for name, factor in self.factors.items()
        ]
        far = torch.cat(changes, dim=1).square().sum(dim=1)
        return far if "eyes" not in self.factors else far.masked_fill(self._blinks(vectors, own), torch.inf)

    def _blinks(self, vectors: Tensor, own: Tensor) -> Tensor:
        """(n,): in which vectors (n, 128) of a film the lids are far from where they mostly are; own: (1, 128)"""
        lids, least = (self.factors["eyes"].read(rows)[:, :_LIDS].mean(1) for rows in (vectors, own))
        return (lids < _BLINKING * lids.median()) & (least > _SHUT)


def corrected(vectors: Tensor, measures: Tensor, factors: dict[str, Factor]) -> Tensor:
    """Vectors (n, 128) with SHARES of the factors' numbers as measured: (n, 9) of MEASURES."""
    shares = torch.tensor(SHARES)
    for name, factor in factors.items():
        columns, read = COLUMNS[name], factor.read(vectors)
        wanted = torch.lerp(read, measures[:, columns].to(read), shares[columns].to(read))
        vectors = vectors + (factor.write(wanted) - factor.write(read)).to(vectors)
    return vectors


def _fitted(source: Source, name: str) -> Factor | None:
    """A factor of the weights that writes what it reads, of the numbers that are measured; None without one."""
    try:
        factor = source.factor(name)
    except (MissingError, WeightsError):
        return None
    return factor if _reads_what_it_writes(factor, len(MEASURES[COLUMNS[name]])) else None


def _reads_what_it_writes(factor: Factor, count: int) -> bool:
    """Whether read(write(p)) = p for count numbers p, up to a constant; not so of the authors' own pose mapping."""
    one = torch.eye(count)
    try:
        read = factor.read(factor.write(one)) - factor.read(factor.write(torch.zeros_like(one)))
    except RuntimeError:  # another number of numbers
        return False
    return read.shape == one.shape and torch.allclose(read.float(), one, atol=_EXACT)
