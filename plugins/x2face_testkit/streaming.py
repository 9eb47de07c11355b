"""Checks of a driver's stream."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from x2face_core.driving import Chunk
from x2face_core.streaming.streams import close
from x2face_core.streaming.vectors import Vectors, as_vectors
from x2face_plugins.specs import DriverSpec
from x2face_testkit.declaring import demo_of
from x2face_testkit.promising import broken
from x2face_testkit.tiny import TinySource

ENOUGH = 250  # rows of a stream that are checked


def flag(driver: Any, spec: DriverSpec, name: str) -> bool:
    """relative, endless or live: attribute of the loaded driver, else as declared."""
    return bool(getattr(driver, name, getattr(spec, name)))


@contextmanager
def driving(driver: Any, source: TinySource) -> Iterator[Iterator[Any]]:
    """A context with a driver's stream, which is closed at the end."""
    stream = iter(driver.drive(source))
    try:
        yield stream
    finally:
        close(stream)


def chunks_of(driver: Any, spec: DriverSpec, source: TinySource) -> list[Any]:
    """The chunks with the first rows: ENOUGH of them, or five of a live driver."""
    wanted = 5 if flag(driver, spec, "live") else ENOUGH
    taken, rows = [], 0
    with driving(driver, source) as stream:
        for chunk in stream:
            taken.append(chunk)
            rows += length_of(chunk)
            if rows >= wanted:
                break
    return taken


def length_of(chunk: Any) -> int:
    """Number of rows of a chunk; 1 for an invalid one, so that counting goes on."""
    shape = getattr(getattr(chunk, "vectors", None), "shape", ())
    return int(shape[0]) if shape and shape[0] else 1


def yields_vectors(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """It yields at least one chunk, each a Chunk of (n, 128) floating-point vectors with n at least 1."""
    chunks = chunks_of(spec.load(demo_of(spec, folder)), spec, source)
    if not chunks:
        broken("it yields nothing")
    for chunk in chunks:
        if not isinstance(chunk, Chunk):
            broken(f"it yields a {type(chunk).__name__}; write Chunk(vectors, fps)")
        shape = tuple(getattr(chunk.vectors, "shape", ()))
        if len(shape) != 2 or not shape[0] or shape[1] != len(source.vector):
            broken(f"it yields vectors of shape {shape}; (n, {len(source.vector)}) is needed")
        if "float" not in str(chunk.vectors.dtype):  # a tensor's or an array's
            broken(f"it yields vectors of {chunk.vectors.dtype}; floating numbers are needed")
        if chunk.pictures is not None and len(chunk.pictures) != shape[0]:
            broken(f"it yields {len(chunk.pictures)} pictures beside {shape[0]} vectors")
    return None


def yields_finite_numbers(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """All its numbers are finite."""
    row = 0
    for chunk in chunks_of(spec.load(demo_of(spec, folder)), spec, source):
        fine = np.isfinite(as_vectors(chunk.vectors)).reshape(length_of(chunk), -1).all(axis=1)
        if not fine.all():
            broken(f"row {row + int(fine.argmin())} has numbers that are not finite")
        row += length_of(chunk)
    return None


def keeps_one_rate(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """Its rate is a positive number of rows a second, the same in all chunks."""
    rates = [chunk.fps for chunk in chunks_of(spec.load(demo_of(spec, folder)), spec, source)]
    for rate in rates:
        if not (math.isfinite(rate) and rate > 0):
            broken(f"it says {rate} rows a second")
        if rate != rates[0]:
            broken(f"it says {rate:g} rows a second after {rates[0]:g}")
    return None


def repeats_itself(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """The same settings, source and seed give the same vectors."""
    settings = demo_of(spec, folder)
    drivers = [spec.load(settings) for _ in range(2)]
    if flag(drivers[0], spec, "live"):
        return "it is live: what comes in decides"
    first, second = (vectors_of(chunks_of(driver, spec, source)) for driver in drivers)
    if first.shape != second.shape:
        broken(f"it yields {len(first)} rows, and another time {len(second)}")
    if not np.allclose(first, second, rtol=1e-5, atol=1e-6, equal_nan=True):
        broken(f"the second time its vectors differ by up to {np.abs(first - second).max():.2g}; use source.seed")
    return None


def vectors_of(chunks: list[Any]) -> Vectors:
    """The rows of some chunks, (n, 128)."""
    return np.concatenate([as_vectors(chunk.vectors) for chunk in chunks]) if chunks else np.empty((0, 128))


def leaves_the_source_alone(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """It does not modify the source: vector, face and pictures."""
    tensors = {"vector": source.vector, "face": source.face.texture, "pictures": source.pictures}
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    chunks_of(spec.load(demo_of(spec, folder)), spec, source)
    for name, tensor in tensors.items():
        if not np.array_equal(as_vectors(tensor), as_vectors(before[name])):
            broken(f"it changes source.{name} in place; work on a copy")
    return None
