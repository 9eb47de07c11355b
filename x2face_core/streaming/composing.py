"""Composition of several drivers into one stream of driving vectors."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Protocol

import numpy as np

from x2face_core.driving import Chunk, Source
from x2face_core.errors import UsageError
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.resampling import CLOSE, Row, resample, rows_of
from x2face_core.streaming.streams import Latest, close, paced
from x2face_core.streaming.validation import validated_chunks
from x2face_core.streaming.vectors import Vectors, as_vectors


class SourceAtRates(Source, Protocol):
    """A source whose frame rate can be changed."""

    def at(self, fps: float) -> Source: ...


@dataclass
class Meter:
    """Accumulates the root mean square over all numbers of a driver's offsets."""

    squares: float = 0.0
    numbers: int = 0

    def add(self, offset: Vectors) -> None:
        self.squares += float(np.square(offset).sum())
        self.numbers += offset.size

    @property
    def rms(self) -> float:
        return math.sqrt(self.squares / self.numbers) if self.numbers else 0.0


@dataclass(frozen=True, eq=False)
class Composed:
    """The composed stream.

    fps: rows a second; frames: number of rows, None if unknown; rows: iterator of the rows, to be read once
    meters: one for each driver
    """

    fps: float
    frames: int | None
    rows: Iterator[Row]
    meters: Sequence[Meter] = field(default_factory=list)


def compose(
    drivers: Sequence[ActiveDriver], source: SourceAtRates, *, fps: float | None = None, seconds: float | None = None
) -> Composed:
    """Compose drivers: v_source plus the sum of all offsets, until the shortest finite driver ends.

    fps: frame rate; None: that of the absolute driver, else of the first finite one, else of the source
    seconds: largest length; required if all drivers are endless
    """
    check(drivers, seconds)
    source_vector = as_vectors(source.vector)
    leader = next(
        (one for one in drivers if not one.relative),
        next((one for one in drivers if not one.endless and not one.live), drivers[0]),
    )
    first, leading = _peek(_offsets(leader, source, source_vector))
    nobody_leads = leader.relative and leader.endless and not leader.live and len(drivers) > 1
    rate = fps or (source.fps if nobody_leads else first.fps)
    seen = source if fps else source.at(rate)
    streams = [leading if one is leader else _offsets(one, seen, source_vector) for one in drivers]
    meters = [Meter() for _ in drivers]
    rows = [_at_rate(one, stream, rate, source_vector) for one, stream in zip(drivers, streams, strict=True)]
    shaped = [_shaped(one, stream, rate) for one, stream in zip(drivers, rows, strict=True)]
    limit = None if seconds is None else max(1, math.ceil(seconds * rate - CLOSE))
    known = [] if limit is None else [limit]
    if not leader.live and (length := leader.frames) is not None:
        known.append(math.ceil(length * rate / first.fps - CLOSE))
    return Composed(rate, min(known, default=None), islice(_sum(shaped, source_vector, meters), limit), meters)


def check(drivers: Sequence[ActiveDriver], seconds: float | None) -> None:
    """UsageError for drivers that cannot be combined."""
    if not drivers:
        raise UsageError("Nothing drives the face; name at least one driver.")
    absolute = [one.name for one in drivers if not one.relative]
    if len(absolute) > 1:
        raise UsageError(f"The drivers {' and '.join(absolute)} both say where the face is; only one of them may.")
    if seconds is None and all(one.endless and not one.live for one in drivers):
        names = " and ".join(one.name for one in drivers)
        raise UsageError(f"{names} would go on for ever; --seconds says how long the film shall be.")


def offsets(chunks: Iterable[Chunk], source_vector: Vectors) -> Iterator[Chunk]:
    """Convert chunks of driving vectors to offsets from the source's vector."""
    for chunk in chunks:
        yield replace(chunk, vectors=as_vectors(chunk.vectors) - source_vector)


def _offsets(driver: ActiveDriver, source: Source, source_vector: Vectors) -> Iterator[Chunk]:
    chunks = validated_chunks(driver, source)
    return chunks if driver.relative else offsets(chunks, source_vector)


def _peek(chunks: Iterator[Chunk]) -> tuple[Chunk, Iterator[Chunk]]:
    first = next(chunks)
    return first, chain([first], chunks)


def _at_rate(driver: ActiveDriver, chunks: Iterator[Chunk], fps: float, source_vector: Vectors) -> Iterator[Row]:
    if not driver.live:
        return resample(chunks, fps)
    return paced(Latest(rows_of(chunks)), Row(np.zeros_like(source_vector)), fps)


def _shaped(driver: ActiveDriver, rows: Iterator[Row], fps: float) -> Generator[Row]:
    """Scale a driver's offsets by its weight and time window."""
    try:
        for number, row in enumerate(rows):
            yield replace(row, vector=driver.shaping.share(number / fps) * row.vector)
    finally:
        close(rows)


def _sum(streams: Sequence[Generator[Row]], source_vector: Vectors, meters: Sequence[Meter]) -> Generator[Row]:
    with ExitStack() as stack:
        for stream in streams:
            stack.enter_context(closing(stream))
        for rows in zip(*streams, strict=False):
            for meter, row in zip(meters, rows, strict=True):
                meter.add(row.vector)
            total = source_vector + np.sum([row.vector for row in rows], axis=0)
            yield Row(total, next((row.picture for row in rows if row.picture is not None), None))
