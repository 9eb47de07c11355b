"""Affine maps and their right inverses, for factors that read and write linearly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.driving import Factor
from x2face_plugins.mappings.correcting import Correction


@dataclass(frozen=True, eq=False)
class Affine:
    """The map x to weight @ x + bias, for rows x (n, d). weight: (k, d); bias: (k,)"""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return x @ self.weight.to(x).T + self.bias.to(x)

    def float(self) -> Affine:
        return Affine(self.weight.float().contiguous(), self.bias.float())


def inverse(reading: Affine, writing: Affine) -> Affine:
    """A right inverse of `reading` with the range of `writing`: read(write(p)) = p."""
    weight = writing.weight @ torch.linalg.inv(reading.weight @ writing.weight)
    return Affine(weight, writing.bias - weight @ reading(writing.bias))


class AffineFactor:
    """A factor of k numbers whose read and write are affine; subclasses set `reading` and `writing` in `fit`.

    shown: (k,) how much of a change that is written rendered frames show; 1 until it is measured (showing.py)
    followed: (k,) how much of another person's change they show, when it is transferred; 1 until it is measured
    (following.py)
    limits: (k, 2) least and largest number that faces have; None until `fit` sets them
    correction: of another person's change, when it is transferred; None until it is measured (correction_fitting.py)
    spans: least and largest change of each number for which `shown` holds
    shut: numbers whose lower limit is a state that all faces share, such as shut lids
    hidden: numbers that are not seen there, such as the gaze
    """

    def __init__(
        self,
        k: int,
        spans: Sequence[tuple[float, float]] = (),
        shut: Sequence[int] = (),
        hidden: Sequence[int] = (),
    ) -> None:
        self.reading = Affine(torch.zeros(k, 128), torch.zeros(k))
        self.writing = Affine(torch.zeros(128, k), torch.zeros(128))
        self.shown = torch.ones(k)
        self.followed = torch.ones(k)
        self.limits: Tensor | None = None
        self.correction: Correction | None = None
        self.spans, self.shut, self.hidden = tuple(spans), tuple(shut), tuple(hidden)

    def read(self, vectors: Tensor) -> Tensor:
        """(n, 128) to (n, k)."""
        return self.reading(vectors)

    def write(self, values: Tensor) -> Tensor:
        """(n, k) to (n, 128), up to a constant offset: only differences between two results are meaningful."""
        return self.writing(values)

    def compensated(self, change: Tensor) -> Tensor:
        """What to write (n, k) so that frames show a change (n, k); what is added stays the same beyond the spans."""
        if not self.spans:
            return change
        low, high = torch.tensor(self.spans).to(change).unbind(1)
        return change + (1 / self.shown.to(change) - 1) * torch.minimum(torch.maximum(change, low), high)

    def state_dict(self) -> dict[str, Tensor]:
        state = {
            "read.weight": self.reading.weight,
            "read.bias": self.reading.bias,
            "write.weight": self.writing.weight,
            "write.bias": self.writing.bias,
            "shown": self.shown,
            "followed": self.followed,
        }
        if self.limits is not None:
            state["limits"] = self.limits
        return state if self.correction is None else state | self.correction.state_dict()

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Set what was stored; files of earlier versions lack what was measured later."""
        k = len(state["read.bias"])
        self.reading = Affine(state["read.weight"].float(), state["read.bias"].float())
        self.writing = Affine(state["write.weight"].float(), state["write.bias"].float())
        self.shown = state["shown"].float() if "shown" in state else torch.ones(k)
        self.followed = state["followed"].float() if "followed" in state else torch.ones(k)
        self.limits = state["limits"].float() if "limits" in state else None
        self.correction = Correction.of(state)


def offset_of(factor: Factor | AffineFactor, own: Tensor, change: Tensor) -> Tensor:
    """Offsets (n, 128) from a face whose numbers are own (1, k), so that frames show a change (n, k) of a factor.

    Factors that do not know how much frames show have it written as it is.
    """
    change = change.to(own)
    written = factor.compensated(change) if isinstance(factor, AffineFactor) else change
    return factor.write(own + written) - factor.write(own)
