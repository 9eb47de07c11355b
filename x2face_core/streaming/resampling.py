"""Resampling of streams to the film's frame rate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING

from x2face_core.driving import Chunk
from x2face_core.streaming.vectors import Vectors, as_vectors

if TYPE_CHECKING:
    from x2face_core.driving import Floats

CLOSE = 1e-9  # of a row: tolerance for equal times


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a stream: a vector or offset (128,), and its driving picture (3, h, w), if there is one."""

    vector: Vectors
    picture: Floats | None = None


def resample(chunks: Iterable[Chunk], fps: float) -> Iterator[Row]:
    """Resample to `fps` by linear interpolation; the last row is repeated for its duration."""
    chunks = iter(chunks)
    first = next(chunks, None)
    if first is None:
        return
    rows = rows_of(chain([first], chunks))
    here, after, index = next(rows, None), None, 0
    for tick in count():
        position = tick * first.fps / fps
        whole = math.floor(position + CLOSE)
        while index < whole and here is not None:
            here, after, index = after or next(rows, None), None, index + 1
        if here is None:
            return
        share = position - whole
        if share > CLOSE:
            after = after or next(rows, None)
        yield _between(here, after, share) if after and share > CLOSE else here


def rows_of(chunks: Iterable[Chunk]) -> Iterator[Row]:
    """The rows of chunks, one at a time, each with its picture if there is one."""
    for chunk in chunks:
        for k, vector in enumerate(as_vectors(chunk.vectors)):
            yield Row(vector, None if chunk.pictures is None else chunk.pictures[k])


def _between(a: Row, b: Row, share: float) -> Row:
    return Row(a.vector + share * (b.vector - a.vector), a.picture if share < 0.5 else b.picture)
