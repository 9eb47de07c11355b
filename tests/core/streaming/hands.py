"""Drivers, a source and factors made by hand, with vectors of two numbers; the source's own vector is (1, 2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
import torch

from x2face_core.driving import Chunk
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.composing import compose

from ...acting import active


@dataclass
class Rows:
    """A driver that yields its rows one chunk each, and counts them."""

    rows: list[list[float]]
    fps: float = 10.0
    pulled: int = 0

    def drive(self, source: Any) -> Any:
        for row in self.rows:
            self.pulled += 1
            yield Chunk(np.array([row], dtype=float), self.fps)


class Rising:
    """For ever: (0, 0), (1, 1), (2, 2), … at the rate that the source says."""

    def drive(self, source: Any) -> Any:
        for k in count():
            yield Chunk(np.full((1, 2), float(k)), source.fps)


@dataclass
class Yields:
    chunks: list[Any]

    def drive(self, source: Any) -> Any:
        yield from self.chunks


@dataclass(frozen=True)
class Still:
    vector: Any = field(default_factory=lambda: torch.tensor([1.0, 2.0]))
    fps: float = 25.0

    def at(self, fps: float) -> Still:
        return replace(self, fps=fps)

    def factor(self, name: str) -> Any:
        return {"first": Reads([[1.0, 0.0]], [[1.0, 0.0]]), "slant": Reads([[1.0, 1.0]], [[0.0, 1.0]])}[name]


@dataclass
class Reads:
    """A factor of one number: r(v) = reading · v, w(p) = p writing, with reading · writing = 1."""

    reading: list[list[float]]
    writing: list[list[float]]

    def read(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors @ torch.tensor(self.reading).T

    def write(self, values: torch.Tensor) -> torch.Tensor:
        return values @ torch.tensor(self.writing)


def part(rows: list[list[float]], fps: float = 10.0, **more: Any) -> ActiveDriver:
    return active("hand", Rows(rows, fps), **more)


def vectors_of(*parts: ActiveDriver, **more: Any) -> list[list[float]]:
    return [row.vector.tolist() for row in compose(parts, Still(), **more).rows]
