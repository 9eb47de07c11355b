"""Streams row by row, at the film's rate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from x2face_core.driving import Chunk
from x2face_core.streaming.vectors import Vectors, as_vectors

CLOSE = 1e-9  # of a row: nearer than this, two moments are one


@dataclass(frozen=True, eq=False)
class Row:
    """One moment: a vector or offset (128,), and the picture (3, h, w) it was read from, if there is one."""

    vector: Vectors
    picture: Any = None


def resample(chunks: Iterable[Chunk], fps: float) -> Iterator[Row]:
    """A stream at the film's rate, linear between its rows; the last one is held for its share of time."""
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
    for chunk in chunks:
        for k, vector in enumerate(as_vectors(chunk.vectors)):
            yield Row(vector, None if chunk.pictures is None else chunk.pictures[k])


def _between(a: Row, b: Row, share: float) -> Row:
    return Row(a.vector + share * (b.vector - a.vector), a.picture if share < 0.5 else b.picture)
