"""Keeping a factor, such as the pose, out of what a driver says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from x2face_core.driving import Chunk, Factor
from x2face_core.errors import PluginError
from x2face_core.foreign import Owner, call_foreign
from x2face_core.streaming.vectors import Vectors, as_vectors


def held(
    chunks: Iterable[Chunk], factor: Factor, still: Vectors, *, relative: bool = True, name: str = ""
) -> Iterator[Chunk]:
    """Offsets freed of what the factor reads in them: o + w(r(s)) - w(r(s + o)), r its read, w its write.

    still: (128,), the source's vector s
    relative: the chunks are offsets o; else vectors s + o, and so is the answer
    name: the factor's, for errors. PluginError where it fails
    """
    base = still if relative else np.zeros_like(still)
    own = _written(factor, still[None], name)
    for chunk in chunks:
        rows = as_vectors(chunk.vectors)
        yield replace(chunk, vectors=rows + own - _written(factor, base + rows, name))


def _written(factor: Factor, vectors: Vectors, name: str) -> Vectors:
    """w(r(v)) of driving vectors (n, 128)."""
    import torch

    owner = Owner("mapping", name)
    read = call_foreign(owner, lambda: factor.read(torch.from_numpy(vectors).float()))
    answer = call_foreign(owner, lambda: as_vectors(factor.write(read)))
    if answer.shape != vectors.shape or not np.isfinite(answer).all():
        fault = f"an array of shape {answer.shape}" if answer.shape != vectors.shape else "numbers that are not finite"
        raise PluginError(f"The {owner} wrote {fault} for {len(vectors)} driving vectors of {vectors.shape[1]}.")
    return answer
