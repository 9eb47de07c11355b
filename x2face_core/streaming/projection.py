"""Projection of offsets on factors, such as the pose: their part is taken out, or kept alone.

A factor reads numbers from a vector, r(v), and writes them, w(p), with r(w(p)) = p. Its part of an offset o from a
vector s is w(r(s + o)) - w(r(s)): a projection. The part of several factors is the sum of what each
has to write so that all of them read what they read from s + o. If one reads what another writes, this differs from
the sum of their projections; it does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from x2face_core.driving import Chunk, Factor
from x2face_core.errors import PluginError, UsageError
from x2face_core.foreign import Owner, call_foreign
from x2face_core.streaming.vectors import Vectors, as_vectors

_STEP = 0.25  # of a factor's unit: step of the finite differences of the crosstalk
_LEAST = 1e-3  # determinant of the crosstalk matrix below which factors are not independent


class FactorSpace:
    """The projection on some factors at one vector.

    factors: by name, for errors; source_vector: (128,), the vector s that offsets start from
    PluginError if a factor fails; UsageError for factors that are not independent.
    """

    def __init__(self, factors: Mapping[str, Factor], source_vector: Vectors) -> None:
        self._factors, self._source_vector = dict(factors), source_vector
        self._own = {name: self._read(name, source_vector[None]) for name in factors}  # (1, k) each
        self._rest = {name: self._write(name, own) for name, own in self._own.items()}  # (1, 128) each

    def part(self, offsets: Vectors) -> Vectors:
        """(n, 128): the part of offsets (n, 128) that belongs to the factors."""
        read = {name: self._read(name, self._source_vector + offsets) for name in self._factors}
        if len(read) > 1:
            read = self._disentangled(read)
        parts: Vectors = np.sum([self._write(name, values) - self._rest[name] for name, values in read.items()], axis=0)
        return parts

    def _disentangled(self, read: Mapping[str, Vectors]) -> dict[str, Vectors]:
        """Numbers (n, k) that each factor has to write, so that together they read the given numbers."""
        moved = np.concatenate([values - self._own[name] for name, values in read.items()], axis=1)  # (n, all k)
        shares = np.linalg.solve(self._crosstalk, moved.T).T
        ends = np.cumsum([own.shape[1] for own in self._own.values()])[:-1]
        parts = np.split(shares, ends, axis=1)
        return {name: own + part for (name, own), part in zip(self._own.items(), parts, strict=True)}

    @cached_property
    def _crosstalk(self) -> Vectors:
        """(all k, all k) matrix: change of each number read (row) for each number written (column)."""
        rows = []
        for name, own in self._own.items():
            offsets = self._write(name, own + _STEP * np.eye(own.shape[1])) - self._rest[name]
            seen = [self._read(other, self._source_vector + offsets) - self._own[other] for other in self._own]
            rows.append(np.concatenate(seen, axis=1) / _STEP)  # (k, all k)
        table: Vectors = np.concatenate(rows, axis=0).T
        if abs(np.linalg.det(table)) < _LEAST:
            raise UsageError(f"The factors {' and '.join(self._own)} cannot be told apart; name one of them.")
        return table

    def _read(self, name: str, vectors: Vectors) -> Vectors:
        import torch

        factor = self._factors[name]
        return self._answer(name, lambda: factor.read(torch.from_numpy(vectors).float()), len(vectors), None)

    def _write(self, name: str, values: Vectors) -> Vectors:
        import torch

        factor = self._factors[name]
        given = torch.from_numpy(values).float()
        return self._answer(name, lambda: factor.write(given), len(values), len(self._source_vector))

    def _answer(self, name: str, call: Callable[[], object], rows: int, width: int | None) -> Vectors:
        """Call a factor and check that it returns (rows, width) finite numbers."""
        owner = Owner("mapping", name)
        answer = call_foreign(owner, lambda: as_vectors(call()))
        if answer.ndim != 2 or len(answer) != rows or answer.shape[1] != (answer.shape[1] if width is None else width):
            raise PluginError(f"The {owner} answered an array of shape {answer.shape} for {rows} rows.")
        if not np.isfinite(answer).all():
            raise PluginError(f"The {owner} answered numbers that are not finite.")
        return answer


def project_out(chunks: Iterable[Chunk], space: FactorSpace, base: Vectors | None = None) -> Iterator[Chunk]:
    """Remove the factors' part from chunks: o - part(o).

    base: (128,), for chunks of driving vectors: the source's vector; None: chunks hold offsets
    """
    for chunk in chunks:
        rows = as_vectors(chunk.vectors)
        yield replace(chunk, vectors=rows - space.part(rows if base is None else rows - base))


def project_onto(chunks: Iterable[Chunk], space: FactorSpace, base: Vectors | None = None) -> Iterator[Chunk]:
    """Keep only the factors' part of chunks: part(o). Arguments as of project_out."""
    for chunk in chunks:
        rows = as_vectors(chunk.vectors)
        yield replace(chunk, vectors=space.part(rows) if base is None else base + space.part(rows - base))
