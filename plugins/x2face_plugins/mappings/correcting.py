"""Correcting what is transferred of another person's pose, by what its vectors tell and frames of others show of it.

Angles are read from vectors linearly, and what is read of a driver's change is not quite what its film shows, nor what
frames of another face show when it is added to its vector. Two maps, fitted by correction_fitting.py, tell both; their
difference is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from x2face_plugins.mappings.affine import AffineFactor

SHARE = 0.7
"""How much of what is missing is written: what is told is noisy, and writing all of it makes heads unsteady."""
BOUND = 1 / 3
"""Largest correction, as a share of the largest change in the factor's spans."""
_FURTHEST = 2.0  # spans beyond which products grow no more


@dataclass(frozen=True, eq=False)
class Correction:
    """Two maps of a factor with k numbers.

    told: (k, 128 + k (k + 1) / 2), from `features` of a driver's vectors to its numbers, up to a constant
    shows: (k, 128), from offsets to the change of the numbers that frames of other people show
    """

    told: Tensor
    shows: Tensor

    def state_dict(self) -> dict[str, Tensor]:
        return {"told": self.told, "shows": self.shows}

    @classmethod
    def of(cls, state: Mapping[str, Tensor]) -> Correction | None:
        """From a factor's state; None in files without one."""
        return cls(state["told"].float(), state["shows"].float()) if "told" in state and "shows" in state else None


def features(factor: AffineFactor, vectors: Tensor) -> Tensor:
    """(n, 128 + k (k + 1) / 2): vectors (n, 128) and products of the numbers read from them, in spans."""
    numbers = (factor.read(vectors) / largest(factor).to(vectors)).clamp(-_FURTHEST, _FURTHEST)
    row, column = torch.triu_indices(numbers.shape[1], numbers.shape[1])
    return torch.cat([vectors, numbers[:, row] * numbers[:, column]], dim=1)


def largest(factor: AffineFactor) -> Tensor:
    """(k,) largest change of each number in the factor's spans."""
    return torch.tensor([high for _, high in factor.spans])


class Corrected:
    """Adds to offsets of one driving face what they miss of its change of a factor's numbers."""

    def __init__(self, factor: AffineFactor, correction: Correction, rest: Tensor, *, measured: bool = False) -> None:
        """rest: (128,) the driver's rest vector

        measured: the driver's vectors hold the numbers that its pictures show (measured.py), so that nothing needs to
            be told of them
        """
        self.factor, self.correction, self.measured, self.rest = factor, correction, measured, rest
        self._zero = torch.zeros(1, len(correction.shows))
        step = factor.write(torch.eye(len(correction.shows))) - factor.write(self._zero)
        self._written = torch.linalg.inv(step @ correction.shows.T)
        self._rest = self._told(rest[None])
        self._bound = BOUND * largest(factor)

    def by(self, correction: Correction) -> Corrected:
        """The same by another correction."""
        return Corrected(self.factor, correction, self.rest, measured=self.measured)

    def added(self, vectors: Tensor, offsets: Tensor) -> Tensor:
        """(n, 128) to add to offsets (n, 128). vectors: (n, 128) of the driver"""
        told = self._told(vectors) - self._rest.to(vectors)
        bound = self._bound.to(vectors)
        missing = SHARE * (told - offsets @ self.correction.shows.to(offsets).T)
        numbers = missing.clamp(-bound, bound) @ self._written.to(missing)
        return self.factor.write(numbers) - self.factor.write(self._zero.to(missing))

    def _told(self, vectors: Tensor) -> Tensor:
        """(n, k) numbers of the driver, up to a constant."""
        if self.measured:
            return self.factor.read(vectors)
        return features(self.factor, vectors) @ self.correction.told.to(vectors).T
