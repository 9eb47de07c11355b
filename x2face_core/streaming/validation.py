"""Validation of the chunks that drivers yield; errors name the driver."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from x2face_core.driving import Chunk, Source
from x2face_core.errors import PluginError
from x2face_core.foreign import Owner, call_foreign
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.projection import FactorSpace, project_onto, project_out
from x2face_core.streaming.vectors import FASTEST, LARGEST, SLOWEST, as_vectors


def validated_chunks(driver: ActiveDriver, source: Source) -> Iterator[Chunk]:
    """A driver's chunks, offsets or vectors as declared: validated and projected.

    The projections are those of its shaping (only, without) and of the factors that the driver holds.
    """
    chunks: Iterator[Chunk] = guarded(driver, source)
    base = None if driver.relative else as_vectors(source.vector)
    if driver.shaping.only:
        chunks = project_onto(chunks, _space(driver.shaping.only, source), base)
    if without := tuple(dict.fromkeys((*driver.holds, *driver.shaping.without))):
        chunks = project_out(chunks, _space(without, source), base)
    return chunks


def _space(names: tuple[str, ...], source: Source) -> FactorSpace:
    return FactorSpace({name: source.factor(name) for name in names}, as_vectors(source.vector))


def guarded(driver: ActiveDriver, source: Source) -> Generator[Chunk]:
    """A driver's chunks, validated, with float64 vectors; any other exception of it becomes a PluginError."""
    width, owner, inputs = len(source.vector), driver.owner, driver.inputs
    fps: float | None = None
    chunks: Iterator[Chunk] = call_foreign(owner, lambda: iter(driver.driver.drive(source)), inputs)
    try:
        while (chunk := call_foreign(owner, lambda: next(chunks, None), inputs)) is not None:
            fps = _checked(chunk, fps, width, owner)
            yield replace(chunk, vectors=as_vectors(chunk.vectors))
    finally:
        if isinstance(chunks, Generator):
            call_foreign(owner, chunks.close)
    if fps is None:
        raise PluginError(f"The {owner} yielded no vectors at all; it must yield at least one.")


def _checked(chunk: Any, fps: float | None, width: int, owner: Owner) -> float:
    """The fps of a chunk; PluginError if the chunk is not valid."""
    fault = _fault(chunk, fps, width)
    if fault is not None:
        raise PluginError(f"The {owner} yielded {fault}.")
    return float(chunk.fps)


def _fault(chunk: Any, fps: float | None, width: int) -> str | None:
    if not isinstance(chunk, Chunk):
        return f"a {type(chunk).__name__}, not a Chunk"
    shape = tuple(getattr(chunk.vectors, "shape", ()))
    if len(shape) != 2 or shape[1] != width or not shape[0]:
        return f"vectors of shape {shape}; (n, {width}) is needed, n at least 1"
    if not _is_floating(chunk.vectors):
        return f"vectors of {chunk.vectors.dtype}; floating numbers are needed"
    values = as_vectors(chunk.vectors)
    if not np.isfinite(values).all():
        return "vectors with numbers that are not finite"
    if np.abs(values).max() > LARGEST:
        return f"vectors with numbers as large as {np.abs(values).max():.2g}; {LARGEST:g} at most are of use"
    return _fault_beside(chunk, fps, shape[0])


def _fault_beside(chunk: Chunk, fps: float | None, rows: int) -> str | None:
    if not _is_rate(chunk.fps):
        return f"{chunk.fps!r:.60} rows a second; a positive number is needed"
    if fps is not None and chunk.fps != fps:
        return f"{chunk.fps:g} rows a second after {fps:g}; one rate a stream is needed"
    if chunk.pictures is not None and len(chunk.pictures) != rows:
        return f"{len(chunk.pictures)} pictures beside {rows} vectors"
    return None


def _is_rate(fps: Any) -> bool:
    number = isinstance(fps, int | float | np.number) and not isinstance(fps, bool)
    return number and math.isfinite(fps) and SLOWEST <= fps <= FASTEST


def _is_floating(values: Any) -> bool:
    known = getattr(values.dtype, "is_floating_point", None)  # a torch dtype
    return bool(known) if known is not None else bool(np.issubdtype(values.dtype, np.floating))
