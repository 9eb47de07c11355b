"""Affine maps and their right inverses, for factors that read and write linearly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


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
    """A factor of k numbers whose read and write are affine; subclasses set `reading` and `writing` in `fit`."""

    def __init__(self, k: int) -> None:
        self.reading = Affine(torch.zeros(k, 128), torch.zeros(k))
        self.writing = Affine(torch.zeros(128, k), torch.zeros(128))

    def read(self, vectors: Tensor) -> Tensor:
        """(n, 128) to (n, k)."""
        return self.reading(vectors)

    def write(self, values: Tensor) -> Tensor:
        """(n, k) to (n, 128), up to a constant offset: only differences between two results are meaningful."""
        return self.writing(values)

    def state_dict(self) -> dict[str, Tensor]:
        return {
            "read.weight": self.reading.weight,
            "read.bias": self.reading.bias,
            "write.weight": self.writing.weight,
            "write.bias": self.writing.bias,
        }

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        self.reading = Affine(state["read.weight"].float(), state["read.bias"].float())
        self.writing = Affine(state["write.weight"].float(), state["write.bias"].float())
